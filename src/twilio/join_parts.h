/*
 * One join under way: its exchanges with Twilio, its waits, its end. The steps between them are
 * participant.c's, verification.c's and surplus.c's; nobody else includes this.
 */
#ifndef AUTOJOIN_TWILIO_JOIN_PARTS_H
#define AUTOJOIN_TWILIO_JOIN_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event_struct.h>

#include "support/jitter.h"
#include "support/sid.h"
#include "twilio/breaker.h"
#include "twilio/join.h"
#include "twilio/participantpath.h"
#include "twilio/rest.h"
#include "twilio/servicesight.h"

TAILQ_HEAD(join_queue, join);

struct joins {
    const struct config *config;
    struct rest *rest;
    struct event_base *base;
    struct participant_forms *forms; /* of each identity */
    struct servicesight sight; /* which services we could see lately */
    struct breaker breaker;
    struct stats *stats;
    struct jitter jitter;
    struct join_queue under_way;
    size_t pending;
};

struct join {
    TAILQ_ENTRY(join) entry;
    struct joins *joins;
    const struct config *config;
    struct sid service, conversation;
    int64_t deadline_us;
    struct rest_exchange *exchange; /* NULL between attempts */
    struct event timer;
    bool projected; /* with a projected address, since Twilio asked for one */
    bool not_found; /* a 404 was verified once already */
    unsigned turn;  /* which of the bot's identities tries, in this conversation's order */
    unsigned present; /* which of them are in, a bit for each turn */
    struct join_outcome outcome;
    join_done_fn *done;
    void *argument;
};

/* The end of a join. */
void join_settle(struct join *join, enum join_result verdict, const char *reason);

/* Starts one exchange; if it cannot be, the join is settled, and gone when this returns. */
void join_exchange(struct join *join, enum rest_method method, const char *path, const char *form,
                   rest_done_fn *done);

/* Keeps what the log line tells of an answer, and tells the breaker. */
void join_note(struct join *join, const struct rest_result *result);

/* Has the join attempted again after a while; settles it if there is no time for that. */
void join_wait(struct join *join, int64_t delay_ms, const char *reason);

/* The same after a failure, later each time, and not before Twilio wants it. */
void join_back_off(struct join *join, const struct rest_result *result, const char *reason);

/* Attempts the join with the identity whose turn it is. */
void join_attempt(struct join *join);

/* The identity of a turn: each conversation has its own first one, by a hash of its SID, so that
 * conversations are spread, and whoever comes twice meets the same one. */
const char *join_identity(const struct join *join, unsigned turn);

/* What is posted for the identity whose turn it is. */
const struct participant_forms *join_forms(const struct join *join);

#endif
