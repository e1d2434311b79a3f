/* The shared counters and the spool's depth, as a table, JSON or Prometheus' text. */
#ifndef AUTOJOIN_COMMANDS_STATSREPORT_H
#define AUTOJOIN_COMMANDS_STATSREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/spool.h"
#include "support/stats.h"

enum statsreport_form { STATSREPORT_TABLE, STATSREPORT_JSON, STATSREPORT_PROMETHEUS };

struct statsreport {
    struct stats_snapshot counted;
    bool has_spool;
    uint64_t spool_depth;
    int64_t spool_oldest_ms; /* age of the oldest ticket; 0 if there is none */
};

/* Counts the tickets and finds the oldest; `spool` may be NULL. */
void statsreport_look_at_spool(struct statsreport *report, struct spool *spool);

/* Prints to standard output. */
void statsreport_print(const struct statsreport *report, enum statsreport_form form);

#endif
