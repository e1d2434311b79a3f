/*
 * One join that is not settled yet, as it stands in the spool: NAME=value lines, so that an
 * operator can read and, if need be, write one by hand.
 */
#ifndef AUTOJOIN_SPOOL_TICKET_H
#define AUTOJOIN_SPOOL_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "support/buffer.h"
#include "support/sid.h"

enum { TICKET_EVENT_SIZE = 64, TICKET_VERDICT_SIZE = 192, TICKET_LIMIT = 4096 };

struct ticket {
    struct sid conversation;
    struct sid service;       /* empty: the account's default service */
    char event[TICKET_EVENT_SIZE];
    int64_t first_seen_ms;    /* clock_wall_ms() */
    int64_t next_attempt_ms;  /* the same; not before then */
    uint64_t refused_s;       /* seconds waited, all in all, after answers that it cannot be done */
    unsigned attempts;        /* of whole joins, not of REST calls */
    char verdict[TICKET_VERDICT_SIZE]; /* of the last attempt; empty before the first */
};

/* Starts a ticket seen now. SIDs must be valid; `service` and `event` may be NULL. */
void ticket_begin(struct ticket *ticket, const char *conversation, const char *service,
                  const char *event);

/* Sets the verdict's text; what would break the line is replaced. */
void ticket_set_verdict(struct ticket *ticket, const char *result, const char *reason);

/* Appends the ticket's text. */
void ticket_write(const struct ticket *ticket, struct buffer *text);

/* Reads a ticket's text, which is changed in doing so. False if it is no whole ticket.
 * Times that cannot be read count as "now". Lines of unknown names are passed over. */
bool ticket_read(struct ticket *ticket, char *text);

#endif
