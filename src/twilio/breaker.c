#include "build.h"

#include "twilio/breaker.h"

#include <stddef.h>
#include <stdio.h>

#include "support/clock.h"

enum { FAILURES_LIMIT = 5, PROBE_EVERY_MS = 1000 };

void breaker_init(struct breaker *breaker, const struct log *log, struct stats *stats)
{
    *breaker = (struct breaker){.log = log, .stats = stats};
}

bool breaker_allows(struct breaker *breaker)
{
    int64_t now;

    if (!breaker->open)
        return true;
    stats_breaker_open(breaker->stats);
    now = clock_monotonic_ms();
    if (now < breaker->probe_ms)
        return false;
    breaker->probe_ms = now + PROBE_EVERY_MS;
    return true;
}

void breaker_answered(struct breaker *breaker)
{
    char seconds[24];

    breaker->failures = 0;
    if (!breaker->open)
        return;
    breaker->open = false;
    stats_breaker_closed(breaker->stats);
    snprintf(seconds, sizeof seconds, "%lld",
             (long long)(clock_monotonic_ms() - breaker->opened_ms) / 1000);
    if (breaker->log)
        log_event(breaker->log, LOG_LEVEL_WARN, "breaker closed: Twilio answers again",
                  "open_for_s", seconds, NULL);
}

void breaker_failed(struct breaker *breaker, const char *reason)
{
    if (breaker->failures < FAILURES_LIMIT)
        breaker->failures++;
    if (breaker->open || breaker->failures < FAILURES_LIMIT)
        return;
    breaker->open = true;
    stats_count(breaker->stats, STATS_BREAKER_OPENED);
    stats_breaker_open(breaker->stats);
    breaker->opened_ms = clock_monotonic_ms();
    breaker->probe_ms = breaker->opened_ms + PROBE_EVERY_MS;
    if (breaker->log)
        log_event(breaker->log, LOG_LEVEL_ERROR,
                  "breaker open: Twilio does not answer, joins are put off", "reason", reason, NULL);
}
