#include "build.h"

#include "commands/reconciler.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/listing.h"
#include "commands/reconcilereport.h"
#include "commands/reconcilestate.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid.h"
#include "support/sidset.h"
#include "twilio/conversation.h"
#include "spool/ticket_schedule.h"

enum {
    CONCURRENCY = 16,
    MISSING_LIMIT = 100,
    JOIN_DEADLINE_US = 15 * 1000 * 1000,
};

struct reconciler;

struct joining {
    struct reconciler *reconciler; /* NULL: free */
    struct sid conversation;
};

/* First the bot's own conversations become a set, then the active ones are gone through page by
 * page; the next page is asked for only when this one's missing ones are joined, so that memory
 * does not grow with the number of conversations (16 bytes for each of the bot's own apart). */
struct reconciler {
    struct workplace *workplace;
    const struct reconciler_options *options;
    struct reconcilereport report;
    struct listing listing;
    size_t identity; /* whose list is read */
    struct sidset *own;
    char first[REST_PATH_LIMIT]; /* page of the active ones */
    bool resumed; /* the page that is asked for comes from the state file */
    struct sid missing[MISSING_LIMIT];
    size_t missing_count, missing_next;
    struct joining joining[CONCURRENCY];
    size_t under_way;
    struct event *pace; /* the next join */
    struct jitter jitter;
    const char *stopped; /* why it ended early */
    int status;
};

static const char *service_of(const struct reconciler *reconciler)
{
    const char *service = reconciler->workplace->config.chat_service_sid;

    return service ? service : "";
}

static void stop(struct reconciler *reconciler, int status, const char *why)
{
    reconciler->status = status;
    reconciler->stopped = why;
    event_base_loopbreak(reconciler->workplace->base);
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
    if (sid && strcmp(state, "closed") != 0 && !sidset_put(reconciler->own, sid, false))
        stop(reconciler, EX_OSERR, "out of memory");
}

static bool is_left(const struct reconciler *reconciler, const char *sid)
{
    struct spool *spool = reconciler->workplace->spool;

    return !reconciler->options->rejoin && spool && spool_is_left(spool, sid);
}

static void note_active(struct reconciler *reconciler, const char *sid)
{
    reconciler->report.listed++;
    if (!sid) {
        reconciler->report.failed++;
        reconcilereport_note(&reconciler->report, "Twilio's list names a conversation without a SID");
        return;
    }
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

/* The lists of the bot's own are at their end: now the active ones, from where we were. */
static void start_active(struct reconciler *reconciler)
{
    struct listing *listing = &reconciler->listing;

    if (!listing_start(listing, CONVERSATION_LIST_ACTIVE, reconciler->options->since, ""))
        return;
    memcpy(reconciler->first, listing->page, sizeof reconciler->first);
    if (reconciler->options->state_path &&
        reconcilestate_read(reconciler->options->state_path, reconciler->first, listing->page,
                            sizeof listing->page)) {
        reconcilereport_note(&reconciler->report, "going on where the last run ended");
        reconciler->resumed = true;
    }
    listing_ask(listing);
}

/* Each of the bot's identities has a list of its own. */
static void start_own(struct reconciler *reconciler)
{
    const struct config *config = &reconciler->workplace->config;

    if (listing_start(&reconciler->listing, CONVERSATION_LIST_OF_IDENTITY, NULL,
                      config_identity(config, reconciler->identity)))
        listing_ask(&reconciler->listing);
}

static void start_next_list(struct reconciler *reconciler)
{
    if (++reconciler->identity == config_identity_count(&reconciler->workplace->config))
        start_active(reconciler);
    else
        start_own(reconciler);
}

/* What could not be joined now is the drainer's. */
static void keep(struct reconciler *reconciler, const struct sid *conversation,
                 const struct join_outcome *outcome)
{
    struct spool *spool = reconciler->workplace->spool;
    struct ticket ticket;

    if (!spool)
        return;
    ticket_begin(&ticket, conversation->text, service_of(reconciler), "reconcile");
    ticket_schedule_next(&ticket, outcome, &reconciler->jitter);
    spool_add(spool, &ticket);
}

static void on_joined(void *argument, const struct join_outcome *outcome)
{
    struct joining *joining = argument;
    struct reconciler *reconciler = joining->reconciler;

    reconciler->under_way--;
    reconciler->report.rest_calls += outcome->attempts;
    reconcilereport_outcome(&reconciler->report, joining->conversation.text, outcome);
    if (!ticket_schedule_is_settled(outcome->result))
        keep(reconciler, &joining->conversation, outcome);
    joining->reconciler = NULL;
    if (outcome->account_wide)
        stop(reconciler, COMMAND_LEFT, outcome->reason);
    else if (joins_put_off(reconciler->workplace->joins))
        stop(reconciler, EX_UNAVAILABLE, "Twilio does not answer");
    else if (!event_pending(reconciler->pace, EV_TIMEOUT, NULL))
        wake_in(reconciler, 0);
}

static void start_join(struct reconciler *reconciler, const struct sid *conversation)
{
    struct joining *joining = reconciler->joining;
    struct join_request request = {
        .service_sid = reconciler->workplace->config.chat_service_sid,
        .event = "reconcile",
        .deadline_us = clock_monotonic_us() + JOIN_DEADLINE_US,
    };

    /* From now on: a drainer must not strike the ticket of a failed one out for the mark. */
    if (reconciler->options->rejoin && reconciler->workplace->spool)
        spool_clear_left(reconciler->workplace->spool, conversation->text);
    while (joining->reconciler) /* one is free: no more than CONCURRENCY are under way */
        joining++;
    *joining = (struct joining){reconciler, *conversation};
    request.conversation_sid = joining->conversation.text;
    reconciler->under_way++;
    join_start(reconciler->workplace->joins, &request, on_joined, joining);
}

static void turn_page(struct reconciler *reconciler)
{
    struct listing *listing = &reconciler->listing;
    /* A dry run leaves everything as it is: what it only looked at is still to be joined. */
    const char *state_path = reconciler->options->dry_run ? NULL : reconciler->options->state_path;

    reconciler->missing_count = reconciler->missing_next = 0;
    if (listing_turn(listing)) {
        if (state_path && listing->list == CONVERSATION_LIST_ACTIVE &&
            !reconcilestate_write(state_path, reconciler->first, listing->page))
            reconcilereport_note(&reconciler->report, "the state file cannot be written");
        listing_ask(listing);
    } else if (listing->list == CONVERSATION_LIST_OF_IDENTITY) {
        start_next_list(reconciler);
    } else {
        if (state_path)
            remove(state_path);
        event_base_loopbreak(reconciler->workplace->base);
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
    (void)descriptor;
    (void)what;
    go_on(argument);
}

static void on_found(void *argument, const char *sid, const char *state)
{
    struct reconciler *reconciler = argument;

    if (reconciler->listing.list == CONVERSATION_LIST_OF_IDENTITY)
        note_own(reconciler, sid, state);
    else
        note_active(reconciler, sid);
}

/* After the last one of a page. */
static void on_page(void *argument)
{
    struct reconciler *reconciler = argument;

    reconciler->resumed = false;
    go_on(reconciler);
}

static void on_failed(void *argument, int status, const char *why)
{
    struct reconciler *reconciler = argument;
    struct listing *listing = &reconciler->listing;

    /* Twilio need not know a page of another day any more. */
    if (!reconciler->resumed || !listing->refused) {
        stop(reconciler, status, why);
        return;
    }
    reconcilereport_note(&reconciler->report, "where the last run ended cannot be listed any more: from the beginning");
    reconciler->resumed = false;
    memcpy(listing->page, reconciler->first, sizeof listing->page);
    listing->tries = 0;
    listing_ask(listing);
}

static bool start(struct reconciler *reconciler)
{
    const struct listing_reader reader = {reconciler, on_found, on_page, on_failed};
    struct workplace *workplace = reconciler->workplace;

    reconciler->own = sidset_new(0);
    reconciler->pace = evtimer_new(workplace->base, on_pace, reconciler);
    if (!listing_open(&reconciler->listing, workplace, &reader, &reconciler->report.rest_calls) ||
        !reconciler->own || !reconciler->pace || !workplace_end_on_signals(workplace))
        return false;
    /* Since a date there are few: asking Twilio to add a participant that it has costs less than
     * listing all of the bot's own. */
    if (reconciler->options->since)
        start_active(reconciler);
    else
        start_own(reconciler);
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
    joins_free(workplace->joins); /* joins under way hold what is ours */
    workplace->joins = NULL;
    listing_close(&reconciler.listing);
    if (reconciler.pace)
        event_free(reconciler.pace);
    sidset_free(reconciler.own);
    return reconciler.status;
}
