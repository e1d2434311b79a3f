/* What `drain` does when: conversations ordered by time; how fast it may go, and whether at all, by what one join's
 * end means for all still to come. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_PACE_H
#define AUTOJOIN_COMMANDS_DRAIN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/sid.h"
#include "twilio/join.h"

struct drain_agenda_entry {
    int64_t due_ms; /* clock_monotonic_ms() */
    struct sid conversation;
};

/* A binary heap; initialise with zeros. A conversation may stand in it more than once. */
struct drain_agenda {
    struct drain_agenda_entry *entries; /* owned */
    size_t count;
    size_t capacity;
};

/* Puts a conversation in; false if memory ran out. */
bool drain_agenda_put(struct drain_agenda *agenda, const char *conversation, int64_t due_ms);

/* The entry that is due first; NULL if there is none. Valid until the next change. */
const struct drain_agenda_entry *drain_agenda_first(const struct drain_agenda *agenda);

/* Takes the first one out. */
void drain_agenda_pop(struct drain_agenda *agenda);

void drain_agenda_free(struct drain_agenda *agenda);

enum { DRAIN_PACE_WHY_SIZE = 160 };

struct drain_pace {
    bool watch;              /* waits for better times where a pass ends */
    int64_t paused_until_ms; /* clock_monotonic_ms() */
    char why[DRAIN_PACE_WHY_SIZE]; /* ... and what for */
    const char *stopped;     /* why a pass ends early; NULL: it does not */
    bool no_memory;          /* ... and that it is for lack of memory */
    bool spool_unusable;     /* ... or for the spool's sake */
};

/* Heeds how a join ended. `put_off`: the breaker is open. */
void drain_pace_heed(struct drain_pace *pace, const struct join_outcome *outcome, bool put_off);

/* Heeds that memory ran out. */
void drain_pace_run_out_of_memory(struct drain_pace *pace);

/* Heeds that the spool takes nothing, and why (static, or the spool's own text). */
void drain_pace_spool_unusable(struct drain_pace *pace, const char *why);

/* How long until what is due then may be started; 0 or less: at once. */
int64_t drain_pace_wait_ms(const struct drain_pace *pace, int64_t due_ms);

/* Why nothing is started now; "" if it may be. */
const char *drain_pace_why(const struct drain_pace *pace);

/* How many may be under way at once, of those that the settings allow. */
size_t drain_pace_concurrency(uint64_t allowed, bool put_off);

#endif
