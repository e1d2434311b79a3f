/* What `reconcile` prints: progress on a terminal, a line a conversation, a summary. */
#ifndef AUTOJOIN_COMMANDS_RECONCILEREPORT_H
#define AUTOJOIN_COMMANDS_RECONCILEREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/join.h"

struct reconcilereport {
    bool json;
    bool dry_run;
    uint64_t listed;     /* active conversations seen */
    uint64_t missing;    /* of those, without the bot */
    uint64_t left_alone; /* the bot was removed from them on purpose */
    uint64_t tried;
    uint64_t joined;
    uint64_t gone;
    uint64_t failed;
    uint64_t rest_calls;
    int64_t shown_ms; /* when progress was last shown */
    bool on_line;     /* the cursor stands behind a progress line */
};

/* Shows how far it is: on a terminal at most five times a second in place, otherwise a line
 * every ten seconds. On standard error. */
void reconcilereport_progress(struct reconcilereport *report);

void reconcilereport_note(struct reconcilereport *report, const char *text);
void reconcilereport_missing(struct reconcilereport *report, const char *conversation);

/* Prints and counts how a join ended. */
void reconcilereport_outcome(struct reconcilereport *report, const char *conversation,
                             const struct join_outcome *outcome);

void reconcilereport_summary(struct reconcilereport *report, const char *stopped);

#endif
