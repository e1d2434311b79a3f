#include "build.h"

#include "twilio/join.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "twilio/join_parts.h"
#include "twilio/participantpath.h"
#include "twilio/surplus.h"
#include "twilio/verdict.h"
#include "twilio/verification.h"

static void on_attempted(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    const char *reason;
    enum verdict verdict;

    join_note(join, result);
    verdict = verdict_judge(result, &join->outcome.rest_code, &reason);
    switch (verdict) {
    case VERDICT_JOINED:
        surplus_settle(join, JOIN_JOINED);
        break;
    case VERDICT_ALREADY_JOINED:
        surplus_settle(join, JOIN_ALREADY_JOINED);
        break;
    case VERDICT_GONE:
        join_settle(join, JOIN_GONE, reason);
        break;
    case VERDICT_TRY_AGAIN:
        join_back_off(join, result, reason);
        break;
    case VERDICT_LATER:
        join_settle(join, JOIN_RETRY_LATER, reason);
        break;
    case VERDICT_REFUSED:
        if (verdict_is_identity_full(join->outcome.rest_code) && surplus_give_way(join))
            break;
        join->outcome.account_wide =
            verdict_is_account_wide(result->http_status, join->outcome.rest_code);
        join_settle(join, JOIN_REFUSED, reason);
        break;
    case VERDICT_NOT_FOUND:
        verification_start(join);
        break;
    case VERDICT_NEEDS_ADDRESS:
        if (join->projected || !join_forms(join)->projected) {
            join_settle(join, JOIN_REFUSED, reason);
        } else {
            join->projected = true;
            join_attempt(join);
        }
        break;
    }
}

void join_attempt(struct join *join)
{
    const struct participant_forms *forms = join_forms(join);
    char path[REST_PATH_LIMIT];

    participantpath_list(path, sizeof path, join->service.text, join->conversation.text);
    join_exchange(join, REST_POST, path, join->projected ? forms->projected : forms->plain,
                  on_attempted);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    join_attempt(argument);
}

void join_start(struct joins *joins, const struct join_request *request, join_done_fn *done,
                void *argument)
{
    struct join_outcome outcome = {.result = JOIN_RETRY_LATER};
    struct join *join = NULL;

    if (joins->pending >= joins->config->max_pending)
        outcome.reason = "as many joins under way as AUTOJOIN_MAX_PENDING allows";
    else if (!(join = calloc(1, sizeof *join)))
        outcome.reason = "out of memory";
    if (!join) {
        outcome.no_memory = joins->pending < joins->config->max_pending;
        done(argument, &outcome);
        return;
    }
    join->joins = joins;
    join->config = joins->config;
    memcpy(join->conversation.text, request->conversation_sid, SID_LENGTH + 1);
    if (request->service_sid)
        memcpy(join->service.text, request->service_sid, SID_LENGTH + 1);
    join->deadline_us = request->deadline_us;
    join->done = done;
    join->argument = argument;
    evtimer_assign(&join->timer, joins->base, on_timer, join);
    TAILQ_INSERT_TAIL(&joins->under_way, join, entry);
    joins->pending++;
    join_attempt(join);
}

bool joins_put_off(const struct joins *joins)
{
    return joins->breaker.open;
}

static bool make_forms(struct joins *joins)
{
    size_t count = config_identity_count(joins->config), i;

    joins->forms = calloc(count, sizeof *joins->forms);
    for (i = 0; joins->forms && i < count; i++)
        if (!participantpath_forms(&joins->forms[i], joins->config,
                                   config_identity(joins->config, i)))
            return false;
    return joins->forms != NULL;
}

struct joins *joins_new(const struct config *config, const struct log *log, struct rest *rest,
                        struct event_base *base, struct stats *stats)
{
    struct joins *joins = calloc(1, sizeof *joins);

    if (!joins)
        return NULL;
    joins->config = config;
    joins->rest = rest;
    joins->base = base;
    joins->stats = stats;
    TAILQ_INIT(&joins->under_way);
    jitter_init(&joins->jitter);
    breaker_init(&joins->breaker, log, stats);
    if (make_forms(joins))
        return joins;
    joins_free(joins);
    return NULL;
}

void joins_free(struct joins *joins)
{
    struct join *join;
    size_t i;

    if (!joins)
        return;
    while ((join = TAILQ_FIRST(&joins->under_way))) {
        TAILQ_REMOVE(&joins->under_way, join, entry);
        event_del(&join->timer);
        if (join->exchange)
            rest_cancel(join->exchange);
        free(join);
    }
    for (i = 0; joins->forms && i < config_identity_count(joins->config); i++) {
        free(joins->forms[i].plain);
        free(joins->forms[i].projected);
    }
    free(joins->forms);
    free(joins);
}
