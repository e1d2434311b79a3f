/*
 * The breaker: after some failures in a row without any answer between them, nobody waits for a
 * dead Twilio any more; one attempt a second finds out whether it is back.
 */
#ifndef AUTOJOIN_TWILIO_BREAKER_H
#define AUTOJOIN_TWILIO_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "support/log.h"
#include "support/stats.h"

struct breaker {
    const struct log *log; /* its opening and closing; NULL: silent */
    struct stats *stats;   /* NULL: not counted */
    unsigned failures;     /* in a row */
    bool open;
    int64_t opened_ms;     /* clock_monotonic_ms() */
    int64_t probe_ms;      /* not before then does another attempt go through */
};

/* Makes a closed breaker. */
void breaker_init(struct breaker *breaker, const struct log *log, struct stats *stats);

/* Whether an attempt may be made now. While open, true once a second. */
bool breaker_allows(struct breaker *breaker);

/* Tells how an attempt ended: with any answer at all, or with none. */
void breaker_answered(struct breaker *breaker);
void breaker_failed(struct breaker *breaker, const char *reason);

#endif
