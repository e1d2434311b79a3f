/* What `drain` prints: a line a ticket, and a summary. */
#ifndef AUTOJOIN_COMMANDS_DRAINREPORT_H
#define AUTOJOIN_COMMANDS_DRAINREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "support/sidset.h"
#include "spool/ticket.h"
#include "twilio/join.h"

enum { DRAINREPORT_TOLD = 16384 };

struct drainreport {
    bool json;
    bool dry_run;
    uint64_t settled; /* joined, there already, gone, or left on purpose */
    uint64_t kept;    /* attempts that were not the last */
    uint64_t given_up;
    uint64_t set_aside;
    struct sidset *told; /* of those that cannot be read; holds DRAINREPORT_TOLD; the caller's */
    uint64_t unreadable; /* conversations' that cannot be read, or are no tickets */
};

/* Prints a ticket as it stands. */
void drainreport_ticket(struct drainreport *report, const struct ticket *ticket);

/* Prints and counts how an attempt ended; `given_up` if the ticket went to failed/. */
void drainreport_outcome(struct drainreport *report, const struct ticket *ticket,
                         const struct join_outcome *outcome, bool given_up);

/* Prints and counts a file that is no ticket; `moved` tells whether it went to broken/. */
void drainreport_broken(struct drainreport *report, const char *name, bool moved);

/* Prints and counts a ticket that cannot be read, once: it stays, a watcher comes by every minute, and nobody
 * can finish it. */
void drainreport_unreadable(struct drainreport *report, const char *conversation, int error);

/* Prints the summary; `stopped` tells why the pass ended early, NULL if it did not. */
void drainreport_summary(const struct drainreport *report, uint64_t left, const char *stopped);

#endif
