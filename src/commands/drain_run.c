#include "build.h"

#include "commands/drain_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/drain_look.h"
#include "commands/drain_pace.h"
#include "commands/drain_report.h"
#include "commands/drain_waiting.h"
#include "commands/drain_watch.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid_set.h"
#include "spool/spool_attempt.h"
#include "spool/spool_limit.h"

enum {
    DEADLINE_US = 15 * 1000 * 1000, /* nobody waits for a drainer as Twilio does for a webhook */
    PUT_BACK_MS = 200,              /* a ticket that could not even be tried */
    UNFINISHED_MS = 250,            /* one that somebody is just writing */
    SLICE_US = 5 * 1000,            /* then the loop has its turn */
};

struct job {
    TAILQ_ENTRY(job) entry;
    struct drainer *drainer;
    struct ticket ticket;
};

struct drainer {
    struct command_context *context;
    const struct drain_options *options;
    struct drain_report report;
    struct drain_agenda agenda;
    struct drain_agenda fresh; /* made by the look that is under way, and then in the other's place */
    uint64_t seen;             /* tickets, by that look */
    bool looked;               /* once, at all */
    struct sid_set *under_way;
    TAILQ_HEAD(, job) jobs;
    struct jitter jitter;
    struct drain_pace pace;
    struct drain_watch watch; /* with --watch ... */
    struct drain_look look;
    struct drain_waiting waiting;
    struct event *wake;
};

/* What is told while all of the spool is being looked at would otherwise be forgotten with the old agenda. */
static bool put(struct drainer *drainer, const char *conversation, int64_t due_ms)
{
    if (drainer->looked && spool_walk_is_under_way(&drainer->look.walk))
        drain_agenda_put(&drainer->fresh, conversation, due_ms);
    return drain_agenda_put(&drainer->agenda, conversation, due_ms);
}

/* Unlike a timer that cannot fail. */
static void wake_now(struct drainer *drainer)
{
    event_active(drainer->wake, EV_TIMEOUT, 0);
}

static void set_aside(struct drainer *drainer, const char *name)
{
    bool moved = !drainer->options->dry_run &&
                 spool_set_aside(drainer->context->spool, name) == SPOOL_OK;

    drain_report_broken(&drainer->report, name, moved);
}

/* False if it is none, or was struck out meanwhile. One that somebody is writing is looked at again. */
static bool read_ticket(struct drainer *drainer, const char *conversation, struct ticket *ticket)
{
    enum spool_status status = spool_read(drainer->context->spool, conversation, ticket);

    if (status == SPOOL_UNFINISHED)
        put(drainer, conversation, clock_monotonic_ms() + UNFINISHED_MS);
    else if (status == SPOOL_BROKEN)
        set_aside(drainer, conversation);
    else if (status == SPOOL_FAILED)
        drain_report_unreadable(&drainer->report, conversation, errno);
    return status == SPOOL_OK;
}

/* When is this ticket's turn? A fresh one is its responder's own for a while, in any mode. */
static int64_t turn_of(const struct drainer *drainer, const struct ticket *ticket)
{
    int64_t wait = spool_attempt_wait_ms(ticket);
    bool fresh = ticket->attempts == 0 && wait <= SPOOL_ATTEMPT_GRACE_MS;

    return drainer->options->due_only || fresh ? wait : 0;
}

/* Reads a ticket. False if it is for nobody, now: a pass by a timer leaves those for later. */
static bool read_turn(struct drainer *drainer, const char *conversation, int64_t *wait)
{
    struct ticket ticket;

    if (!read_ticket(drainer, conversation, &ticket))
        return false;
    *wait = turn_of(drainer, &ticket);
    return !drainer->options->due_only || drainer->options->watch || *wait <= SPOOL_ATTEMPT_GRACE_MS;
}

/* Reads a ticket and puts it on the agenda. */
static void note_ticket(struct drainer *drainer, const char *conversation)
{
    int64_t wait;

    if (read_turn(drainer, conversation, &wait))
        put(drainer, conversation, clock_monotonic_ms() + wait);
}

static bool visit(void *argument, const char *name, bool is_ticket)
{
    struct drainer *drainer = argument;

    if (is_ticket)
        note_ticket(drainer, name);
    else
        set_aside(drainer, name);
    return true;
}

static bool is_put_off(const struct drainer *drainer)
{
    return joins_put_off(drainer->context->joins);
}

static void end_if_stopped(struct drainer *drainer)
{
    if (drainer->pace.stopped)
        event_base_loopbreak(drainer->context->base);
}

/* Without the timer nothing may ever wake us again; a watcher is woken by its next look. */
static void wake_in(struct drainer *drainer, int64_t milliseconds)
{
    struct timeval delay = clock_delay(milliseconds);

    if (event_add(drainer->wake, &delay) == 0)
        return;
    drain_pace_run_out_of_memory(&drainer->pace);
    end_if_stopped(drainer);
}

static void tell_unusable(struct drainer *drainer, enum spool_status status)
{
    drain_report_unusable(&drainer->report, drainer->context->config.spool_dir,
                          spool_describe(drainer->context->spool, status));
}

/* What the spool does not take: the ticket may still be there although its join is done, and would be tried
 * in every pass. */
static void heed_unusable(struct drainer *drainer, enum spool_status status)
{
    drain_pace_spool_unusable(&drainer->pace, spool_describe(drainer->context->spool, status));
    if (drainer->pace.watch)
        tell_unusable(drainer, status);
}

static enum spool_attempt_end end_attempt(struct drainer *drainer, struct ticket *ticket,
                                          const struct join_outcome *outcome)
{
    struct spool_attempt attempt = {.origin = SPOOL_ATTEMPT_FOUND,
                                    .give_up_ms = drainer->context->config.spool_give_up_ms,
                                    .jitter = &drainer->jitter};
    enum spool_attempt_end end =
        spool_attempt_end(drainer->context->spool, &attempt, ticket, outcome);

    if (end == SPOOL_ATTEMPT_UNKNOWN)
        heed_unusable(drainer, attempt.status);
    return end;
}

static void on_done(void *argument, const struct join_outcome *outcome)
{
    struct job *job = argument;
    struct drainer *drainer = job->drainer;
    const char *conversation = job->ticket.conversation.text;
    enum spool_attempt_end end;

    TAILQ_REMOVE(&drainer->jobs, job, entry);
    sid_set_remove(drainer->under_way, conversation);
    if (outcome->attempts > 0 || spool_attempt_is_settled(outcome->result)) {
        end = end_attempt(drainer, &job->ticket, outcome);
        drain_report_outcome(&drainer->report, &job->ticket, outcome, end);
    } else {
        put(drainer, conversation, clock_monotonic_ms() + PUT_BACK_MS);
    }
    drain_pace_heed(&drainer->pace, outcome, is_put_off(drainer));
    end_if_stopped(drainer);
    free(job);
    wake_now(drainer);
}

/* From now on: the next drainer must not strike it out for the mark. */
static void clear_removed(struct drainer *drainer, const char *conversation)
{
    struct spool *spool = drainer->context->spool;
    enum spool_status status = spool_clear_removed(spool, conversation);

    if (status != SPOOL_OK && status != SPOOL_ABSENT)
        drain_report_mark_stays(&drainer->report, conversation, spool_describe(spool, status));
}

/* Whether it may be joined as far as the mark of a removed bot says. */
static bool is_allowed(struct drainer *drainer, struct job *job)
{
    struct spool *spool = drainer->context->spool;
    const char *conversation = job->ticket.conversation.text;
    struct join_outcome removed = {.result = JOIN_UNWANTED,
                                          .reason = "the bot was removed from it on purpose"};

    if (drainer->options->rejoin) {
        clear_removed(drainer, conversation);
        return true;
    }
    switch (spool_removed(spool, conversation)) {
    case SPOOL_REMOVED_NO:
        return true;
    case SPOOL_REMOVED_YES:
        on_done(job, &removed);
        return false;
    case SPOOL_REMOVED_UNKNOWN:
        break;
    }
    TAILQ_REMOVE(&drainer->jobs, job, entry);
    sid_set_remove(drainer->under_way, conversation);
    free(job);
    heed_unusable(drainer, SPOOL_FAILED); /* the ticket stays */
    end_if_stopped(drainer);
    wake_now(drainer);
    return false;
}

static void start_join(struct drainer *drainer, const struct ticket *ticket)
{
    struct join_request request;
    struct job *job = calloc(1, sizeof *job);

    if (!job || !sid_set_put(drainer->under_way, ticket->conversation.text, false)) {
        free(job);
        put(drainer, ticket->conversation.text, clock_monotonic_ms());
        drain_pace_run_out_of_memory(&drainer->pace);
        end_if_stopped(drainer);
        return;
    }
    job->drainer = drainer;
    job->ticket = *ticket;
    TAILQ_INSERT_TAIL(&drainer->jobs, job, entry);
    if (!is_allowed(drainer, job))
        return;
    request = (struct join_request){
        .conversation_sid = job->ticket.conversation.text,
        .service_sid = job->ticket.service.text[0] ? job->ticket.service.text : NULL,
        .event = job->ticket.event[0] ? job->ticket.event : NULL,
        .event_ms = job->ticket.first_seen_ms,
        .deadline_us = clock_monotonic_us() + DEADLINE_US,
    };
    join_start(drainer->context->joins, &request, on_done, job);
}

/* Takes the first one that is due: it may have been settled or put off since it was noted. */
static void take_first(struct drainer *drainer)
{
    struct sid conversation = drain_agenda_first(&drainer->agenda)->conversation;
    struct ticket ticket;

    drain_agenda_pop(&drainer->agenda);
    if (sid_set_look(drainer->under_way, conversation.text) != SID_SET_ABSENT)
        return;
    if (!read_ticket(drainer, conversation.text, &ticket))
        return;
    if (turn_of(drainer, &ticket) > 0) {
        note_ticket(drainer, conversation.text);
        return;
    }
    if (drainer->options->dry_run)
        drain_report_ticket(&drainer->report, &ticket);
    else
        start_join(drainer, &ticket);
}

/* Nothing is under way, and nothing can be started yet. A ticket that was put off just now is noted in a moment. */
static void say_what_for(struct drainer *drainer, int64_t wait_ms)
{
    const char *why = drain_pace_why(&drainer->pace);

    if (drainer->looked && sid_set_count(drainer->under_way) == 0 && (drainer->agenda.count > 0 || !*why))
        drain_waiting_say(&drainer->waiting, drainer->agenda.count, why, wait_ms);
}

/* True if the first one of the agenda is to be taken now; otherwise we are woken when something changes. */
static bool is_to_take(struct drainer *drainer)
{
    uint64_t allowed = drainer->context->config.max_pending;
    const struct drain_agenda_entry *first = drain_agenda_first(&drainer->agenda);
    int64_t wait;

    if (drainer->pace.stopped ||
        sid_set_count(drainer->under_way) >= drain_pace_concurrency(allowed, is_put_off(drainer)))
        return false;
    if (!first) {
        say_what_for(drainer, 0);
        return false;
    }
    wait = drain_pace_wait_ms(&drainer->pace, first->due_ms);
    if (wait <= 0)
        return true;
    say_what_for(drainer, wait);
    wake_in(drainer, wait);
    return false;
}

/* Starts what is due, and sees to it that we are woken for the next. Thousands may have been struck out by others:
 * that takes a while, and something else may happen meanwhile. */
static void on_wake(evutil_socket_t descriptor, short what, void *argument)
{
    struct drainer *drainer = argument;
    int64_t until_us = clock_monotonic_us() + SLICE_US;

    (void)descriptor;
    (void)what;
    while (is_to_take(drainer)) {
        if (clock_monotonic_us() >= until_us) {
            wake_in(drainer, 0);
            return;
        }
        take_first(drainer);
    }
    if (!drainer->options->watch && drainer->agenda.count == 0 &&
        sid_set_count(drainer->under_way) == 0)
        event_base_loopbreak(drainer->context->base);
}

static void on_changed(void *argument, const char *conversation)
{
    struct drainer *drainer = argument;

    note_ticket(drainer, conversation);
    wake_now(drainer);
}

static void on_look_begun(void *argument)
{
    struct drainer *drainer = argument;

    drain_agenda_free(&drainer->fresh);
    drainer->seen = 0;
}

/* At the first look what is found is tried at once, later when the look is through: it has been noted before,
 * unless something was missed. */
static bool on_look_found(void *argument, const char *name, bool is_ticket)
{
    struct drainer *drainer = argument;
    int64_t wait;

    drainer->seen += is_ticket;
    if (!drainer->looked || !is_ticket) {
        visit(drainer, name, is_ticket);
        wake_now(drainer);
    } else if (read_turn(drainer, name, &wait)) {
        drain_agenda_put(&drainer->fresh, name, clock_monotonic_ms() + wait);
    }
    return true;
}

static void on_looked(void *argument, bool whole)
{
    struct drainer *drainer = argument;

    wake_now(drainer);
    if (!whole) {
        tell_unusable(drainer, SPOOL_FAILED);
        return;
    }
    spool_limit_note(drainer->context->spool, drainer->seen);
    if (drainer->looked) {
        drain_agenda_free(&drainer->agenda);
        drainer->agenda = drainer->fresh;
        drainer->fresh = (struct drain_agenda){0};
    }
    drainer->looked = true;
}

/* In case something was missed, or has changed its time. */
static bool on_look(void *argument)
{
    struct drainer *drainer = argument;

    if (drain_look_start(&drainer->look))
        return true;
    tell_unusable(drainer, SPOOL_FAILED);
    return false;
}

static void release(struct drainer *drainer)
{
    struct job *job;

    while ((job = TAILQ_FIRST(&drainer->jobs))) {
        TAILQ_REMOVE(&drainer->jobs, job, entry);
        free(job);
    }
    drain_watch_close(&drainer->watch);
    drain_look_close(&drainer->look);
    if (drainer->wake)
        event_free(drainer->wake);
    drain_agenda_free(&drainer->agenda);
    drain_agenda_free(&drainer->fresh);
    sid_set_free(drainer->under_way);
    sid_set_free(drainer->report.told);
}

/* What is left once the pass is over, and the exit status that says so. */
static int take_stock(struct drainer *drainer)
{
    struct spool_counts left;

    if (spool_count(drainer->context->spool, &left) != SPOOL_OK)
        return drain_report_failure(drainer->context->config.spool_dir, spool_describe(drainer->context->spool, SPOOL_FAILED));
    if (!drainer->options->dry_run)
        spool_limit_note(drainer->context->spool, left.tickets);
    if (drainer->context->signalled)
        drainer->pace.stopped = "interrupted";
    drain_report_summary(&drainer->report, &left, drainer->pace.stopped);
    if (drainer->pace.no_memory && left.tickets > 0)
        return drain_report_no_memory();
    if (drainer->pace.spool_unusable)
        return EX_IOERR;
    return left.tickets > 0 || drainer->report.given_up > 0 || drainer->report.unreadable > 0
               ? COMMAND_LEFT
               : COMMAND_OK;
}

/* A pass goes through what it found when it began; a watcher begins with what it finds first. */
static bool first_look(struct drainer *drainer)
{
    const struct drain_look_reader reader = {drainer, on_look_begun, on_look_found, on_looked};

    if (!drainer->options->watch)
        return spool_visit(drainer->context->spool, visit, drainer) == SPOOL_OK;
    return drain_look_open(&drainer->look, drainer->context->spool, drainer->context->base, &reader) &&
           drain_look_start(&drainer->look);
}

int drain_run(struct command_context *context, const struct drain_options *options)
{
    struct drainer drainer = {
        .context = context,
        .options = options,
        .report = {.json = options->json, .dry_run = options->dry_run},
        .pace = {.watch = options->watch},
        .watch = {.inotify = -1},
    };
    const struct drain_watch_reader reader = {&drainer, on_changed, on_look};
    int status;

    TAILQ_INIT(&drainer.jobs);
    jitter_init(&drainer.jitter);
    drainer.under_way = sid_set_new(0);
    drainer.report.waiting = &drainer.waiting;
    drainer.report.told = sid_set_new(DRAIN_REPORT_TOLD);
    drainer.wake = evtimer_new(context->base, on_wake, &drainer);
    if (!drainer.under_way || !drainer.report.told || !drainer.wake || !command_context_end_on_signals(context)) {
        status = drain_report_no_memory();
        goto out;
    }
    if (options->watch && !drain_watch_open(&drainer.watch, context->base,
                                           context->config.spool_dir, &reader)) {
        status = drain_report_failure(context->config.spool_dir, strerror(errno));
        goto out;
    }
    if (!first_look(&drainer)) {
        status = drain_report_failure(context->config.spool_dir, spool_describe(context->spool, SPOOL_FAILED));
        goto out;
    }
    wake_now(&drainer);
    event_base_dispatch(context->base);
    status = take_stock(&drainer);
out:
    joins_free(context->joins); /* joins under way hold our jobs */
    context->joins = NULL;
    release(&drainer);
    return status;
}
