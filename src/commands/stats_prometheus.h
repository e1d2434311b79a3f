/* What `stats` shows in Prometheus' text format. */
#ifndef AUTOJOIN_COMMANDS_STATS_PROMETHEUS_H
#define AUTOJOIN_COMMANDS_STATS_PROMETHEUS_H

#include "commands/stats_report.h"

/* Prints all of it on standard output. What cannot be told is left out: no metric is not zero. Source:
 * Prometheus' exposition formats, version 0.0.4. */
void stats_prometheus_print(const struct stats_report *report);

#endif
