#include "build.h"

#include "twilio/join.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event_struct.h>

#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid.h"
#include "twilio/breaker.h"
#include "twilio/identities.h"
#include "twilio/join_group.h"
#include "twilio/join_step.h"
#include "twilio/pager.h"
#include "twilio/reply.h"
#include "twilio/resources.h"

enum {
    SERVICES_LIMIT = 16,
    SERVICE_SEEN_MS = 10 * 60 * 1000,
    EVENT_OLD_MS = 60 * 1000, /* no conversation is unknown for so long for being new */
};

struct joins {
    const struct config *config;
    struct rest *rest;
    struct event_base *base;
    struct identities identities;
    /* Services that we could see lately: to ask that for every "not found" would double the calls. */
    struct {
        struct sid sid;
        int64_t until_ms;
    } services[SERVICES_LIMIT];
    unsigned services_next;
    struct breaker breaker;
    struct stats *stats;
    struct jitter jitter;
    TAILQ_HEAD(, join) under_way;
    size_t pending;
};

/* One join under way. */
struct join {
    TAILQ_ENTRY(join) entry;
    struct joins *joins;
    struct sid service, conversation;
    int64_t event_ms, deadline_us;
    struct join_machine machine;
    unsigned char order[IDENTITIES_LIMIT]; /* the number of the identity of each turn */
    enum resources_call call; /* of the exchange */
    unsigned turn;          /* ... and whom it is about */
    struct rest_exchange *exchange; /* NULL if there is none */
    bool asked;             /* there was one */
    struct event timer;
    uint32_t present; /* of the pages of participants read so far: who of ours is in */
    unsigned longest; /* ... and who of these for the longest time, namely since: */
    int64_t longest_since_ms;
    uint32_t at_numbers;     /* ... and who of these stands for a number */
    struct join_group group; /* of the same pages: whose number could be ours */
    struct join_outcome outcome;
    join_done_fn *done;
    void *argument;
};

static const struct identity *identity_of(const struct join *join, unsigned turn)
{
    return &join->joins->identities.all[join->order[turn]];
}

/* ---- What is remembered */

static bool is_service_seen(const struct joins *joins, const char *service)
{
    int64_t now = clock_monotonic_ms();
    unsigned i;

    for (i = 0; i < SERVICES_LIMIT; i++)
        if (joins->services[i].until_ms > now && strcmp(joins->services[i].sid.text, service) == 0)
            return true;
    return false;
}

static void note_service(struct joins *joins, const struct sid *service)
{
    joins->services[joins->services_next].sid = *service;
    joins->services[joins->services_next].until_ms = clock_monotonic_ms() + SERVICE_SEEN_MS;
    joins->services_next = (joins->services_next + 1) % SERVICES_LIMIT;
}

/* Whether it puts an identity in. */
static bool is_entering(enum resources_call call)
{
    return call == CALL_ADD || call == CALL_UPDATE;
}

static void remember(struct join *join, enum verdict verdict)
{
    struct joins *joins = join->joins;

    if (join->call == CALL_SERVICE && verdict == VERDICT_DONE)
        note_service(joins, &join->service);
    if (is_entering(join->call) && verdict == VERDICT_FULL)
        identities_note_full(&joins->identities, join->order[join->turn], clock_monotonic_ms());
    if (is_entering(join->call) && verdict == VERDICT_DONE && join->machine.count > 1)
        identities_note_free(&joins->identities, join->order[join->turn]);
}

/* ---- Requests */

static int64_t left_ms(const struct join *join)
{
    return (join->deadline_us - clock_monotonic_us()) / 1000;
}

static void on_answer(void *argument, const struct rest_result *result);

/* NULL if it is under way; otherwise what stands in the way. */
static const char *start_exchange(struct join *join, const struct join_action *action,
                                  const char *path)
{
    const struct identity *identity = identity_of(join, action->turn);
    struct rest_request request = {
        .method = resources_request(action->call)->method,
        .path = path,
        .timeout_ms = left_ms(join),
        .reply_limit = action->call == CALL_LIST ? PAGER_REPLY_LIMIT : REST_REPLY_LIMIT,
        .repeatable = action->call == CALL_ADD, /* 50433 says that he is one already */
    };

    if (is_entering(action->call))
        request.form = action->projected ? identity->projected_form : identity->form;
    if (!breaker_allows(&join->joins->breaker))
        return "Twilio does not answer (breaker open)";
    join->exchange = rest_start(join->joins->rest, &request, on_answer, join);
    if (!join->exchange) {
        join->outcome.no_memory = true;
        return "out of memory, or libcurl does not start";
    }
    join->asked = true;
    join->call = action->call;
    join->turn = action->turn;
    join->outcome.attempts += is_entering(action->call);
    return NULL;
}

/* Nothing is known of who takes part. */
static void forget_participants(struct join *join)
{
    join->present = join->at_numbers = 0;
    join_group_begin(&join->group, join->joins->config->projected_address);
}

/* `next` is the path of the list's next page. */
static const char *send_request(struct join *join, const struct join_action *action,
                                const char *next)
{
    char path[REST_PATH_LIMIT];
    const char *participant = identity_of(join, action->turn)->name;

    if (action->next_page)
        return start_exchange(join, action, next);
    if (action->call == CALL_LIST)
        forget_participants(join);
    else if (action->call == CALL_UPDATE)
        participant = join_group_participant(&join->group);
    if (!resources_request_path(path, sizeof path, action->call, join->service.text,
                                join->conversation.text, participant))
        return "out of memory";
    return start_exchange(join, action, path);
}

static const char *start_waiting(struct join *join, int64_t wait_ms)
{
    struct timeval delay = clock_delay(wait_ms);

    return event_add(&join->timer, &delay) == 0 ? NULL : "out of memory";
}

static void settle(struct join *join, const struct join_action *action)
{
    struct joins *joins = join->joins;
    struct join_outcome *outcome = &join->outcome;

    outcome->result = action->result;
    outcome->reason = action->reason;
    outcome->account_wide = action->account_wide;
    outcome->for_some = action->account_wide && join->call == CALL_LIST &&
                        verdict_is_permission(outcome->rest_status, outcome->rest_code);
    outcome->is_in = join->machine.is_in;
    if (outcome->attempts == 0 && join->asked)
        outcome->attempts = 1;
    TAILQ_REMOVE(&joins->under_way, join, entry);
    joins->pending--;
    event_del(&join->timer);
    join->done(join->argument, outcome);
    free(join);
}

/* Carries out what follows from an event, until something is to be waited for; the join may be over
 * when this returns. */
static void drive(struct join *join, enum join_event event, struct join_facts *facts,
                  const char *next)
{
    struct join_action action;

    facts->chance = jitter_next(&join->joins->jitter);
    facts->left_ms = left_ms(join);
    do {
        action = join_step(&join->machine, event, facts);
        facts->reason = NULL;
        if (action.act == JOIN_ACT_SETTLE) {
            settle(join, &action);
            return;
        }
        if (action.act == JOIN_ACT_SEND)
            facts->reason = send_request(join, &action, next);
        else if (action.act == JOIN_ACT_WAIT)
            facts->reason = start_waiting(join, action.wait_ms);
        event = JOIN_EVENT_UNSENT;
    } while (facts->reason);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct join_facts facts = {0};

    (void)descriptor;
    (void)what;
    drive(argument, JOIN_EVENT_TIME, &facts, NULL);
}

/* ---- Answers */

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

/* Counts an answer, and tells the breaker. */
static void count(struct join *join, const struct rest_result *result)
{
    struct breaker *breaker = &join->joins->breaker;

    stats_count(join->joins->stats, counter_of(result));
    stats_time(join->joins->stats, STATS_REST_TIME, result->elapsed_us);
    if (result->http_status != 0)
        breaker_answered(breaker);
    else if (result->status != REST_NO_MEMORY)
        breaker_failed(breaker, result->reason);
}

/* Keeps what the log line tells of an answer. */
static void note(struct join *join, const struct rest_result *result, enum verdict verdict, long code)
{
    struct join_outcome *outcome = &join->outcome;
    bool aside = verdict == VERDICT_DONE && (join->call == CALL_LIST || join->call == CALL_REMOVE);

    outcome->rest_us += result->elapsed_us;
    outcome->limited = result->http_status == 429;
    outcome->retry_after = result->retry_after_s > 0 ? (unsigned)result->retry_after_s : 0;
    outcome->attempts -= verdict == VERDICT_FULL;
    if (aside && outcome->rest_status != 0)
        return;
    outcome->rest_status = result->http_status;
    outcome->rest_code = code;
    memcpy(outcome->request_id, result->request_id, sizeof outcome->request_id);
}

/* Notes that one of ours is in. One whose date cannot be read counts as just come; of two that came in
 * the same second the first in the list is the longest in, for everybody who reads it. */
static void note_present(struct join *join, unsigned turn, const char *since)
{
    int64_t since_ms;

    if (!clock_parse(since, &since_ms))
        since_ms = INT64_MAX;
    if (join->present == 0 || since_ms < join->longest_since_ms) {
        join->longest = turn;
        join->longest_since_ms = since_ms;
    }
    join->present |= UINT32_C(1) << turn;
}

/* Called for each participant of a page. */
static void take_participant(void *argument, const json_t *participant)
{
    struct join *join = argument;
    const char *name = pager_item_text(participant, "identity");
    bool is_number = join_group_take(&join->group, participant);
    unsigned turn;

    for (turn = 0; turn < join->machine.count; turn++)
        if (strcmp(name, identity_of(join, turn)->name) == 0) {
            note_present(join, turn, pager_item_text(participant, "date_created"));
            join->at_numbers |= (uint32_t)is_number << turn;
        }
}

/* Reads a page of participants; `next` gets the path of the next one, empty if it was the last. */
static enum verdict read_page(struct join *join, const struct rest_result *result, char *next,
                              size_t size)
{
    switch (pager_read_page(result->body, result->body_length, RESOURCES_KEY_PARTICIPANTS,
                            join->joins->config->api_url, take_participant, join, next, size)) {
    case ASK_OK:
        return join->group.unreadable ? VERDICT_TRY_AGAIN : VERDICT_DONE;
    case ASK_NO_MEMORY:
        return VERDICT_LATER;
    default:
        return VERDICT_TRY_AGAIN;
    }
}

static bool is_old(const struct join *join)
{
    return join->event_ms > 0 && clock_wall_ms() - join->event_ms > EVENT_OLD_MS;
}

static void on_answer(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    char next[REST_PATH_LIMIT];
    struct join_facts facts = {.retry_after_s = result->retry_after_s};
    struct sid service;
    long code;

    next[0] = '\0';
    join->exchange = NULL;
    facts.verdict = verdict_judge(join->call, result, &code, &facts.reason);
    if (facts.verdict == VERDICT_DONE && join->call == CALL_SERVICE &&
        (!reply_sid(&service, result->body, result->body_length, "IS") ||
         strcmp(service.text, join->service.text) != 0))
        facts.verdict = VERDICT_NOT_FOUND;
    if (facts.verdict == VERDICT_DONE && join->call == CALL_LIST) {
        facts.verdict = read_page(join, result, next, sizeof next);
        facts.more = facts.verdict == VERDICT_DONE && *next;
        facts.present = join->present;
        facts.longest = join->longest;
        facts.at_numbers = join->at_numbers;
        facts.number = join_group_number(&join->group);
    }
    if (facts.verdict == VERDICT_NOT_FOUND || join->call == CALL_SERVICE) {
        facts.service_seen = is_service_seen(join->joins, join->service.text);
        facts.event_is_old = is_old(join);
    }
    if (facts.verdict == VERDICT_REFUSED)
        facts.account_wide = verdict_is_account_wide(result->http_status, code);
    count(join, result);
    note(join, result, facts.verdict, code);
    remember(join, facts.verdict);
    drive(join, JOIN_EVENT_ANSWER, &facts, next);
}

/* ---- Beginning and end */

/* What is known of nobody being in counts; a webhook that came a second time does not. */
static bool may_be_in(const char *event)
{
    return !event || (strcmp(event, "onConversationAdded") != 0 && strcmp(event, "reconcile") != 0);
}

static void prepare(struct join *join, const struct join_request *request)
{
    struct joins *joins = join->joins;
    struct join_machine *machine = &join->machine;

    memcpy(join->conversation.text, request->conversation_sid, SID_LENGTH + 1);
    if (request->service_sid)
        memcpy(join->service.text, request->service_sid, SID_LENGTH + 1);
    join->event_ms = request->event_ms;
    join->deadline_us = request->deadline_us;
    machine->count = joins->identities.count;
    machine->service_known = request->service_sid != NULL;
    machine->has_address = joins->config->projected_address != NULL;
    if (machine->count > 1) {
        identities_order(&joins->identities, join->conversation.text, join->order);
        machine->existed = may_be_in(request->event);
        machine->full = identities_full(&joins->identities, join->order, clock_monotonic_ms());
    }
    evtimer_assign(&join->timer, joins->base, on_timer, join);
}

void join_start(struct joins *joins, const struct join_request *request, join_done_fn *done,
                void *argument)
{
    struct join_outcome outcome = {.result = JOIN_RETRY_LATER};
    struct join_facts facts = {0};
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
    join->done = done;
    join->argument = argument;
    prepare(join, request);
    TAILQ_INSERT_TAIL(&joins->under_way, join, entry);
    joins->pending++;
    drive(join, JOIN_EVENT_BEGIN, &facts, NULL);
}

bool joins_idle(const struct joins *joins)
{
    return joins->pending == 0;
}

bool joins_put_off(const struct joins *joins)
{
    return joins->breaker.open;
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
    if (identities_init(&joins->identities, config))
        return joins;
    joins_free(joins);
    return NULL;
}

void joins_free(struct joins *joins)
{
    struct join *join;

    if (!joins)
        return;
    while ((join = TAILQ_FIRST(&joins->under_way))) {
        TAILQ_REMOVE(&joins->under_way, join, entry);
        event_del(&join->timer);
        if (join->exchange)
            rest_cancel(join->exchange);
        free(join);
    }
    identities_free(&joins->identities);
    free(joins);
}
