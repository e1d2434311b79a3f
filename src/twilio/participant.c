#include "build.h"

#include "twilio/participant.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "twilio/join.h"
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
        surplus_settle(join, PARTICIPANT_JOINED);
        break;
    case VERDICT_ALREADY_JOINED:
        surplus_settle(join, PARTICIPANT_ALREADY_JOINED);
        break;
    case VERDICT_GONE:
        join_settle(join, PARTICIPANT_GONE, reason);
        break;
    case VERDICT_TRY_AGAIN:
        join_back_off(join, result, reason);
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
        verification_start(join);
        break;
    case VERDICT_NEEDS_ADDRESS:
        if (join->projected || !join_forms(join)->projected) {
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
