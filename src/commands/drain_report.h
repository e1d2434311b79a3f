/* What `drain` prints: a line a ticket, and a summary. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_REPORT_H
#define AUTOJOIN_COMMANDS_DRAIN_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/drain_waiting.h"
#include "support/sid_set.h"
#include "spool/spool_attempt.h"
#include "twilio/join.h"

enum { DRAIN_REPORT_TOLD = 16384 };

struct drain_report {
    bool json;
    bool dry_run;
    struct drain_waiting *waiting; /* makes way for each line; the caller's */
    uint64_t settled; /* joined, there already, gone, or left on purpose */
    uint64_t kept;    /* attempts that were not the last */
    uint64_t given_up;
    uint64_t set_aside;
    struct sid_set *told; /* of those that cannot be read; holds DRAIN_REPORT_TOLD; the caller's */
    uint64_t unreadable; /* conversations' that cannot be read, or are no tickets */
    int64_t unusable_ms; /* when it was last told that the spool cannot be used */
};

/* Prints a ticket as it stands. */
void drain_report_ticket(struct drain_report *report, const struct ticket *ticket);

/* Prints and counts how an attempt ended, and what became of the ticket. */
void drain_report_outcome(struct drain_report *report, const struct ticket *ticket,
                         const struct join_outcome *outcome, enum spool_attempt_end end);

/* Says on standard error that the spool cannot be used, at most once a minute. */
void drain_report_unusable(struct drain_report *report, const char *directory, const char *why);

/* Prints and counts a file that is no ticket; `moved` tells whether it went to broken/. */
void drain_report_broken(struct drain_report *report, const char *name, bool moved);

/* Prints and counts a ticket that cannot be read, once: it stays, a watcher comes by every minute, and nobody
 * can finish it. */
void drain_report_unreadable(struct drain_report *report, const char *conversation, int error);

/* Says on standard error that the mark of a removed bot could not be taken back, and why. */
void drain_report_mark_stays(struct drain_report *report, const char *conversation, const char *why);

/* Prints the summary: what still lies in the spool, what was given up in this run or before; `stopped` tells
 * why the pass ended early, NULL if it did not. */
void drain_report_summary(const struct drain_report *report, const struct spool_counts *left,
                         const char *stopped);

/* Says why there is nothing to be done with the spool's directory. Returns the exit status. */
int drain_report_failure(const char *directory, const char *why);
int drain_report_no_memory(void);

#endif
