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
    bool has_spool;          /* AUTOJOIN_SPOOL_DIR is set */
    const char *spool_wrong; /* why it cannot be read, so that `spool` says nothing; NULL if it can */
    struct spool_counts spool;
};

/* Counts what lies in the spool; `spool` may be NULL, and must outlive the report. */
void statsreport_look_at_spool(struct statsreport *report, struct spool *spool);

/* Prints to standard output. */
void statsreport_print(const struct statsreport *report, enum statsreport_form form);

#endif
