#include "build.h"

#include "twilio/participant.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "support/clock.h"
#include "support/jitter.h"
#include "twilio/breaker.h"
#include "twilio/join.h"
#include "twilio/participantpath.h"
#include "twilio/servicesight.h"
#include "twilio/surplus.h"
#include "twilio/verdict.h"

enum {
    ATTEMPTS_LIMIT = 8,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LONGEST_MS = 1000,
    NOT_FOUND_WAIT_MS = 200,
    SHORTEST_ATTEMPT_MS = 50, /* less time than that is not worth an attempt */
};

TAILQ_HEAD(join_queue, join);

struct participants {
    const struct config *config;
    struct rest *rest;
    struct event_base *base;
    struct participant_forms *forms; /* of each identity */
    struct servicesight sight; /* which services we could see lately */
    struct breaker breaker;
    struct stats *stats;
    struct jitter jitter;
    struct join_queue joins;
    size_t pending;
};

void join_settle(struct join *join, enum participant_verdict verdict, const char *reason)
{
    struct participants *participants = join->participants;

    join->outcome.verdict = verdict;
    join->outcome.reason = reason;
    TAILQ_REMOVE(&participants->joins, join, entry);
    participants->pending--;
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

static const struct participant_forms *forms_of(const struct join *join)
{
    return &join->participants->forms[identity_number(join, join->turn)];
}

static int64_t left_ms(const struct join *join)
{
    return (join->deadline_us - clock_monotonic_us()) / 1000;
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    join_attempt(argument);
}

/* Attempts again after a while, if there is time for that. */
static void wait_and_attempt(struct join *join, int64_t delay_ms, const char *reason)
{
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};

    if (join->outcome.attempts >= ATTEMPTS_LIMIT ||
        delay_ms + SHORTEST_ATTEMPT_MS > left_ms(join) || event_add(&join->timer, &delay) != 0)
        join_settle(join, PARTICIPANT_RETRY_LATER, reason);
}

/* Full jitter: anything from nothing to the doubled step, so that what failed together does
 * not come back together. What Twilio asks for is honoured on top of it. */
static void back_off(struct join *join, const struct rest_result *result, const char *reason)
{
    int64_t step = (int64_t)BACKOFF_FIRST_MS << (join->outcome.attempts - 1);
    int64_t delay;

    /* Not longer than that: what is left of the deadline is for attempts, not for one long wait. */
    if (step > BACKOFF_LONGEST_MS)
        step = BACKOFF_LONGEST_MS;
    delay = jitter_below(&join->participants->jitter, step);

    if (result->retry_after_s > 0) {
        join->outcome.retry_after = (unsigned)result->retry_after_s;
        delay += result->retry_after_s * 1000;
    }
    wait_and_attempt(join, delay, reason);
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
        join_settle(join, PARTICIPANT_RETRY_LATER, "the deadline is over");
        return;
    }
    if (!breaker_allows(&join->participants->breaker)) {
        join_settle(join, PARTICIPANT_RETRY_LATER, "Twilio does not answer (breaker open)");
        return;
    }
    join->outcome.attempts += method == REST_POST;
    join->exchange = rest_start(join->participants->rest, &order, done, join);
    if (!join->exchange) {
        join->outcome.no_memory = true;
        join_settle(join, PARTICIPANT_RETRY_LATER, "out of memory, or libcurl does not start");
    }
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
    struct breaker *breaker = &join->participants->breaker;

    stats_count(join->participants->stats, counter_of(result));
    stats_time(join->participants->stats, STATS_REST_TIME, result->elapsed_us);
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

static void judge_sight(struct join *join, enum servicesight_status seen)
{
    switch (seen) {
    case SERVICESIGHT_SEEN:
        join_settle(join, PARTICIPANT_GONE, "no such conversation in its service");
        break;
    case SERVICESIGHT_NOT_SEEN:
        join_settle(join, PARTICIPANT_REFUSED,
               "neither the conversation nor its service can be seen: check account and service");
        break;
    case SERVICESIGHT_UNKNOWN:
        join_settle(join, PARTICIPANT_RETRY_LATER, "whether the service exists could not be asked");
        break;
    }
}

static void on_service(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    enum servicesight_status seen =
        servicesight_learn(&join->participants->sight, join->service.text, result);

    join_note(join, result);
    judge_sight(join, seen);
}

/* Not found, and verified: gone only if the service itself can be seen. Otherwise it is our
 * credentials or the wrong service, and nothing may be forgotten. */
static void look_at_service(struct join *join)
{
    char path[REST_PATH_LIMIT];

    if (!join->service.text[0]) {
        join_settle(join, PARTICIPANT_REFUSED,
               "not in the account's default service: set TWILIO_CHAT_SERVICE_SID");
    } else if (servicesight_recall(&join->participants->sight, join->service.text)) {
        judge_sight(join, SERVICESIGHT_SEEN);
    } else {
        participantpath_service(path, sizeof path, join->service.text);
        join_exchange(join, REST_GET, path, NULL, on_service);
    }
}

static void on_verified(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    const char *reason;
    enum verdict verdict;

    join_note(join, result);
    verdict = verdict_judge(result, &join->outcome.rest_code, &reason);
    if (verdict == VERDICT_JOINED) {
        surplus_settle(join, PARTICIPANT_JOINED);
        return;
    }
    if (verdict != VERDICT_NOT_FOUND) {
        join_settle(join,
               verdict == VERDICT_REFUSED ? PARTICIPANT_REFUSED : PARTICIPANT_RETRY_LATER,
               verdict == VERDICT_REFUSED
                   ? "not found, and the credentials may not look whether it was created"
                   : "not found, and whether it was created could not be asked");
        return;
    }
    if (join->not_found) {
        look_at_service(join);
        return;
    }
    join->not_found = true; /* shortly after its creation a conversation may not be known everywhere */
    wait_and_attempt(join, NOT_FOUND_WAIT_MS, "not found");
}

/* Twilio may say 404 although the participant was created (Twilio Help, article
 * 50009103572635). */
static void verify(struct join *join)
{
    char path[REST_PATH_LIMIT];

    participantpath_identity(path, sizeof path, join->service.text, join->conversation.text,
                             join_identity(join, join->turn));
    join_exchange(join, REST_GET, path, NULL, on_verified);
}

static void on_attempted(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    const char *reason;
    enum verdict verdict;

    join_note(join, result);
    verdict = verdict_judge(result, &join->outcome.rest_code, &reason);
    switch (verdict) {
    case VERDICT_JOINED:
        surplus_settle(join, PARTICIPANT_JOINED);
        break;
    case VERDICT_ALREADY_JOINED:
        surplus_settle(join, PARTICIPANT_ALREADY_JOINED);
        break;
    case VERDICT_GONE:
        join_settle(join, PARTICIPANT_GONE, reason);
        break;
    case VERDICT_TRY_AGAIN:
        back_off(join, result, reason);
        break;
    case VERDICT_LATER:
        join_settle(join, PARTICIPANT_RETRY_LATER, reason);
        break;
    case VERDICT_REFUSED:
        if (verdict_is_identity_full(join->outcome.rest_code) && surplus_give_way(join))
            break;
        join->outcome.account_wide =
            verdict_is_account_wide(result->http_status, join->outcome.rest_code);
        join_settle(join, PARTICIPANT_REFUSED, reason);
        break;
    case VERDICT_NOT_FOUND:
        verify(join);
        break;
    case VERDICT_NEEDS_ADDRESS:
        if (join->projected || !forms_of(join)->projected) {
            join_settle(join, PARTICIPANT_REFUSED, reason);
        } else {
            join->projected = true;
            join_attempt(join);
        }
        break;
    }
}

void join_attempt(struct join *join)
{
    const struct participant_forms *forms = forms_of(join);
    char path[REST_PATH_LIMIT];

    participantpath_list(path, sizeof path, join->service.text, join->conversation.text);
    join_exchange(join, REST_POST, path, join->projected ? forms->projected : forms->plain,
             on_attempted);
}

void participant_join(struct participants *participants, const struct participant_order *order,
                      participant_done_fn *done, void *argument)
{
    struct participant_outcome outcome = {.verdict = PARTICIPANT_RETRY_LATER};
    struct join *join = NULL;

    if (participants->pending >= participants->config->max_pending)
        outcome.reason = "as many joins under way as AUTOJOIN_MAX_PENDING allows";
    else if (!(join = calloc(1, sizeof *join)))
        outcome.reason = "out of memory";
    if (!join) {
        outcome.no_memory = participants->pending < participants->config->max_pending;
        done(argument, &outcome);
        return;
    }
    join->participants = participants;
    join->config = participants->config;
    memcpy(join->conversation.text, order->conversation_sid, SID_LENGTH + 1);
    if (order->service_sid)
        memcpy(join->service.text, order->service_sid, SID_LENGTH + 1);
    join->deadline_us = order->deadline_us;
    join->done = done;
    join->argument = argument;
    evtimer_assign(&join->timer, participants->base, on_timer, join);
    TAILQ_INSERT_TAIL(&participants->joins, join, entry);
    participants->pending++;
    join_attempt(join);
}

bool participants_put_off(const struct participants *participants)
{
    return participants->breaker.open;
}

static bool make_forms(struct participants *participants)
{
    size_t count = config_identity_count(participants->config), i;

    participants->forms = calloc(count, sizeof *participants->forms);
    for (i = 0; participants->forms && i < count; i++)
        if (!participantpath_forms(&participants->forms[i], participants->config,
                                   config_identity(participants->config, i)))
            return false;
    return participants->forms != NULL;
}

struct participants *participants_new(const struct config *config, const struct log *log,
                                      struct rest *rest, struct event_base *base,
                                      struct stats *stats)
{
    struct participants *participants = calloc(1, sizeof *participants);

    if (!participants)
        return NULL;
    participants->config = config;
    participants->rest = rest;
    participants->base = base;
    participants->stats = stats;
    TAILQ_INIT(&participants->joins);
    jitter_init(&participants->jitter);
    breaker_init(&participants->breaker, log, stats);
    if (make_forms(participants))
        return participants;
    participants_free(participants);
    return NULL;
}

void participants_free(struct participants *participants)
{
    struct join *join;
    size_t i;

    if (!participants)
        return;
    while ((join = TAILQ_FIRST(&participants->joins))) {
        TAILQ_REMOVE(&participants->joins, join, entry);
        event_del(&join->timer);
        if (join->exchange)
            rest_cancel(join->exchange);
        free(join);
    }
    for (i = 0; participants->forms && i < config_identity_count(participants->config); i++) {
        free(participants->forms[i].plain);
        free(participants->forms[i].projected);
    }
    free(participants->forms);
    free(participants);
}

size_t participants_pending(const struct participants *participants)
{
    return participants->pending;
}
