#include "build.h"

#include "support/sid_set.h"

#include <stdlib.h>
#include <string.h>

#include "support/hexdigit.h"

enum { KEY_LENGTH = 16, FIRST_SIZE = 256 };

struct entry {
    unsigned char key[KEY_LENGTH];
    unsigned char mark; /* an enum sid_set_mark */
    uint32_t ring_at;   /* its place in the ring of a bounded set */
};

/* Open addressing with linear probing; at most half full. A bounded set keeps its SIDs in the order
 * they came in, as a ring, to know which to forget. */
struct sid_set {
    struct entry *entries;
    size_t size; /* a power of two */
    size_t count;
    size_t bound;
    unsigned char (*ring)[KEY_LENGTH];
    size_t ring_next;
    size_t ring_count;
};

static void read_key(unsigned char key[KEY_LENGTH], const char *sid)
{
    const char *at = sid + 2; /* behind its kind */
    size_t i;

    for (i = 0; i < KEY_LENGTH; i++, at += 2)
        key[i] = (unsigned char)(hexdigit_value(at[0]) * 16 + hexdigit_value(at[1]));
}

/* Twilio's SIDs are random, but tests' and attackers' need not be: mix all bytes. */
static size_t hash(const unsigned char key[KEY_LENGTH])
{
    uint64_t halves[2], z;

    memcpy(halves, key, sizeof halves);
    z = (halves[0] ^ (halves[1] * UINT64_C(0x9e3779b97f4a7c15))) + UINT64_C(0x94d049bb133111eb);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(z ^ (z >> 31));
}

/* The entry that holds the key, or the free one where it would go. */
static struct entry *find(struct entry *entries, size_t size, const unsigned char key[KEY_LENGTH])
{
    size_t at = hash(key) & (size - 1);

    while (entries[at].mark != SID_SET_ABSENT && memcmp(entries[at].key, key, KEY_LENGTH) != 0)
        at = (at + 1) & (size - 1);
    return &entries[at];
}

static bool grow(struct sid_set *set)
{
    size_t size = set->size ? 2 * set->size : FIRST_SIZE, i;
    struct entry *entries = calloc(size, sizeof *entries);

    if (!entries)
        return false;
    for (i = 0; i < set->size; i++)
        if (set->entries[i].mark != SID_SET_ABSENT)
            *find(entries, size, set->entries[i].key) = set->entries[i];
    free(set->entries);
    set->entries = entries;
    set->size = size;
    return true;
}

/* Closes the gap that a removed entry leaves, so that probing still finds what lies behind it. */
static void take_out(struct sid_set *set, const struct entry *entry)
{
    size_t mask = set->size - 1, gap = (size_t)(entry - set->entries), at = gap;

    for (;;) {
        size_t home;

        at = (at + 1) & mask;
        if (set->entries[at].mark == SID_SET_ABSENT)
            break;
        home = hash(set->entries[at].key) & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            set->entries[gap] = set->entries[at];
            gap = at;
        }
    }
    set->entries[gap].mark = SID_SET_ABSENT;
    set->count--;
}

/* Makes room for one more in a bounded set. What was removed, and perhaps put in again, has left a
 * place in the ring that is not its own any more. */
static void forget_oldest(struct sid_set *set)
{
    while (set->ring_count == set->bound) {
        size_t oldest = set->ring_next; /* the ring is full: the next place is the oldest */
        struct entry *entry = find(set->entries, set->size, set->ring[oldest]);

        if (entry->mark != SID_SET_ABSENT && entry->ring_at == oldest)
            take_out(set, entry);
        set->ring_count--;
    }
}

struct sid_set *sid_set_new(size_t bound)
{
    struct sid_set *set = calloc(1, sizeof *set);

    if (!set)
        return NULL;
    set->bound = bound;
    if (bound > 0)
        set->ring = calloc(bound, sizeof *set->ring);
    if ((bound == 0 || set->ring) && grow(set))
        return set;
    sid_set_free(set);
    return NULL;
}

void sid_set_free(struct sid_set *set)
{
    if (!set)
        return;
    free(set->entries);
    free(set->ring);
    free(set);
}

bool sid_set_put(struct sid_set *set, const char *sid, bool marked)
{
    unsigned char key[KEY_LENGTH];
    struct entry *entry;
    uint32_t ring_at = 0;

    read_key(key, sid);
    entry = find(set->entries, set->size, key);
    if (entry->mark == SID_SET_ABSENT) {
        if (2 * (set->count + 1) > set->size && !grow(set))
            return false;
        if (set->bound > 0) {
            forget_oldest(set);
            memcpy(set->ring[set->ring_next], key, KEY_LENGTH);
            ring_at = (uint32_t)set->ring_next;
            set->ring_next = (set->ring_next + 1) % set->bound;
            set->ring_count++;
        }
        entry = find(set->entries, set->size, key);
        memcpy(entry->key, key, KEY_LENGTH);
        entry->ring_at = ring_at;
        set->count++;
    }
    entry->mark = marked ? SID_SET_MARKED : SID_SET_PLAIN;
    return true;
}

void sid_set_remove(struct sid_set *set, const char *sid)
{
    unsigned char key[KEY_LENGTH];
    struct entry *entry;

    read_key(key, sid);
    entry = find(set->entries, set->size, key);
    if (entry->mark != SID_SET_ABSENT)
        take_out(set, entry);
}

enum sid_set_mark sid_set_look(const struct sid_set *set, const char *sid)
{
    unsigned char key[KEY_LENGTH];

    read_key(key, sid);
    return (enum sid_set_mark)find(set->entries, set->size, key)->mark;
}

size_t sid_set_count(const struct sid_set *set)
{
    return set->count;
}
