#include "build.h"

#include "commands/reconciler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/reconcilereport.h"
#include "commands/reconcilestate.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid.h"
#include "support/sidset.h"
#include "twilio/conversation.h"
#include "twilio/schedule.h"

enum {
    CONCURRENCY = 16,
    MISSING_LIMIT = 100,
    PAGE_TIMEOUT_MS = 30 * 1000,
    PAGE_TRIES = 6,
    PAGE_BACKOFF_MS = 500,
    JOIN_DEADLINE_US = 15 * 1000 * 1000,
};

/* First the bot's own conversations become a set, then the active ones are gone through page by
 * page; the next page is asked for only when this one's missing ones are joined, so that memory
 * does not grow with the number of conversations (16 bytes for each of the bot's own apart). */
struct reconciler {
    struct workplace *workplace;
    const struct reconciler_options *options;
    struct reconcilereport report;
    enum conversation_list list;
    size_t identity; /* whose list is read */
    struct sidset *own;
    char first[REST_PATH_LIMIT]; /* page of the active ones */
    char page[REST_PATH_LIMIT];  /* the one that is being read */
    char next[REST_PATH_LIMIT];
    unsigned tries;
    struct sid missing[MISSING_LIMIT];
    size_t missing_count, missing_next;
    size_t under_way;
    struct event *pace; /* the next join or the next try of a page */
    struct jitter jitter;
    const char *stopped; /* why it ended early */
    int status;
};

struct joining {
    struct reconciler *reconciler;
    struct sid conversation;
};

static void ask_page(struct reconciler *reconciler);
static void go_on(struct reconciler *reconciler);

static const char *service_of(const struct reconciler *reconciler)
{
    const char *service = reconciler->workplace->config.chat_service_sid;

    return service ? service : "";
}

static void wake_in(struct reconciler *reconciler, int64_t milliseconds)
{
    struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

    event_add(reconciler->pace, &delay);
}

static void stop(struct reconciler *reconciler, int status, const char *why)
{
    reconciler->status = status;
    reconciler->stopped = why;
    event_base_loopbreak(reconciler->workplace->base);
}

static void found_own(void *argument, const char *sid, const char *state)
{
    struct reconciler *reconciler = argument;

    if (strcmp(state, "closed") != 0 && !sidset_put(reconciler->own, sid, false))
        stop(reconciler, EX_OSERR, "out of memory");
}

static bool is_left(const struct reconciler *reconciler, const char *sid)
{
    struct spool *spool = reconciler->workplace->spool;

    return !reconciler->options->rejoin && spool && spool_is_left(spool, sid);
}

static void found_active(void *argument, const char *sid, const char *state)
{
    struct reconciler *reconciler = argument;

    (void)state;
    reconciler->report.listed++;
    if (sidset_look(reconciler->own, sid) != SIDSET_ABSENT ||
        reconciler->missing_count == MISSING_LIMIT)
        return;
    if (is_left(reconciler, sid)) {
        reconciler->report.left_alone++;
        return;
    }
    reconciler->report.missing++;
    sid_copy(&reconciler->missing[reconciler->missing_count++], sid, strlen(sid), "CH");
}

/* False if that stopped us: the page would still be the last list's. */
static bool start_list(struct reconciler *reconciler, enum conversation_list list)
{
    reconciler->list = list;
    if (list == CONVERSATION_LIST_ACTIVE)
        reconciler->identity = 0;
    if (conversation_first_page(reconciler->page, sizeof reconciler->page, list,
                                service_of(reconciler), reconciler->options->since,
                                config_identity(&reconciler->workplace->config,
                                                reconciler->identity)))
        return true;
    stop(reconciler, EX_OSERR, "out of memory");
    return false;
}

/* The list of the bot's own is at its end: now the active ones, from where we were. */
static void start_active(struct reconciler *reconciler)
{
    if (!start_list(reconciler, CONVERSATION_LIST_ACTIVE))
        return;
    memcpy(reconciler->first, reconciler->page, sizeof reconciler->first);
    if (reconciler->options->state_path &&
        reconcilestate_read(reconciler->options->state_path, reconciler->first, reconciler->page,
                            sizeof reconciler->page))
        reconcilereport_note(&reconciler->report, "going on where the last run ended");
    ask_page(reconciler);
}

/* Each of the bot's identities has a list of its own. */
static void start_next_list(struct reconciler *reconciler)
{
    if (++reconciler->identity == config_identity_count(&reconciler->workplace->config)) {
        start_active(reconciler);
        return;
    }
    if (start_list(reconciler, CONVERSATION_LIST_OF_IDENTITY))
        ask_page(reconciler);
}

/* Try a page again, later and later, as long as it may help. */
static void retry_page(struct reconciler *reconciler, const struct rest_result *result)
{
    int64_t wait = (int64_t)PAGE_BACKOFF_MS << reconciler->tries;

    if (++reconciler->tries >= PAGE_TRIES) {
        stop(reconciler, EX_UNAVAILABLE,
             result->reason ? result->reason : "Twilio keeps failing to list");
        return;
    }
    wait = wait / 2 + jitter_below(&reconciler->jitter, wait);
    if (result->retry_after_s * 1000 > wait)
        wait = result->retry_after_s * 1000;
    wake_in(reconciler, wait);
}

static bool page_failed(struct reconciler *reconciler, const struct rest_result *result)
{
    if (result->status == REST_OK && result->http_status == 200)
        return false;
    if (result->status != REST_OK || result->http_status == 429 || result->http_status >= 500)
        retry_page(reconciler, result);
    else if (result->http_status == 401 || result->http_status == 403)
        stop(reconciler, EX_NOPERM, "the REST credentials are refused");
    else if (result->http_status == 404)
        stop(reconciler, EX_CONFIG, "no such service: check TWILIO_CHAT_SERVICE_SID");
    else
        stop(reconciler, EX_UNAVAILABLE, "Twilio refuses the list");
    return true;
}

static void on_page(void *argument, const struct rest_result *result)
{
    struct reconciler *reconciler = argument;
    bool own = reconciler->list == CONVERSATION_LIST_OF_IDENTITY;

    reconciler->report.rest_calls++;
    if (page_failed(reconciler, result))
        return;
    reconciler->tries = 0;
    reconciler->missing_count = reconciler->missing_next = 0;
    switch (conversation_read_page(reconciler->list, result->body, result->body_length,
                                   reconciler->workplace->config.api_url,
                                   own ? found_own : found_active, reconciler, reconciler->next,
                                   sizeof reconciler->next)) {
    case PAGE_OK:
        go_on(reconciler);
        break;
    case PAGE_BAD:
        stop(reconciler, EX_PROTOCOL, "what came is no list of conversations");
        break;
    case PAGE_FOREIGN:
        stop(reconciler, EX_PROTOCOL,
             "next_page_url leads to another host: credentials are not sent there");
        break;
    }
}

static void ask_page(struct reconciler *reconciler)
{
    struct rest_order order = {
        .method = REST_GET,
        .path = reconciler->page,
        .timeout_ms = PAGE_TIMEOUT_MS,
        .reply_limit = REST_LIST_LIMIT,
    };

    if (!rest_start(reconciler->workplace->rest, &order, on_page, reconciler))
        stop(reconciler, EX_OSERR, "out of memory");
}

/* What could not be joined now is the drainer's. */
static void keep(struct reconciler *reconciler, const struct sid *conversation,
                 const struct participant_outcome *outcome)
{
    struct spool *spool = reconciler->workplace->spool;
    struct ticket ticket;

    if (!spool)
        return;
    ticket_begin(&ticket, conversation->text, service_of(reconciler), "reconcile");
    schedule_next(&ticket, outcome, &reconciler->jitter);
    spool_add(spool, &ticket);
}

static void on_joined(void *argument, const struct participant_outcome *outcome)
{
    struct joining *joining = argument;
    struct reconciler *reconciler = joining->reconciler;

    reconciler->under_way--;
    reconciler->report.rest_calls += outcome->attempts;
    reconcilereport_outcome(&reconciler->report, joining->conversation.text, outcome);
    if (!schedule_is_settled(outcome->verdict))
        keep(reconciler, &joining->conversation, outcome);
    free(joining);
    if (outcome->account_wide)
        stop(reconciler, COMMAND_LEFT, outcome->reason);
    else if (participants_put_off(reconciler->workplace->participants))
        stop(reconciler, EX_UNAVAILABLE, "Twilio does not answer");
    else if (!event_pending(reconciler->pace, EV_TIMEOUT, NULL))
        wake_in(reconciler, 0);
}

static void start_join(struct reconciler *reconciler, const struct sid *conversation)
{
    const char *service = reconciler->workplace->config.chat_service_sid;
    struct joining *joining = malloc(sizeof *joining);
    struct participant_order order = {
        .conversation_sid = conversation->text,
        .service_sid = service,
        .deadline_us = clock_monotonic_us() + JOIN_DEADLINE_US,
    };

    if (!joining) {
        stop(reconciler, EX_OSERR, "out of memory");
        return;
    }
    *joining = (struct joining){reconciler, *conversation};
    reconciler->under_way++;
    participant_join(reconciler->workplace->participants, &order, on_joined, joining);
}

static void turn_page(struct reconciler *reconciler)
{
    if (reconciler->next[0] == '\0' && reconciler->list == CONVERSATION_LIST_OF_IDENTITY) {
        start_next_list(reconciler);
    } else if (reconciler->next[0] == '\0') {
        if (reconciler->options->state_path)
            remove(reconciler->options->state_path);
        event_base_loopbreak(reconciler->workplace->base);
    } else {
        memcpy(reconciler->page, reconciler->next, sizeof reconciler->page);
        if (reconciler->options->state_path && reconciler->list == CONVERSATION_LIST_ACTIVE &&
            !reconcilestate_write(reconciler->options->state_path, reconciler->first,
                                  reconciler->page))
            reconcilereport_note(&reconciler->report, "the state file cannot be written");
        ask_page(reconciler);
    }
}

/* Joins one missing conversation at a time, at the rate that was asked for. */
static void go_on(struct reconciler *reconciler)
{
    const struct sid *conversation;
    uint64_t limit = reconciler->options->limit;

    reconcilereport_progress(&reconciler->report);
    while (reconciler->missing_next < reconciler->missing_count) {
        if (limit > 0 && reconciler->report.tried == limit) {
            if (reconciler->under_way == 0)
                stop(reconciler, COMMAND_LEFT, "--limit reached");
            return;
        }
        if (reconciler->under_way == CONCURRENCY)
            return;
        conversation = &reconciler->missing[reconciler->missing_next++];
        reconciler->report.tried++;
        if (reconciler->options->dry_run) {
            reconcilereport_missing(&reconciler->report, conversation->text);
            continue;
        }
        start_join(reconciler, conversation);
        wake_in(reconciler, 1000 / (int64_t)reconciler->options->rate);
        return;
    }
    if (reconciler->under_way == 0)
        turn_page(reconciler);
}

static void on_pace(evutil_socket_t descriptor, short what, void *argument)
{
    struct reconciler *reconciler = argument;

    (void)descriptor;
    (void)what;
    if (reconciler->tries > 0)
        ask_page(reconciler);
    else
        go_on(reconciler);
}

static bool start(struct reconciler *reconciler)
{
    reconciler->own = sidset_new(0);
    reconciler->pace = evtimer_new(reconciler->workplace->base, on_pace, reconciler);
    if (!reconciler->own || !reconciler->pace || !workplace_end_on_signals(reconciler->workplace))
        return false;
    /* Since a date there are few: asking Twilio to add a participant that it has costs less than
     * listing all of the bot's own. */
    if (reconciler->options->since)
        start_active(reconciler);
    else if (start_list(reconciler, CONVERSATION_LIST_OF_IDENTITY))
        ask_page(reconciler);
    return true;
}

int reconciler_run(struct workplace *workplace, const struct reconciler_options *options)
{
    struct reconciler reconciler = {
        .workplace = workplace,
        .options = options,
        .report = {.json = options->json, .dry_run = options->dry_run},
        .status = -1,
    };

    jitter_init(&reconciler.jitter);
    if (!start(&reconciler)) {
        fputs("twilio-autojoin: out of memory\n", stderr);
        reconciler.status = EX_OSERR;
    } else {
        if (!reconciler.stopped) /* a loop that does not run yet cannot be broken */
            event_base_dispatch(workplace->base);
        if (workplace->signalled)
            stop(&reconciler, COMMAND_LEFT, "interrupted");
        reconcilereport_summary(&reconciler.report, reconciler.stopped);
    }
    if (reconciler.status < 0)
        reconciler.status = reconciler.report.failed > 0 ||
                                    (options->dry_run && reconciler.report.missing > 0)
                                ? COMMAND_LEFT
                                : COMMAND_OK;
    if (reconciler.pace)
        event_free(reconciler.pace);
    sidset_free(reconciler.own);
    return reconciler.status;
}
