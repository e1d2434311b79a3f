/* What `reconcile` prints: progress on a terminal, a line a conversation, a summary. */
#ifndef AUTOJOIN_COMMANDS_RECONCILE_REPORT_H
#define AUTOJOIN_COMMANDS_RECONCILE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/join.h"

struct reconcile_report {
    bool json;
    bool dry_run;
    bool verbose;
    uint64_t listed;     /* active conversations seen */
    uint64_t missing;    /* of those, without the bot */
    uint64_t left_alone; /* the bot was removed from them on purpose */
    uint64_t tried;
    uint64_t joined;
    uint64_t gone;
    uint64_t failed;
    uint64_t rest_calls;
    uint64_t ended;      /* joins, however */
    uint64_t total;      /* that there are to be, if that is known; 0: it is not */
    uint64_t counted;    /* active ones, in a look at the whole list before; 0: there was none */
    bool whole;          /* the list of active ones was read to its end */
    char reached[16];    /* the day on which the last one of it was made */
    int64_t joining_ms;  /* clock_monotonic_ms() since when; 0: not yet */
    int64_t shown_ms; /* when progress was last shown */
    bool on_line;     /* the cursor stands behind a progress line */
};

/* Shows how far it is: on a terminal at most five times a second in place, with a bar, the rate and the time left if
 * the total is known; otherwise a line every ten seconds. On standard error. */
void reconcile_report_progress(struct reconcile_report *report);

/* Tells how many were found, of which `total` are to be joined. */
void reconcile_report_found(struct reconcile_report *report, uint64_t total);

/* What was only counted is counted anew from here on. */
void reconcile_report_begin_joining(struct reconcile_report *report);

void reconcile_report_note(struct reconcile_report *report, const char *text);
void reconcile_report_missing(struct reconcile_report *report, const char *conversation);

/* Prints and counts how a join ended. */
void reconcile_report_outcome(struct reconcile_report *report, const char *conversation,
                             const struct join_outcome *outcome);

/* Prints the summary; `stopped` tells why it ended early, NULL if it did not: then also what was not looked at. */
void reconcile_report_summary(struct reconcile_report *report, const char *stopped);

#endif
