/*
 * What `drain --watch` waits for, on standard error: on a terminal in place, and otherwise a line when it is another
 * reason than before, or an hour later.
 */
#ifndef AUTOJOIN_COMMANDS_DRAIN_WAITING_H
#define AUTOJOIN_COMMANDS_DRAIN_WAITING_H

#include <stdbool.h>
#include <stdint.h>

enum { DRAIN_WAITING_WHY_SIZE = 192 };

/* Initialise with zeros. */
struct drain_waiting {
    char why[DRAIN_WAITING_WHY_SIZE]; /* as last said */
    int64_t said_ms; /* clock_monotonic_ms(); 0: never */
    bool on_line;    /* the cursor stands behind it */
};

/* Says it: `why` all tickets wait ("" if it is only that the first one's time has not come), and for how long. */
void drain_waiting_say(struct drain_waiting *waiting, uint64_t tickets, const char *why, int64_t wait_ms);

/* Makes way for a line. */
void drain_waiting_leave(struct drain_waiting *waiting);

#endif
