#include "build.h"

#include "webhook/event_batch.h"

#include <stdlib.h>

#include "webhook/cloud_event.h"
#include "webhook/event_action.h"

/* Joins of one request under way: the next starts when one is done. Without a limit the end of a long list
 * would be turned away for AUTOJOIN_MAX_PENDING every time. */
enum {
    AT_ONCE = 256,
    A_TURN = 64, /* events, each with a ticket to write, before others are served */
};

struct event_batch {
    struct handler *handler;
    struct exchange *exchange;
    struct answer_facts facts; /* what is the same of all its lines */
    struct cloud_events events;
    size_t under_way;
    bool going;         /* go_on() is on the stack */
    bool resting;       /* it will be called, once others were served */
    enum answer worst;  /* ANSWER_NONE: of nothing yet */
    bool worst_kept;
};

struct batch_join {
    struct event_batch *batch;
    struct event event;
};

/* The higher the worse. What can never pass is the least of all. */
static int rank(enum answer answer, bool kept)
{
    switch (answer) {
    case ANSWER_REFUSED:
        return kept ? 5 : 7;
    case ANSWER_RETRY_LATER:
        return kept ? 4 : 6;
    case ANSWER_JOINED:
    case ANSWER_ALREADY_JOINED:
    case ANSWER_GONE:
        return 3;
    case ANSWER_IGNORED:
    case ANSWER_PRE_EVENT:
        return 2;
    case ANSWER_NONE:
        return 0;
    default:
        return 1;
    }
}

/* The line of one event, which counts towards the answer. */
static void tell(struct event_batch *batch, enum answer answer, const struct event *event,
                 const struct join_outcome *outcome)
{
    struct handler *handler = batch->handler;
    struct answer_facts facts = batch->facts;

    facts.event = event;
    facts.reason = outcome ? outcome->reason : event->reason;
    facts.outcome = outcome;
    facts.kept = outcome && outcome->kept;
    answer_tell(batch->exchange, handler->log, handler->stats, answer, &facts);
    if (rank(answer, facts.kept) <= rank(batch->worst, batch->worst_kept))
        return;
    batch->worst = answer;
    batch->worst_kept = facts.kept;
}

static void finish(struct event_batch *batch)
{
    struct exchange *exchange = batch->exchange;

    if (batch->worst == ANSWER_NONE)
        tell(batch, ANSWER_IGNORED, &(struct event){.reason = "a list of no events"}, NULL);
    batch->handler->batches--;
    batch->facts.kept = batch->worst_kept;
    answer_respond(exchange, batch->handler->stats, batch->worst, &batch->facts);
    free(batch);
    exchange_reply(exchange);
}

static void go_on(struct event_batch *batch);

static void on_joined(void *argument, const struct join_outcome *outcome)
{
    struct batch_join *join = argument;
    struct event_batch *batch = join->batch;

    tell(batch, event_action_answer(outcome->result), &join->event, outcome);
    free(join);
    batch->under_way--;
    go_on(batch);
}

static void start_join(struct event_batch *batch, const struct event *event)
{
    static const struct join_outcome no_memory = {.result = JOIN_RETRY_LATER, .reason = "out of memory"};
    struct batch_join *join = malloc(sizeof *join);

    if (!join) {
        tell(batch, ANSWER_RETRY_LATER, event, &no_memory);
        return;
    }
    join->batch = batch;
    join->event = *event;
    batch->under_way++;
    event_action_join(batch->handler, batch->exchange, &join->event, on_joined, join);
}

/* Of no webhook that would tell the same. */
static void read_other(struct event *event, const struct cloud_event *cloud_event)
{
    *event = (struct event){.verdict = EVENT_IGNORED,
                            .reason = cloud_event->kind == CLOUD_EVENT_NONE
                                          ? "JSON that is no CloudEvent"
                                          : "a type that tells nothing of a join",
                            .type = {.name = "type", .value = cloud_event->type.bytes,
                                     .value_length = cloud_event->type.length}};
}

static void take(struct event_batch *batch, const struct cloud_event *cloud_event)
{
    struct event event;
    enum answer answer;

    if (cloud_event->kind == CLOUD_EVENT_KNOWN)
        event_read(&event, &cloud_event->form, batch->handler->config);
    else
        read_other(&event, cloud_event);
    answer = event_action_judge(batch->handler, &event);
    if (answer == ANSWER_NONE)
        start_join(batch, &event);
    else
        tell(batch, answer, &event, NULL);
}

static size_t at_once(const struct event_batch *batch)
{
    uint64_t pending = batch->handler->config->max_pending;

    return pending > 0 && pending < AT_ONCE ? (size_t)pending : AT_ONCE;
}

static void resume(void *argument)
{
    struct event_batch *batch = argument;

    batch->resting = false;
    go_on(batch);
}

static bool is_turn_over(struct event_batch *batch, unsigned taken)
{
    const struct handler *handler = batch->handler;

    if (taken < A_TURN || !handler->later)
        return false;
    batch->resting = handler->later(handler->loop, resume, batch);
    return batch->resting;
}

/* Starts what can be started; the batch is over when this returns if nothing is under way. */
static void go_on(struct event_batch *batch)
{
    struct cloud_event cloud_event; /* 20 KiB: not zeroed */
    unsigned taken;

    if (batch->going || batch->resting)
        return;
    batch->going = true;
    for (taken = 0; batch->under_way < at_once(batch) && !is_turn_over(batch, taken) &&
                    cloud_events_next(&batch->events, &cloud_event);
         taken++)
        take(batch, &cloud_event);
    batch->going = false;
    if (batch->under_way == 0 && !batch->resting)
        finish(batch);
}

static void refuse(struct handler *handler, struct exchange *exchange, const struct answer_facts *facts,
                   enum answer answer, const char *reason)
{
    struct answer_facts refused = *facts;

    refused.reason = reason;
    answer_write(exchange, handler->log, handler->stats, answer, &refused);
    exchange_reply(exchange);
}

void event_batch_start(struct handler *handler, struct exchange *exchange, const struct answer_facts *facts)
{
    const struct request *request = &exchange->request;
    struct event_batch *batch = calloc(1, sizeof *batch);
    const char *wrong = NULL;

    if (!batch) {
        refuse(handler, exchange, facts, ANSWER_RETRY_LATER, "out of memory");
        return;
    }
    switch (cloud_events_open(&batch->events, request->body, request->body_length, &wrong)) {
    case CLOUD_EVENTS_OK:
        handler->batches++;
        batch->handler = handler;
        batch->exchange = exchange;
        batch->facts = (struct answer_facts){.id = facts->id, .signer = facts->signer, .way = facts->way};
        go_on(batch);
        return;
    case CLOUD_EVENTS_BAD:
        refuse(handler, exchange, facts, ANSWER_BAD_REQUEST, wrong);
        break;
    case CLOUD_EVENTS_MANY:
        refuse(handler, exchange, facts, ANSWER_TOO_LARGE, wrong);
        break;
    }
    free(batch);
}
