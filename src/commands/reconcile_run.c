#include "build.h"

#include "commands/reconcile_run.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/reconcile_failure.h"
#include "commands/reconcile_report.h"
#include "commands/reconcile_state.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid.h"
#include "support/sid_set.h"
#include "twilio/pager.h"
#include "twilio/resources.h"
#include "spool/spool_attempt.h"

enum {
    CONCURRENCY = 16,
    MISSING_LIMIT = 100,
    JOIN_DEADLINE_US = 15 * 1000 * 1000,
};

struct reconciler;

struct attempt {
    struct reconciler *reconciler; /* NULL: free */
    struct sid conversation;
};

struct missing {
    struct sid conversation;
    int64_t created_ms; /* clock_wall_ms(); 0 if the list does not say */
};

/* First the bot's own conversations become a set, then the active ones are gone through page by
 * page; the next page is asked for only when this one's missing ones are joined, so that memory
 * does not grow with the number of conversations (16 bytes for each of the bot's own apart). */
struct reconciler {
    struct command_context *context;
    const struct reconcile_options *options;
    struct reconcile_report report;
    struct pager pager;
    bool active;     /* the list that is read is the active ones' */
    bool counting;   /* it is read a first time, for a person who is to be told how many there are */
    size_t identity; /* whose list is read otherwise */
    struct sid_set *own;
    char first[REST_PATH_LIMIT]; /* page of the active ones */
    bool resumed; /* the page that is asked for comes from the state file */
    struct missing missing[MISSING_LIMIT];
    size_t missing_count, missing_next;
    struct attempt attempts[CONCURRENCY];
    size_t under_way;
    struct event *pace; /* the next join */
    struct jitter jitter;
    bool stopped;    /* it ended early */
    char why[ASK_MESSAGE_SIZE + 64];
    int status;
};

static const char *service_of(const struct reconciler *reconciler)
{
    const char *service = reconciler->context->config.chat_service_sid;

    return service ? service : "";
}

static void stop(struct reconciler *reconciler, int status, const char *why)
{
    reconciler->status = status;
    reconciler->stopped = true;
    snprintf(reconciler->why, sizeof reconciler->why, "%s", why);
    event_base_loopbreak(reconciler->context->base);
}

/* Of what is met when the list is read to be joined, not when it is counted. */
static void note(struct reconciler *reconciler, const char *text)
{
    if (!reconciler->counting)
        reconcile_report_note(&reconciler->report, text);
}

static void wake_in(struct reconciler *reconciler, int64_t milliseconds)
{
    struct timeval delay = clock_delay(milliseconds);

    if (event_add(reconciler->pace, &delay) != 0)
        stop(reconciler, EX_OSERR, "out of memory"); /* nothing else may ever wake us */
}

static void note_own(struct reconciler *reconciler, const char *sid, const char *state)
{
    /* One that cannot be read is asked for once more than needed, later. */
    if (sid && strcmp(state, "closed") != 0 && !sid_set_put(reconciler->own, sid, false))
        stop(reconciler, EX_OSERR, "out of memory");
}

/* Whether it is to be left alone; what cannot be told ends the run: a bot that was removed on purpose must not
 * come back because we may not look. */
static bool is_left_alone(struct reconciler *reconciler, const char *sid)
{
    struct spool *spool = reconciler->context->spool;

    if (reconciler->options->rejoin || !spool)
        return false;
    switch (spool_removed(spool, sid)) {
    case SPOOL_REMOVED_NO:
        return false;
    case SPOOL_REMOVED_YES:
        reconciler->report.left_alone++;
        return true;
    case SPOOL_REMOVED_UNKNOWN:
        break;
    }
    stop(reconciler, EX_IOERR, spool_describe(spool, SPOOL_FAILED));
    reconcile_report_note(&reconciler->report,
                         "whether the bot was removed on purpose cannot be read in AUTOJOIN_SPOOL_DIR: run this as "
                         "its owner, or with --rejoin");
    return true;
}

static void note_active(struct reconciler *reconciler, const char *sid, const char *created)
{
    struct missing *missing;

    reconciler->report.listed++;
    snprintf(reconciler->report.reached, sizeof reconciler->report.reached, "%.10s", created);
    if (!sid) {
        reconciler->report.failed++;
        note(reconciler, "Twilio's list names a conversation without a SID");
        return;
    }
    if (sid_set_look(reconciler->own, sid) != SID_SET_ABSENT)
        return;
    if (reconciler->stopped || is_left_alone(reconciler, sid))
        return;
    reconciler->report.missing++;
    if (reconciler->missing_count == MISSING_LIMIT) { /* a longer page than was asked for */
        reconciler->report.failed++;
        note(reconciler, "Twilio's page is too long: run this again for what is left of it");
        return;
    }
    missing = &reconciler->missing[reconciler->missing_count++];
    sid_copy(&missing->conversation, sid, strlen(sid), "CH");
    if (!clock_parse(created, &missing->created_ms))
        missing->created_ms = 0;
}

/* The lists of the bot's own are at their end: now the active ones, from where we were. */
static void start_active(struct reconciler *reconciler)
{
    struct pager *pager = &reconciler->pager;

    reconciler->active = true;
    resources_active(reconciler->first, sizeof reconciler->first, service_of(reconciler),
                     reconciler->options->since);
    pager_start(pager, RESOURCES_KEY_CONVERSATIONS, reconciler->first);
    if (reconciler->options->state_path &&
        reconcile_state_read(reconciler->options->state_path, reconciler->first, pager->path,
                            sizeof pager->path)) {
        note(reconciler, "going on where the last run ended");
        reconciler->resumed = true;
    }
    pager_ask(pager);
}

/* Each of the bot's identities has a list of its own. */
static void start_own(struct reconciler *reconciler)
{
    const struct config *config = &reconciler->context->config;
    char path[REST_PATH_LIMIT];

    if (!resources_conversations_of(path, sizeof path, service_of(reconciler),
                                    config_identity(config, reconciler->identity))) {
        stop(reconciler, EX_OSERR, "out of memory");
        return;
    }
    pager_start(&reconciler->pager, RESOURCES_KEY_CONVERSATIONS, path);
    pager_ask(&reconciler->pager);
}

static void start_next_list(struct reconciler *reconciler)
{
    if (++reconciler->identity == config_identity_count(&reconciler->context->config))
        start_active(reconciler);
    else
        start_own(reconciler);
}

/* What could not be joined now is the drainer's; a ticket of what could be is not needed any more. */
static void end_attempt(struct reconciler *reconciler, const struct sid *conversation,
                 const struct join_outcome *outcome)
{
    struct spool *spool = reconciler->context->spool;
    struct spool_attempt attempt = {.origin = SPOOL_ATTEMPT_EVENT,
                                    .give_up_ms = reconciler->context->config.spool_give_up_ms,
                                    .jitter = &reconciler->jitter};
    struct ticket ticket;

    if (!spool)
        return;
    ticket_begin(&ticket, conversation->text, service_of(reconciler), "reconcile");
    if (spool_attempt_end(spool, &attempt, &ticket, outcome) != SPOOL_ATTEMPT_UNKNOWN)
        return;
    reconcile_report_note(&reconciler->report, "no ticket can be written: what was not joined stays so until "
                                              "the next run");
    reconcile_report_note(&reconciler->report, spool_describe(spool, attempt.status));
}

/* Who is asked to wait for a moment waits with all joins; for longer than that, stops. */
static void heed_wait(struct reconciler *reconciler, unsigned seconds)
{
    char why[64];

    snprintf(why, sizeof why, "Twilio asks to wait %u s", seconds);
    if (seconds > PAGER_WAIT_LIMIT_S)
        stop(reconciler, COMMAND_LEFT, why);
    else
        wake_in(reconciler, (int64_t)seconds * 1000);
}

static void on_joined(void *argument, const struct join_outcome *outcome)
{
    struct attempt *attempt = argument;
    struct reconciler *reconciler = attempt->reconciler;

    reconciler->under_way--;
    reconciler->report.rest_calls += outcome->attempts;
    reconcile_report_outcome(&reconciler->report, attempt->conversation.text, outcome);
    end_attempt(reconciler, &attempt->conversation, outcome);
    attempt->reconciler = NULL;
    if (outcome->account_wide && !outcome->for_some)
        stop(reconciler, COMMAND_LEFT, outcome->reason);
    else if (joins_put_off(reconciler->context->joins))
        stop(reconciler, EX_UNAVAILABLE, "Twilio does not answer");
    else if (outcome->result == JOIN_RETRY_LATER && outcome->retry_after > 0)
        heed_wait(reconciler, outcome->retry_after);
    else if (!event_pending(reconciler->pace, EV_TIMEOUT, NULL))
        wake_in(reconciler, 0);
}

/* From now on: a drainer must not strike the ticket of a failed one out for the mark. */
static void clear_removed(struct reconciler *reconciler, const char *conversation)
{
    struct spool *spool = reconciler->context->spool;
    enum spool_status status = spool_clear_removed(spool, conversation);
    char text[256];

    if (status == SPOOL_OK || status == SPOOL_ABSENT)
        return;
    snprintf(text, sizeof text, "%s: its mark in left/ cannot be taken back, and keeps it from being joined again: %s",
             conversation, spool_describe(spool, status));
    reconcile_report_note(&reconciler->report, text);
}

static void start_join(struct reconciler *reconciler, const struct missing *missing)
{
    struct attempt *attempt = reconciler->attempts;
    struct join_request request = {
        .service_sid = reconciler->context->config.chat_service_sid,
        .event = "reconcile",
        .event_ms = missing->created_ms,
        .deadline_us = clock_monotonic_us() + JOIN_DEADLINE_US,
    };

    if (reconciler->options->rejoin && reconciler->context->spool)
        clear_removed(reconciler, missing->conversation.text);
    while (attempt->reconciler) /* one is free: no more than CONCURRENCY are under way */
        attempt++;
    *attempt = (struct attempt){reconciler, missing->conversation};
    request.conversation_sid = attempt->conversation.text;
    reconciler->under_way++;
    join_start(reconciler->context->joins, &request, on_joined, attempt);
}

static void turn_page(struct reconciler *reconciler)
{
    struct pager *pager = &reconciler->pager;
    /* Who only looks leaves everything as it is: what it looked at is still to be joined. */
    bool looks = reconciler->options->dry_run || reconciler->counting;
    const char *state_path = looks ? NULL : reconciler->options->state_path;

    reconciler->missing_count = reconciler->missing_next = 0;
    if (pager_turn(pager)) {
        if (state_path && reconciler->active &&
            !reconcile_state_write(state_path, reconciler->first, pager->path))
            reconcile_report_note(&reconciler->report, "the state file cannot be written");
        pager_ask(pager);
    } else if (!reconciler->active) {
        start_next_list(reconciler);
    } else {
        if (state_path)
            remove(state_path);
        reconciler->report.whole = true;
        event_base_loopbreak(reconciler->context->base);
    }
}

/* Whether as many are joined as --limit allows, or will be if all goes well that is under way. */
static bool is_enough(const struct reconciler *reconciler)
{
    const struct reconcile_report *report = &reconciler->report;
    uint64_t limit = reconciler->options->limit;

    if (reconciler->counting)
        return limit > 0 && report->missing >= limit;
    return limit > 0 && (reconciler->options->dry_run ? report->tried : report->joined + reconciler->under_way) >= limit;
}

/* Joins one missing conversation at a time, at the rate that was asked for. A page whose entries could not all
 * be judged is not done with. */
static void go_on(struct reconciler *reconciler)
{
    const struct missing *missing;

    if (reconciler->stopped)
        return;
    reconcile_report_progress(&reconciler->report);
    if (reconciler->counting) {
        reconciler->missing_next = reconciler->missing_count;
        if (is_enough(reconciler)) {
            event_base_loopbreak(reconciler->context->base);
            return;
        }
    }
    while (reconciler->missing_next < reconciler->missing_count) {
        if (is_enough(reconciler)) {
            if (reconciler->under_way == 0)
                stop(reconciler, COMMAND_LEFT, "--limit reached");
            return;
        }
        if (reconciler->under_way == CONCURRENCY)
            return;
        missing = &reconciler->missing[reconciler->missing_next++];
        reconciler->report.tried++;
        if (reconciler->options->dry_run) {
            reconcile_report_missing(&reconciler->report, missing->conversation.text);
            continue;
        }
        start_join(reconciler, missing);
        wake_in(reconciler, 1000 / (int64_t)reconciler->options->rate);
        return;
    }
    if (reconciler->under_way == 0)
        turn_page(reconciler);
}

static void on_pace(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    go_on(argument);
}

/* The list was asked for by an identity. One that is somebody else's all the same does not have the bot in it,
 * whoever that is: in a group text even the account's number is a participant. */
static bool is_of_bot(const struct reconciler *reconciler, const json_t *item)
{
    const char *identity = pager_item_text(item, "participant_identity");

    return *identity == '\0' ||
           strcmp(identity, config_identity(&reconciler->context->config, reconciler->identity)) == 0;
}

static void on_found(void *argument, const json_t *item)
{
    struct reconciler *reconciler = argument;

    if (reconciler->active)
        note_active(reconciler, pager_item_sid(item, "sid", "CH"), pager_item_text(item, "date_created"));
    else if (is_of_bot(reconciler, item))
        note_own(reconciler, pager_item_sid(item, "conversation_sid", "CH"),
                 pager_item_text(item, "conversation_state"));
}

/* After the last one of a page. */
static void on_page(void *argument)
{
    struct reconciler *reconciler = argument;

    reconciler->resumed = false;
    go_on(reconciler);
}

static void stop_for(struct reconciler *reconciler, const struct ask_answer *failure)
{
    char why[sizeof reconciler->why];
    int status = reconcile_failure_judge(failure, why, sizeof why);

    stop(reconciler, status, why);
}

static void on_failed(void *argument, const struct ask_answer *failure)
{
    struct reconciler *reconciler = argument;
    struct pager *pager = &reconciler->pager;

    if (!reconciler->resumed || !reconcile_failure_is_no_page(failure->status)) {
        stop_for(reconciler, failure);
        return;
    }
    note(reconciler, "where the last run ended cannot be listed any more: from the beginning");
    reconciler->resumed = false;
    pager_start(pager, RESOURCES_KEY_CONVERSATIONS, reconciler->first);
    pager_ask(pager);
}

static bool start(struct reconciler *reconciler)
{
    const struct pager_reader reader = {reconciler, on_found, on_page, on_failed};
    struct command_context *context = reconciler->context;

    reconciler->own = sid_set_new(0);
    reconciler->pace = evtimer_new(context->base, on_pace, reconciler);
    if (!pager_open(&reconciler->pager, &context->asker, &reader) ||
        !reconciler->own || !reconciler->pace || !command_context_end_on_signals(context))
        return false;
    start_own(reconciler);
    return true;
}

/* How many there are is known. False if they are not to be joined. */
static bool ask_to_go_on(struct reconciler *reconciler)
{
    const struct reconcile_options *options = reconciler->options;
    struct reconcile_report *report = &reconciler->report;
    uint64_t total = report->missing;

    if (options->limit > 0 && total > options->limit)
        total = options->limit;
    reconcile_report_found(report, total);
    return total == 0 || !options->ask || command_context_ask(reconciler->context, "Join them?");
}

static void run_loop(struct reconciler *reconciler)
{
    if (!reconciler->stopped) /* a loop that does not run yet cannot be broken */
        event_base_dispatch(reconciler->context->base);
    if (reconciler->context->signalled)
        stop(reconciler, COMMAND_LEFT, "interrupted");
}

/* False if nobody is to be told more. */
static bool work(struct reconciler *reconciler)
{
    run_loop(reconciler);
    if (reconciler->stopped || !reconciler->counting)
        return true;
    if (!ask_to_go_on(reconciler)) {
        reconciler->status = COMMAND_LEFT;
        return false;
    }
    reconcile_report_begin_joining(&reconciler->report);
    reconciler->counting = false;
    reconciler->missing_count = reconciler->missing_next = 0;
    start_active(reconciler);
    run_loop(reconciler);
    return true;
}

static int status_of(const struct reconciler *reconciler)
{
    const struct reconcile_report *report = &reconciler->report;

    if (reconciler->status >= 0)
        return reconciler->status;
    return report->failed > 0 || (reconciler->options->dry_run && report->missing > 0) ? COMMAND_LEFT : COMMAND_OK;
}

int reconcile_run(struct command_context *context, const struct reconcile_options *options)
{
    struct reconciler reconciler = {
        .context = context,
        .options = options,
        .report = {.json = options->json, .dry_run = options->dry_run, .verbose = options->verbose},
        .counting = options->count_first && !options->dry_run,
        .status = -1,
    };

    jitter_init(&reconciler.jitter);
    if (!start(&reconciler)) {
        fputs("twilio-autojoin: out of memory\n", stderr);
        reconciler.status = EX_OSERR;
    } else if (work(&reconciler)) {
        reconciler.report.rest_calls += reconciler.pager.calls;
        reconcile_report_summary(&reconciler.report, reconciler.stopped ? reconciler.why : NULL);
    }
    joins_free(context->joins); /* joins under way hold what is ours */
    context->joins = NULL;
    pager_close(&reconciler.pager);
    if (reconciler.pace)
        event_free(reconciler.pace);
    sid_set_free(reconciler.own);
    return status_of(&reconciler);
}
