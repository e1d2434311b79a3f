/*
 * Adding the bot to a conversation: attempts, deadline, verdict.
 *
 * A join is a small state machine on the event loop: attempt, wait, attempt, verify, verdict. How
 * each of Twilio's answers is judged stands in one table (verdict.c).
 */
#ifndef AUTOJOIN_TWILIO_PARTICIPANT_H
#define AUTOJOIN_TWILIO_PARTICIPANT_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/config.h"
#include "support/log.h"
#include "support/stats.h"
#include "twilio/rest.h"

enum participant_verdict {
    PARTICIPANT_JOINED,
    PARTICIPANT_ALREADY_JOINED,
    PARTICIPANT_LEFT,        /* the bot was removed on purpose and is not joined again */
    PARTICIPANT_GONE,        /* the conversation is closed, deleted or not there */
    PARTICIPANT_RETRY_LATER, /* may pass by itself */
    PARTICIPANT_REFUSED      /* needs the operator */
};

struct participant_order {
    const char *service_sid; /* NULL: the account's default service */
    const char *conversation_sid;
    int64_t deadline_us; /* clock_monotonic_us() by which the verdict must be there */
};

struct participant_outcome {
    enum participant_verdict verdict;
    const char *reason;     /* what stood in the way, for the log; static; NULL for joined */
    long rest_status;       /* of the last answer; 0 if there was none */
    long rest_code;         /* Twilio's error code; 0 if none */
    char request_id[REST_REQUEST_ID_SIZE]; /* Twilio-Request-Id of the last answer */
    unsigned attempts;
    int64_t rest_us;        /* spent in REST, waits between attempts left out */
    unsigned retry_after;   /* seconds that Twilio asked for; 0 if it did not */
    bool account_wide;      /* refused for a reason that holds for every conversation */
    bool limited;           /* Twilio said 429: slow down with all */
    bool no_memory;         /* memory ran out before an attempt could be made */
};

typedef void participant_done_fn(void *argument, const struct participant_outcome *outcome);

struct participants;

/* Prepares joins with these settings. NULL if memory ran out. All arguments must outlive it; `stats`
 * may be NULL. One per process: it holds the breaker. */
struct participants *participants_new(const struct config *config, const struct log *log,
                                      struct rest *rest, struct event_base *base,
                                      struct stats *stats);

/* Frees it; joins under way are dropped without a word. */
void participants_free(struct participants *participants);

/* Whether the breaker is open: Twilio did not answer lately, most joins are put off at once. */
bool participants_put_off(const struct participants *participants);

/* Starts a join; `done` is called exactly once, perhaps before this returns, and never later than
 * a few milliseconds after the deadline. The order is copied. */
void participant_join(struct participants *participants, const struct participant_order *order,
                      participant_done_fn *done, void *argument);

#endif
