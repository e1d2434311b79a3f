/*
 * What becomes of a ticket after an attempt to join: the one rule of the webhook, of drain and of reconcile. And when
 * is it to be tried again? Exponentially later with jitter; faults that need the operator seldom; after failures
 * without any answer at once, because the breaker already keeps everybody from hammering; a group that is being made
 * after a second, since it will be active by then.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_ATTEMPT_H
#define AUTOJOIN_SPOOL_SPOOL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "spool/spool.h"
#include "spool/ticket.h"
#include "support/jitter.h"
#include "twilio/join.h"

/* How long a new ticket is its responder's own, before a drainer may take it. */
enum { SPOOL_ATTEMPT_GRACE_MS = 5000 };

/* Whether nothing more is to be done for the conversation. */
bool spool_attempt_is_settled(enum join_result verdict);

/* Milliseconds until the ticket may be tried; 0 if it may be now. A time further ahead than we
 * ever schedule was written before the clock was set back, and counts as now. */
int64_t spool_attempt_wait_ms(const struct ticket *ticket);

/* The result word of a verdict, as in the log and in tickets. */
const char *spool_attempt_result_word(enum join_result verdict);

/* Where the ticket comes from. */
enum spool_attempt_origin {
    SPOOL_ATTEMPT_FOUND, /* in the spool: if it is not there any more, somebody else has settled it */
    SPOOL_ATTEMPT_EVENT  /* from an event or a list: what is not in the spool is written */
};

enum spool_attempt_end {
    SPOOL_ATTEMPT_SETTLED,  /* nothing is to be done any more, and no ticket is there */
    SPOOL_ATTEMPT_KEPT,     /* it waits for the next attempt */
    SPOOL_ATTEMPT_GIVEN_UP, /* it lies in failed/ */
    SPOOL_ATTEMPT_UNKNOWN   /* the spool cannot be used: spool_describe() with `status` tells why. What lies
                             * there may be older than the attempt */
};

struct spool_attempt {
    enum spool_attempt_origin origin;
    uint64_t give_up_ms; /* AUTOJOIN_SPOOL_GIVE_UP */
    struct jitter *jitter;
    enum spool_status status; /* result: why it is unknown; of a settled one SPOOL_OK if we struck it out */
};

/* Strikes the ticket out, writes down how far it came, or gives it up. `ticket` gets what was written. Where the
 * ticket on disk knows better since when and how often the conversation was tried, that counts. */
enum spool_attempt_end spool_attempt_end(struct spool *spool, struct spool_attempt *attempt,
                                         struct ticket *ticket,
                                         const struct join_outcome *outcome);

#endif
