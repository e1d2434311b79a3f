/* How fast `drain` may go, and whether at all: what one join's end means for all still to come. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_PACE_H
#define AUTOJOIN_COMMANDS_DRAIN_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twilio/join.h"

struct drain_pace {
    bool watch;              /* waits for better times where a pass ends */
    int64_t paused_until_ms; /* clock_monotonic_ms() */
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

/* How many may be under way at once, of those that the settings allow. */
size_t drain_pace_concurrency(uint64_t allowed, bool put_off);

#endif
