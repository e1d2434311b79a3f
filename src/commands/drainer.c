#include "build.h"

#include "commands/drainer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/drainreport.h"
#include "support/agenda.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/sidset.h"
#include "twilio/schedule.h"

enum {
    CONCURRENCY = 32,
    DEADLINE_US = 15 * 1000 * 1000,    /* nobody waits for a drainer as Twilio does for a webhook */
    LIMITED_PAUSE_MS = 1000,           /* after a 429 that does not say for how long */
    REFUSED_PAUSE_MS = 60 * 1000,      /* after a refusal that would meet every conversation */
    PUT_OFF_PAUSE_MS = 200,            /* while the breaker is open; it lets one through a second */
    NO_MEMORY_PAUSE_MS = 1000,         /* the system may have some again */
    RESCAN_MS = 60 * 1000,             /* in case inotify missed something */
    DIRECTORY_GONE_MS = 500,           /* then it is looked for this often */
};

struct job {
    TAILQ_ENTRY(job) entry;
    struct drainer *drainer;
    struct ticket ticket;
};

struct drainer {
    struct workplace *workplace;
    const struct drainer_options *options;
    struct drainreport report;
    struct agenda agenda;
    struct sidset *under_way;
    TAILQ_HEAD(, job) jobs;
    struct jitter jitter;
    int64_t paused_until_ms;
    const char *stopped; /* why a pass ended early */
    bool no_memory;      /* ... and that it was for lack of memory */
    struct event *wake;
    struct event *rescan;
    struct event *notify;
    int inotify;
};

static void pump(struct drainer *drainer);

static bool count_ticket(void *argument, const char *name, bool is_ticket)
{
    (void)name;
    *(uint64_t *)argument += is_ticket;
    return true;
}

static void wake_in(struct event *timer, int64_t milliseconds)
{
    struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

    event_add(timer, &delay);
}

static void pause_all(struct drainer *drainer, int64_t milliseconds)
{
    int64_t until = clock_monotonic_ms() + milliseconds;

    if (until > drainer->paused_until_ms)
        drainer->paused_until_ms = until;
}

static void set_aside(struct drainer *drainer, const char *name)
{
    bool moved = !drainer->options->dry_run &&
                 spool_set_aside(drainer->workplace->spool, name) == SPOOL_OK;

    drainreport_broken(&drainer->report, name, moved);
}

/* When is this ticket's turn? A fresh one is its responder's own for a while, in any mode. */
static int64_t turn_of(const struct drainer *drainer, const struct ticket *ticket)
{
    int64_t wait = schedule_wait_ms(ticket);
    bool fresh = ticket->attempts == 0 && wait <= SCHEDULE_GRACE_MS;

    return drainer->options->due_only || fresh ? wait : 0;
}

/* Reads a ticket and puts it on the agenda. A pass by a timer leaves those for later. */
static void note_ticket(struct drainer *drainer, const char *conversation)
{
    struct ticket ticket;
    int64_t wait;

    switch (spool_read(drainer->workplace->spool, conversation, &ticket)) {
    case SPOOL_OK:
        break;
    case SPOOL_BROKEN:
        set_aside(drainer, conversation);
        return;
    default:
        return; /* struck out meanwhile */
    }
    wait = turn_of(drainer, &ticket);
    if (drainer->options->due_only && !drainer->options->watch && wait > SCHEDULE_GRACE_MS)
        return;
    agenda_put(&drainer->agenda, conversation, clock_monotonic_ms() + wait);
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

static bool is_too_old(const struct drainer *drainer, const struct ticket *ticket)
{
    int64_t age = clock_wall_ms() - ticket->first_seen_ms;

    return age > (int64_t)drainer->workplace->config.spool_give_up_ms;
}

/* Writes down an attempt that did not settle it. A ticket that vanished meanwhile was settled by
 * somebody else and must not come back. Only what Twilio answered can be given up: while
 * it is silent, tickets do not age. */
static bool keep(struct drainer *drainer, struct ticket *ticket,
                 const struct participant_outcome *outcome)
{
    struct spool *spool = drainer->workplace->spool;
    const char *conversation = ticket->conversation.text;
    struct ticket now;

    if (outcome->attempts == 0) {
        agenda_put(&drainer->agenda, conversation, clock_monotonic_ms() + PUT_OFF_PAUSE_MS);
        return false;
    }
    if (spool_read(spool, conversation, &now) != SPOOL_OK)
        return false;
    schedule_next(ticket, outcome, &drainer->jitter);
    if (spool_replace(spool, ticket) != SPOOL_OK)
        fprintf(stderr, "twilio-autojoin: %s: %s\n", conversation, strerror(errno));
    return outcome->rest_status != 0 && is_too_old(drainer, ticket) &&
           spool_give_up(spool, conversation) == SPOOL_OK;
}

static void stop_pass(struct drainer *drainer, const char *why)
{
    drainer->stopped = why;
    event_base_loopbreak(drainer->workplace->base);
}

/* Without memory nothing can be tried, so nothing would ever count as an attempt: a pass
 * that only put its tickets back would not end. A watcher waits for better times. */
static void run_out_of_memory(struct drainer *drainer)
{
    pause_all(drainer, NO_MEMORY_PAUSE_MS);
    if (drainer->options->watch)
        return;
    drainer->no_memory = true;
    stop_pass(drainer, "out of memory");
}

/* What one outcome means for all that are still to come. */
static void heed(struct drainer *drainer, const struct participant_outcome *outcome)
{
    if (outcome->limited)
        pause_all(drainer, outcome->retry_after > 0 ? (int64_t)outcome->retry_after * 1000
                                                    : LIMITED_PAUSE_MS);
    if (outcome->account_wide) {
        pause_all(drainer, REFUSED_PAUSE_MS);
        if (!drainer->options->watch)
            stop_pass(drainer, outcome->reason);
    }
    if (participants_put_off(drainer->workplace->participants)) {
        pause_all(drainer, PUT_OFF_PAUSE_MS);
        if (!drainer->options->watch)
            stop_pass(drainer, "Twilio does not answer");
    }
    if (outcome->no_memory)
        run_out_of_memory(drainer);
}

static void on_done(void *argument, const struct participant_outcome *outcome)
{
    struct job *job = argument;
    struct drainer *drainer = job->drainer;
    const char *conversation = job->ticket.conversation.text;
    bool given_up = false;

    TAILQ_REMOVE(&drainer->jobs, job, entry);
    sidset_remove(drainer->under_way, conversation);
    if (schedule_is_settled(outcome->verdict))
        spool_strike(drainer->workplace->spool, conversation);
    else
        given_up = keep(drainer, &job->ticket, outcome);
    if (outcome->attempts > 0 || schedule_is_settled(outcome->verdict))
        drainreport_outcome(&drainer->report, &job->ticket, outcome, given_up);
    heed(drainer, outcome);
    free(job);
    event_active(drainer->wake, EV_TIMEOUT, 0); /* unlike a timer, that cannot fail */
}

static void start_join(struct drainer *drainer, const struct ticket *ticket)
{
    struct participant_outcome left = {.verdict = PARTICIPANT_LEFT,
                                       .reason = "the bot was removed from it on purpose"};
    struct participant_order order;
    struct job *job = calloc(1, sizeof *job);

    if (!job || !sidset_put(drainer->under_way, ticket->conversation.text, false)) {
        free(job);
        agenda_put(&drainer->agenda, ticket->conversation.text, clock_monotonic_ms());
        run_out_of_memory(drainer);
        return;
    }
    job->drainer = drainer;
    job->ticket = *ticket;
    TAILQ_INSERT_TAIL(&drainer->jobs, job, entry);
    if (!drainer->options->rejoin &&
        spool_is_left(drainer->workplace->spool, ticket->conversation.text)) {
        on_done(job, &left);
        return;
    }
    order = (struct participant_order){
        .conversation_sid = job->ticket.conversation.text,
        .service_sid = job->ticket.service.text[0] ? job->ticket.service.text : NULL,
        .deadline_us = clock_monotonic_us() + DEADLINE_US,
    };
    participant_join(drainer->workplace->participants, &order, on_done, job);
}

/* Takes the first one that is due: it may have been settled or put off since it was noted. */
static void take_first(struct drainer *drainer)
{
    struct sid conversation = agenda_first(&drainer->agenda)->conversation;
    struct ticket ticket;
    enum spool_status status;

    agenda_pop(&drainer->agenda);
    if (sidset_look(drainer->under_way, conversation.text) != SIDSET_ABSENT)
        return;
    status = spool_read(drainer->workplace->spool, conversation.text, &ticket);
    if (status == SPOOL_BROKEN)
        set_aside(drainer, conversation.text);
    if (status != SPOOL_OK)
        return;
    if (turn_of(drainer, &ticket) > 0) {
        note_ticket(drainer, conversation.text);
        return;
    }
    if (drainer->options->dry_run)
        drainreport_ticket(&drainer->report, &ticket);
    else
        start_join(drainer, &ticket);
}

static size_t concurrency(const struct drainer *drainer)
{
    size_t allowed = (size_t)drainer->workplace->config.max_pending;

    if (participants_put_off(drainer->workplace->participants))
        return 1;
    return allowed < CONCURRENCY ? allowed : CONCURRENCY;
}

/* Starts what is due, and sees to it that we are woken for the next. */
static void pump(struct drainer *drainer)
{
    const struct agenda_entry *first;
    int64_t now = clock_monotonic_ms(), wait;

    while (!drainer->stopped && (first = agenda_first(&drainer->agenda)) &&
           sidset_count(drainer->under_way) < concurrency(drainer)) {
        wait = first->due_ms > drainer->paused_until_ms ? first->due_ms - now
                                                        : drainer->paused_until_ms - now;
        if (wait > 0) {
            wake_in(drainer->wake, wait);
            return;
        }
        take_first(drainer);
    }
    if (!drainer->options->watch && drainer->agenda.count == 0 &&
        sidset_count(drainer->under_way) == 0)
        event_base_loopbreak(drainer->workplace->base);
}

static void on_wake(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    pump(argument);
}

/* Watches what stands at the spool's path now; the same one twice does no harm. */
static bool watch_directory(struct drainer *drainer)
{
    return inotify_add_watch(drainer->inotify, drainer->workplace->config.spool_dir,
                             IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >=
           0;
}

static void on_rescan(evutil_socket_t descriptor, short what, void *argument)
{
    struct drainer *drainer = argument;

    (void)descriptor;
    (void)what;
    agenda_free(&drainer->agenda);
    if (watch_directory(drainer) &&
        spool_visit(drainer->workplace->spool, visit, drainer) == SPOOL_OK)
        wake_in(drainer->rescan, RESCAN_MS);
    else
        wake_in(drainer->rescan, DIRECTORY_GONE_MS);
    pump(drainer);
}

/* New and changed tickets appear by a rename. When the directory itself goes, the next look
 * at all of it watches what stands there then. */
static void on_notify(evutil_socket_t descriptor, short what, void *argument)
{
    struct drainer *drainer = argument;
    _Alignas(struct inotify_event) char events[16 * 1024];
    ssize_t count = read(descriptor, events, sizeof events);
    const char *at = events;

    (void)what;
    while (count > 0 && at < events + count) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

        if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
            wake_in(drainer->rescan, DIRECTORY_GONE_MS);
        else if (event->len > 0 && sid_valid(event->name, strlen(event->name), "CH"))
            note_ticket(drainer, event->name);
        at += sizeof *event + event->len;
    }
    pump(drainer);
}

static bool start_watching(struct drainer *drainer)
{
    struct event_base *base = drainer->workplace->base;

    drainer->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (drainer->inotify < 0 || !watch_directory(drainer))
        return false;
    drainer->notify = event_new(base, drainer->inotify, EV_READ | EV_PERSIST, on_notify, drainer);
    drainer->rescan = evtimer_new(base, on_rescan, drainer);
    if (!drainer->notify || !drainer->rescan || event_add(drainer->notify, NULL) != 0)
        return false;
    wake_in(drainer->rescan, RESCAN_MS);
    return true;
}

static void release(struct drainer *drainer)
{
    struct job *job;

    while ((job = TAILQ_FIRST(&drainer->jobs))) {
        TAILQ_REMOVE(&drainer->jobs, job, entry);
        free(job);
    }
    if (drainer->notify)
        event_free(drainer->notify);
    if (drainer->rescan)
        event_free(drainer->rescan);
    if (drainer->wake)
        event_free(drainer->wake);
    if (drainer->inotify >= 0)
        close(drainer->inotify);
    agenda_free(&drainer->agenda);
    sidset_free(drainer->under_way);
}

static int unusable(const struct drainer *drainer)
{
    const char *why = spool_describe(drainer->workplace->spool, SPOOL_FAILED);

    fprintf(stderr, "twilio-autojoin: %s: %s\n", drainer->workplace->config.spool_dir, why);
    return EX_IOERR;
}

/* What is left once the pass is over, and the exit status that says so. */
static int take_stock(struct drainer *drainer)
{
    uint64_t left = 0;

    if (spool_visit(drainer->workplace->spool, count_ticket, &left) != SPOOL_OK)
        return unusable(drainer);
    if (drainer->workplace->signalled)
        drainer->stopped = "interrupted";
    drainreport_summary(&drainer->report, left, drainer->stopped);
    if (drainer->no_memory && left > 0) {
        fputs("twilio-autojoin: out of memory\n", stderr);
        return EX_OSERR;
    }
    return left > 0 || drainer->report.given_up > 0 ? COMMAND_LEFT : COMMAND_OK;
}

int drainer_run(struct workplace *workplace, const struct drainer_options *options)
{
    struct drainer drainer = {
        .workplace = workplace,
        .options = options,
        .report = {.json = options->json, .dry_run = options->dry_run},
        .inotify = -1,
    };
    int status;

    TAILQ_INIT(&drainer.jobs);
    jitter_init(&drainer.jitter);
    drainer.under_way = sidset_new(0);
    drainer.wake = evtimer_new(workplace->base, on_wake, &drainer);
    if (!drainer.under_way || !drainer.wake || !workplace_end_on_signals(workplace)) {
        status = EX_OSERR;
        goto out;
    }
    if ((options->watch && !start_watching(&drainer)) ||
        spool_visit(workplace->spool, visit, &drainer) != SPOOL_OK) {
        status = unusable(&drainer);
        goto out;
    }
    event_active(drainer.wake, EV_TIMEOUT, 0);
    event_base_dispatch(workplace->base);
    status = take_stock(&drainer);
out:
    participants_free(workplace->participants); /* joins under way hold our jobs */
    workplace->participants = NULL;
    release(&drainer);
    return status;
}
