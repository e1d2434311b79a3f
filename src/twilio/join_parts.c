#include "build.h"

#include "twilio/join_parts.h"

#include <stdlib.h>
#include <string.h>

#include "support/clock.h"

enum {
    ATTEMPTS_LIMIT = 8,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LONGEST_MS = 1000,
    SHORTEST_ATTEMPT_MS = 50, /* less time than that is not worth an attempt */
};

void join_settle(struct join *join, enum join_result verdict, const char *reason)
{
    struct joins *joins = join->joins;

    join->outcome.result = verdict;
    join->outcome.reason = reason;
    TAILQ_REMOVE(&joins->under_way, join, entry);
    joins->pending--;
    event_del(&join->timer);
    join->done(join->argument, &join->outcome);
    free(join);
}

/* FNV-1a, over the hex digits. */
static unsigned hash(const char *text)
{
    uint32_t sum = 2166136261u;

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum;
}

static unsigned identity_number(const struct join *join, unsigned turn)
{
    unsigned count = (unsigned)config_identity_count(join->config);

    return (hash(join->conversation.text) % count + turn) % count;
}

const char *join_identity(const struct join *join, unsigned turn)
{
    return config_identity(join->config, identity_number(join, turn));
}

const struct participant_forms *join_forms(const struct join *join)
{
    return &join->joins->forms[identity_number(join, join->turn)];
}

static int64_t left_ms(const struct join *join)
{
    return (join->deadline_us - clock_monotonic_us()) / 1000;
}

void join_wait(struct join *join, int64_t delay_ms, const char *reason)
{
    struct timeval delay = clock_delay(delay_ms);

    if (join->outcome.attempts >= ATTEMPTS_LIMIT ||
        delay_ms + SHORTEST_ATTEMPT_MS > left_ms(join) || event_add(&join->timer, &delay) != 0)
        join_settle(join, JOIN_RETRY_LATER, reason);
}

/* Full jitter: anything from nothing to the doubled step, so that what failed together does
 * not come back together. What Twilio asks for is honoured on top of it. */
void join_back_off(struct join *join, const struct rest_result *result, const char *reason)
{
    int64_t step = (int64_t)BACKOFF_FIRST_MS << (join->outcome.attempts - 1);
    int64_t delay;

    /* Not longer than that: what is left of the deadline is for attempts, not for one long wait. */
    if (step > BACKOFF_LONGEST_MS)
        step = BACKOFF_LONGEST_MS;
    delay = jitter_below(&join->joins->jitter, step);
    if (result->retry_after_s > 0) {
        join->outcome.retry_after = (unsigned)result->retry_after_s;
        delay += result->retry_after_s * 1000;
    }
    join_wait(join, delay, reason);
}

void join_exchange(struct join *join, enum rest_method method, const char *path, const char *form,
                   rest_done_fn *done)
{
    struct rest_order order = {
        .method = method,
        .path = path,
        .form = form,
        .timeout_ms = left_ms(join),
        .reply_limit = method == REST_GET ? REST_LIST_LIMIT : REST_REPLY_LIMIT,
    };

    if (order.timeout_ms < SHORTEST_ATTEMPT_MS) {
        join_settle(join, JOIN_RETRY_LATER, "the deadline is over");
        return;
    }
    if (!breaker_allows(&join->joins->breaker)) {
        join_settle(join, JOIN_RETRY_LATER, "Twilio does not answer (breaker open)");
        return;
    }
    join->exchange = rest_start(join->joins->rest, &order, done, join);
    if (!join->exchange) {
        join->outcome.no_memory = true;
        join_settle(join, JOIN_RETRY_LATER, "out of memory, or libcurl does not start");
        return;
    }
    join->outcome.attempts += method == REST_POST;
}

static enum stats_counter counter_of(const struct rest_result *result)
{
    if (result->http_status >= 500)
        return STATS_REST_SERVER_ERROR;
    if (result->http_status == 429)
        return STATS_REST_LIMITED;
    if (result->http_status == 409)
        return STATS_REST_CONFLICT;
    if (result->http_status >= 300)
        return STATS_REST_CLIENT_ERROR;
    if (result->status == REST_OK)
        return STATS_REST_OK;
    return result->status == REST_TIMEOUT ? STATS_REST_TIMEOUT : STATS_REST_UNREACHABLE;
}

void join_note(struct join *join, const struct rest_result *result)
{
    struct breaker *breaker = &join->joins->breaker;

    stats_count(join->joins->stats, counter_of(result));
    stats_time(join->joins->stats, STATS_REST_TIME, result->elapsed_us);
    if (result->http_status != 0)
        breaker_answered(breaker);
    else if (result->status != REST_NO_MEMORY)
        breaker_failed(breaker, result->reason);
    join->exchange = NULL;
    join->outcome.limited = result->http_status == 429;
    join->outcome.rest_status = result->http_status;
    join->outcome.rest_code = 0;
    join->outcome.rest_us += result->elapsed_us;
    memcpy(join->outcome.request_id, result->request_id, sizeof join->outcome.request_id);
}
