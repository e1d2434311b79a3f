/* What `stats --watch` shows: what is not zero, how fast it grows, in as many lines as the terminal has. */
#ifndef AUTOJOIN_COMMANDS_STATS_WATCH_H
#define AUTOJOIN_COMMANDS_STATS_WATCH_H

#include "commands/stats_report.h"
#include "support/buffer.h"

enum { STATS_WATCH_SAMPLES = 11, STATS_WATCH_LIMIT = 64 * 1024 };

/* The last readings, one a second: a rate is what was counted between the oldest and the newest. */
struct stats_watch {
    uint64_t samples[STATS_WATCH_SAMPLES][STATS_COUNTER_COUNT];
    int64_t sampled_ms[STATS_WATCH_SAMPLES];
    size_t count; /* of readings, since the start */
};

/* Takes a reading of that time (clock_monotonic_ms()). */
void stats_watch_take(struct stats_watch *watch, const struct stats_report *report, int64_t at_ms);

/* Appends the page: lines of at most `columns`, at most `lines` of them (0: as many as it takes). `now_ms` is
 * clock_wall_ms(). */
void stats_watch_page(struct buffer *page, const struct stats_watch *watch, const struct stats_report *report,
                      int64_t now_ms, unsigned columns, unsigned lines);

#endif
