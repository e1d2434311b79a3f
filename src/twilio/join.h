/*
 * Adding the bot to a conversation, from the request to its result; a few requests to Twilio, within a
 * deadline. What follows from what stands in join_step.h, what an answer means in verdict.h; here they are
 * carried out on the event loop.
 */
#ifndef AUTOJOIN_TWILIO_JOIN_H
#define AUTOJOIN_TWILIO_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/config.h"
#include "support/log.h"
#include "support/stats.h"
#include "twilio/join_result.h"
#include "twilio/rest.h"

/* What is to be joined. */
struct join_request {
    const char *conversation_sid;
    const char *service_sid; /* NULL: the account's default service */
    const char *event;       /* what called for it: a webhook's EventType, or the command; NULL if
                                unknown. With onConversationAdded and reconcile nobody is in yet */
    int64_t event_ms;        /* clock_wall_ms() when that was made, or when we first heard of it;
                                0 if unknown */
    int64_t deadline_us;     /* clock_monotonic_us() by which the result must be there */
};

struct join_outcome {
    enum join_result result;
    const char *reason;     /* what stood in the way, for the log; static; NULL for joined */
    long rest_status;       /* of the last answer, but for looks and removals that went well; 0 if there
                               was none */
    long rest_code;         /* Twilio's error code; 0 if none */
    char request_id[REST_REQUEST_ID_SIZE]; /* Twilio-Request-Id of the same answer */
    unsigned attempts;      /* at adding one that is not full; at least 1 once Twilio was asked for
                               anything */
    int64_t rest_us;        /* spent in REST, waits between attempts left out */
    unsigned retry_after;   /* seconds that Twilio asked for with its last answer; 0 if it did not */
    bool is_in;             /* one of the bot's identities is, whatever the result */
    bool account_wide;      /* refused for a reason that holds for every conversation */
    bool for_some;          /* ... for which one has to look who is in; others may be joined */
    bool limited;           /* Twilio said 429: slow down with all */
    bool no_memory;         /* memory ran out before an attempt could be made */
    bool kept;              /* not settled, but whoever keeps tickets (spool/spool_joins) has one of it */
};

typedef void join_done_fn(void *argument, const struct join_outcome *outcome);

struct joins;

/* Prepares joins with these settings. NULL if memory ran out. All arguments must outlive it; `stats`
 * may be NULL. One per process: it holds the breaker, and what is remembered for a while. */
struct joins *joins_new(const struct config *config, const struct log *log, struct rest *rest,
                        struct event_base *base, struct stats *stats);

/* Frees it; joins under way are dropped without a word. */
void joins_free(struct joins *joins);

/* Whether none is under way. */
bool joins_idle(const struct joins *joins);

/* Whether the breaker is open: Twilio did not answer lately, most joins are put off at once. */
bool joins_put_off(const struct joins *joins);

/* Starts a join; `done` is called exactly once, perhaps before this returns, and never later than
 * a few milliseconds after the deadline. The request is copied. */
void join_start(struct joins *joins, const struct join_request *request, join_done_fn *done,
                void *argument);

#endif
