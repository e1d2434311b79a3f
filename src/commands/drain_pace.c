#include "build.h"

#include "commands/drain_pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"

enum { FIRST_CAPACITY = 64 };

static void swap(struct drain_agenda_entry *a, struct drain_agenda_entry *b)
{
    struct drain_agenda_entry saved = *a;

    *a = *b;
    *b = saved;
}

static bool grow(struct drain_agenda *agenda)
{
    size_t capacity = agenda->capacity ? 2 * agenda->capacity : FIRST_CAPACITY;
    struct drain_agenda_entry *entries = realloc(agenda->entries, capacity * sizeof *entries);

    if (!entries)
        return false;
    agenda->entries = entries;
    agenda->capacity = capacity;
    return true;
}

bool drain_agenda_put(struct drain_agenda *agenda, const char *conversation, int64_t due_ms)
{
    size_t at = agenda->count;

    if (at == agenda->capacity && !grow(agenda))
        return false;
    agenda->entries[at].due_ms = due_ms;
    sid_copy(&agenda->entries[at].conversation, conversation, strlen(conversation), "CH");
    agenda->count++;
    while (at > 0 && agenda->entries[at].due_ms < agenda->entries[(at - 1) / 2].due_ms) {
        swap(&agenda->entries[at], &agenda->entries[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return true;
}

const struct drain_agenda_entry *drain_agenda_first(const struct drain_agenda *agenda)
{
    return agenda->count > 0 ? &agenda->entries[0] : NULL;
}

void drain_agenda_pop(struct drain_agenda *agenda)
{
    struct drain_agenda_entry *entries = agenda->entries;
    size_t at = 0;

    if (agenda->count == 0)
        return;
    entries[0] = entries[--agenda->count];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count && entries[child + 1].due_ms < entries[child].due_ms)
            child++;
        if (entries[at].due_ms <= entries[child].due_ms)
            break;
        swap(&entries[at], &entries[child]);
        at = child;
    }
}

void drain_agenda_free(struct drain_agenda *agenda)
{
    free(agenda->entries);
    *agenda = (struct drain_agenda){0};
}

enum {
    CONCURRENCY = 32,
    LIMITED_PAUSE_MS = 1000,      /* after a 429 that does not say for how long */
    LIMITED_LONGEST_MS = 60 * 60 * 1000, /* whatever it says */
    PATIENCE_MS = 60 * 1000,      /* a pass ends rather than wait longer: the tickets stay */
    REFUSED_PAUSE_MS = 60 * 1000, /* after a refusal that would meet every conversation */
    PUT_OFF_PAUSE_MS = 200,       /* while the breaker is open; it lets one through a second */
    NO_MEMORY_PAUSE_MS = 1000,    /* the system may have some again */
    UNUSABLE_PAUSE_MS = 60 * 1000, /* a spool that takes nothing: every join would be made again and again */
};

static void pause_all(struct drain_pace *pace, int64_t milliseconds, const char *why)
{
    int64_t until = clock_monotonic_ms() + milliseconds;

    if (until <= pace->paused_until_ms)
        return;
    pace->paused_until_ms = until;
    snprintf(pace->why, sizeof pace->why, "%s", why);
}

static void hold(struct drain_pace *pace, int64_t milliseconds, const char *why)
{
    pause_all(pace, milliseconds, why);
    if (!pace->watch)
        pace->stopped = why;
}

static void slow_down(struct drain_pace *pace, unsigned retry_after_s)
{
    int64_t wait = retry_after_s > 0 ? (int64_t)retry_after_s * 1000 : LIMITED_PAUSE_MS;

    if (wait > LIMITED_LONGEST_MS)
        wait = LIMITED_LONGEST_MS;
    if (wait > PATIENCE_MS)
        hold(pace, wait, "Twilio asks to come back later (429)");
    else
        pause_all(pace, wait, "Twilio asks to slow down (429)");
}

void drain_pace_heed(struct drain_pace *pace, const struct join_outcome *outcome, bool put_off)
{
    if (outcome->limited)
        slow_down(pace, outcome->retry_after);
    if (outcome->account_wide && !outcome->for_some)
        hold(pace, REFUSED_PAUSE_MS, outcome->reason);
    if (put_off)
        hold(pace, PUT_OFF_PAUSE_MS, "Twilio does not answer");
    if (outcome->no_memory)
        drain_pace_run_out_of_memory(pace);
}

/* Without memory nothing can be tried, so nothing would ever count as an attempt: a pass
 * that only put its tickets back would not end. */
void drain_pace_run_out_of_memory(struct drain_pace *pace)
{
    hold(pace, NO_MEMORY_PAUSE_MS, "out of memory");
    pace->no_memory = !pace->watch;
}

void drain_pace_spool_unusable(struct drain_pace *pace, const char *why)
{
    hold(pace, UNUSABLE_PAUSE_MS, why);
    pace->spool_unusable = !pace->watch;
}

int64_t drain_pace_wait_ms(const struct drain_pace *pace, int64_t due_ms)
{
    int64_t from = due_ms > pace->paused_until_ms ? due_ms : pace->paused_until_ms;

    return from - clock_monotonic_ms();
}

const char *drain_pace_why(const struct drain_pace *pace)
{
    return pace->paused_until_ms > clock_monotonic_ms() ? pace->why : "";
}

size_t drain_pace_concurrency(uint64_t allowed, bool put_off)
{
    if (put_off)
        return 1;
    return allowed < CONCURRENCY ? (size_t)allowed : CONCURRENCY;
}
