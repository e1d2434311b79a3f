/*
 * What `stats` shows: the counters of all processes, and the spool as it is now. One reading for each of
 * the forms in which it is shown.
 */
#ifndef AUTOJOIN_COMMANDS_STATS_REPORT_H
#define AUTOJOIN_COMMANDS_STATS_REPORT_H

#include <stdbool.h>

#include "spool/spool.h"
#include "support/stats.h"

struct stats_report {
    struct stats_snapshot counted;
    bool has_spool;          /* AUTOJOIN_SPOOL_DIR is set */
    const char *spool_wrong; /* why it cannot be read, so that `spool` says nothing; NULL if it can */
    struct spool_counts spool;
};

/* A family of counters has one name and a label for each member, as Prometheus has them. The members of
 * one stand together. */
struct stats_report_counter {
    enum stats_counter counter;
    const char *family;
    const char *label;
    const char *value;
};

extern const struct stats_report_counter stats_report_counters[STATS_COUNTER_COUNT];

/* Names of the histograms, by enum stats_histogram. */
extern const char *const stats_report_time_names[STATS_HISTOGRAM_COUNT];

/* Counts the spool's tickets; `spool` NULL is none. What is wrong with it is text of the spool's. */
void stats_report_look_at_spool(struct stats_report *report, struct spool *spool);

/* Whether a process found its breaker open just now: under load it says so at least once a second. */
bool stats_report_breaker_is_open(const struct stats_report *report);

#endif
