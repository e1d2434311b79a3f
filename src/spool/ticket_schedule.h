/*
 * When is a ticket to be tried again? Exponentially later with jitter; faults that need the operator
 * seldom; after failures without any answer at once, because the breaker already
 * keeps everybody from hammering.
 */
#ifndef AUTOJOIN_SPOOL_TICKET_SCHEDULE_H
#define AUTOJOIN_SPOOL_TICKET_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "support/jitter.h"
#include "spool/ticket.h"
#include "twilio/join.h"

/* How long a new ticket is its responder's own, before a drainer may take it. */
enum { TICKET_SCHEDULE_GRACE_MS = 5000 };

/* Whether nothing more is to be done for the conversation. */
bool ticket_schedule_is_settled(enum join_result verdict);

/* Writes an unsettled outcome into the ticket: verdict, attempts, next attempt, and the wait until then if
 * Twilio said that it cannot be done. An outcome of which nothing was attempted (breaker open, too many under
 * way) does not count as an attempt. */
void ticket_schedule_next(struct ticket *ticket, const struct join_outcome *outcome,
                   struct jitter *jitter);

/* Milliseconds until the ticket may be tried; 0 if it may be now. A time further ahead than we
 * ever schedule was written before the clock was set back, and counts as now. */
int64_t ticket_schedule_wait_ms(const struct ticket *ticket);

/* Whether Twilio says once more that it cannot be done, after waits of more than `give_up_ms` in all for
 * such answers (before ticket_schedule_next() adds the next one). Other time does not count: without a drainer,
 * without an answer, with one that is not about this conversation (429, 5xx, a redirect, a group that is still
 * initializing, credentials refused). */
bool ticket_schedule_is_hopeless(const struct ticket *ticket, const struct join_outcome *outcome,
                          uint64_t give_up_ms);

/* The result word of a verdict, as in the log and in tickets. */
const char *ticket_schedule_result_word(enum join_result verdict);

#endif
