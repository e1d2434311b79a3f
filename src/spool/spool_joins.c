#include "build.h"

#include "spool/spool_joins.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid_set.h"
#include "spool/ticket.h"
#include "spool/spool_attempt.h"

enum {
    /* A ceiling (1 MB) and no age: what is remembered wrongly is a bot that was removed without a
     * webhook, through REST, and of those it is `reconcile` that knows (twilio-autojoin.conf(5),
     * AUTOJOIN_EVENTS). */
    REMEMBERED = 16384,
    NEW_MS = 5 * 60 * 1000, /* clocks may differ */
};

/* Somebody who wants the same join. */
struct follower {
    STAILQ_ENTRY(follower) entry;
    join_done_fn *done;
    void *argument;
};

struct spool_join {
    TAILQ_ENTRY(spool_join) entry;
    struct spool_joins *spooled;
    struct ticket ticket;
    bool on_disk;
    join_done_fn *done;
    void *argument;
    STAILQ_HEAD(, follower) followers;
};

/* Ten thousand may be under way, and each webhook asks whether its conversation's join is. */
enum { QUEUES = 1024 };

TAILQ_HEAD(spool_join_queue, spool_join);

struct spool_joins {
    const struct config *config;
    const struct log *log;
    struct joins *joins;
    struct spool *spool;
    struct stats *stats;
    struct sid_set *remembered; /* plain: joined; marked: the bot was removed */
    struct jitter jitter;
    int64_t marked_ms; /* by the wall clock: the latest mark in memory */
    struct spool_join_queue under_way[QUEUES]; /* by conversation */
    int64_t complained_ms;
    int64_t slow_said_ms;
};

/* Where a conversation's join stands (FNV-1a of its SID). */
static struct spool_join_queue *queue_of(struct spool_joins *spooled, const char *conversation)
{
    uint32_t hash = 2166136261U;

    while (*conversation)
        hash = (hash ^ (unsigned char)*conversation++) * 16777619U;
    return &spooled->under_way[hash % QUEUES];
}

/* A spool that fails may do so every time. */
static void complain(struct spool_joins *spooled, enum spool_status status)
{
    const char *reason = spool_describe(spooled->spool, status);
    stats_count(spooled->stats, status == SPOOL_FULL ? STATS_SPOOL_FULL : STATS_SPOOL_FAILED);
    if (!log_in_turn(&spooled->complained_ms))
        return;
    log_event(spooled->log, LOG_LEVEL_ERROR,
              "the spool cannot be used: what is to be remembered now may be lost", "reason", reason,
              "directory", spooled->config->spool_dir, NULL);
}

/* The spool's calls wait for its file system, and so does everybody whom this process serves. */
static void note_time(struct spool_joins *spooled, const char *operation, int64_t begun_us)
{
    int64_t took_ms = (clock_monotonic_us() - begun_us) / 1000;
    char milliseconds[24];

    if (took_ms <= STATS_SPOOL_SLOW_MS)
        return;
    stats_spool_slow(spooled->stats);
    if (!log_in_turn(&spooled->slow_said_ms))
        return;
    snprintf(milliseconds, sizeof milliseconds, "%lld", (long long)took_ms);
    log_event(spooled->log, LOG_LEVEL_WARN, "the spool is slow: every webhook waited for it", "operation",
              operation, "ms", milliseconds, "directory", spooled->config->spool_dir, "fix",
              "AUTOJOIN_SPOOL_DIR belongs on a local disk", NULL);
}

/* The mark is in memory only where it could not be put on disk. */
static enum spool_removed was_removed(struct spool_joins *spooled, const char *conversation)
{
    int64_t begun_us = clock_monotonic_us();
    enum spool_removed removed = SPOOL_REMOVED_YES;

    if (sid_set_look(spooled->remembered, conversation) == SID_SET_MARKED)
        return removed;
    removed = spooled->spool ? spool_removed(spooled->spool, conversation) : SPOOL_REMOVED_NO;
    note_time(spooled, "look for a mark", begun_us);
    return removed;
}

/* Only where several triggers come for one conversation: otherwise asking Twilio again is right. */
static bool has_several_triggers(const struct config *config)
{
    return config->events != SETTING_ON_CONVERSATION_ADDED;
}

/* An event names no service. Where none is set it may have no way to find what a webhook has had joined, and would
 * leave a ticket that nobody can settle. */
static bool may_know_no_service(const struct config *config)
{
    return !config->chat_service_sid;
}

/* That the bot was removed while the join was under way is the later news, and stays. */
static void remember(struct spool_joins *spooled, const char *conversation)
{
    if ((has_several_triggers(spooled->config) || may_know_no_service(spooled->config)) &&
        sid_set_look(spooled->remembered, conversation) != SID_SET_MARKED)
        sid_set_put(spooled->remembered, conversation, false);
}

/* True if it is on disk now, or was. */
static bool write_ticket(struct spool_joins *spooled, struct ticket *ticket)
{
    int64_t begun_us = clock_monotonic_us();
    enum spool_status status;

    if (!spooled->spool)
        return false;
    ticket->next_attempt_ms += SPOOL_ATTEMPT_GRACE_MS;
    status = spool_add(spooled->spool, ticket);
    note_time(spooled, "write a ticket", begun_us);
    if (status == SPOOL_OK)
        stats_count(spooled->stats, STATS_SPOOL_WRITTEN);
    else if (status != SPOOL_EXISTS)
        complain(spooled, status);
    return status == SPOOL_OK || status == SPOOL_EXISTS;
}

/* Strikes the ticket out, or writes down how far the join came. A spool that could not be used before the
 * call may be well again. True if the ticket of one that is not settled is known to be there. */
static bool update_ticket(struct spool_joins *spooled, struct spool_join *join,
                          const struct join_outcome *outcome)
{
    struct spool_attempt attempt = {.origin = SPOOL_ATTEMPT_EVENT,
                                    .give_up_ms = spooled->config->spool_give_up_ms,
                                    .jitter = &spooled->jitter};
    bool settled = spool_attempt_is_settled(outcome->result);

    if (!spooled->spool || (settled && !join->on_disk))
        return false;
    switch (spool_attempt_end(spooled->spool, &attempt, &join->ticket, outcome)) {
    case SPOOL_ATTEMPT_SETTLED: /* perhaps by somebody else, who has counted it */
        if (attempt.status == SPOOL_OK)
            stats_count(spooled->stats, STATS_SPOOL_STRUCK);
        break;
    case SPOOL_ATTEMPT_KEPT:
        break;
    case SPOOL_ATTEMPT_GIVEN_UP:
        log_event(spooled->log, LOG_LEVEL_ERROR, "given up: its ticket lies in failed/", "conversation",
                  join->ticket.conversation.text, "directory", spooled->config->spool_dir, "fix",
                  "twilio-autojoin drain --failed", NULL);
        break;
    case SPOOL_ATTEMPT_UNKNOWN:
        complain(spooled, attempt.status);
        return false;
    }
    return !settled;
}

/* For each who followed, the bot was in already; nothing was asked for it. */
static void tell_followers(struct spool_join *join, const struct join_outcome *outcome)
{
    struct join_outcome theirs = *outcome;
    struct follower *follower;

    theirs.attempts = 0;
    theirs.rest_us = 0;
    if (outcome->result == JOIN_JOINED) {
        theirs.result = JOIN_ALREADY_JOINED;
        theirs.reason = "joined for another event at the same time";
    }
    while ((follower = STAILQ_FIRST(&join->followers))) {
        STAILQ_REMOVE_HEAD(&join->followers, entry);
        follower->done(follower->argument, &theirs);
        free(follower);
    }
}

static void on_done(void *argument, const struct join_outcome *outcome)
{
    struct spool_join *join = argument;
    struct spool_joins *spooled = join->spooled;
    struct spool_join_queue *queue = queue_of(spooled, join->ticket.conversation.text);
    struct join_outcome told = *outcome;
    int64_t begun_us = clock_monotonic_us();

    TAILQ_REMOVE(queue, join, entry);
    told.kept = update_ticket(spooled, join, outcome);
    note_time(spooled, "strike out or change a ticket", begun_us);
    if (outcome->result == JOIN_JOINED || outcome->result == JOIN_ALREADY_JOINED)
        remember(spooled, join->ticket.conversation.text);
    join->done(join->argument, &told);
    tell_followers(join, &told);
    free(join);
}

/* The join under way that does what is asked for, too; NULL if there is none. One that was begun without a service
 * may be looking in another. */
static struct spool_join *find_same(struct spool_joins *spooled, const struct join_request *request)
{
    struct spool_join_queue *queue = queue_of(spooled, request->conversation_sid);
    struct spool_join *join;

    TAILQ_FOREACH (join, queue, entry)
        if (strcmp(join->ticket.conversation.text, request->conversation_sid) == 0 &&
            (!request->service_sid || strcmp(join->ticket.service.text, request->service_sid) == 0))
            return join;
    return NULL;
}

/* False if memory ran out. */
static bool follow(struct spool_join *join, join_done_fn *done, void *argument)
{
    struct follower *follower = malloc(sizeof *follower);

    if (!follower)
        return false;
    follower->done = done;
    follower->argument = argument;
    STAILQ_INSERT_TAIL(&join->followers, follower, entry);
    return true;
}

/* Nobody can have been removed from a conversation that was made a moment ago. Event Streams may tell of it hours
 * later. */
static bool is_new(const struct join_request *request)
{
    bool late = request->event_ms > 0 && clock_wall_ms() - request->event_ms > NEW_MS;

    return !late && request->event && strcmp(request->event, "onConversationAdded") == 0;
}

/* What needs no REST call. True if `outcome` is the verdict. */
static bool recall(struct spool_joins *spooled, const struct join_request *request,
                   struct join_outcome *outcome)
{
    enum spool_removed removed = was_removed(spooled, request->conversation_sid);
    struct ticket ticket;

    if (removed == SPOOL_REMOVED_YES) {
        outcome->result = JOIN_UNWANTED;
        outcome->reason = "the bot was removed from it on purpose";
        return true;
    }
    if (removed == SPOOL_REMOVED_UNKNOWN)
        complain(spooled, SPOOL_FAILED);
    if ((has_several_triggers(spooled->config) || !request->service_sid) &&
        sid_set_look(spooled->remembered, request->conversation_sid) == SID_SET_PLAIN) {
        outcome->result = JOIN_ALREADY_JOINED;
        outcome->reason = "remembered";
        return true;
    }
    if (removed != SPOOL_REMOVED_UNKNOWN || is_new(request))
        return false;
    /* It waits for a drainer that can read the mark: Twilio need not send the webhook again. */
    ticket_begin(&ticket, request->conversation_sid, request->service_sid, request->event);
    outcome->kept = write_ticket(spooled, &ticket);
    outcome->reason = "whether the bot was removed on purpose cannot be read in the spool";
    return true;
}

void spool_joins_start(void *argument, const struct join_request *request, join_done_fn *done,
                 void *done_argument)
{
    struct spool_joins *spooled = argument;
    struct join_outcome outcome = {.result = JOIN_RETRY_LATER};
    struct spool_join_queue *queue;
    struct spool_join *join;

    if (recall(spooled, request, &outcome)) {
        done(done_argument, &outcome);
        return;
    }
    join = find_same(spooled, request);
    if (join && follow(join, done, done_argument))
        return;
    join = join ? NULL : calloc(1, sizeof *join);
    if (!join) {
        outcome.reason = "out of memory";
        done(done_argument, &outcome);
        return;
    }
    join->spooled = spooled;
    join->done = done;
    join->argument = done_argument;
    STAILQ_INIT(&join->followers);
    queue = queue_of(spooled, request->conversation_sid);
    TAILQ_INSERT_TAIL(queue, join, entry);
    ticket_begin(&join->ticket, request->conversation_sid, request->service_sid, request->event);
    join->on_disk = write_ticket(spooled, &join->ticket);
    join_start(spooled->joins, request, on_done, join);
}

static void mark_removed(struct spool_joins *spooled, const char *conversation)
{
    enum spool_status status = SPOOL_FAILED;

    sid_set_remove(spooled->remembered, conversation);
    if (spooled->spool) {
        status = spool_mark_removed(spooled->spool, conversation);
        if (status != SPOOL_OK)
            complain(spooled, status);
        if (spool_strike(spooled->spool, conversation) == SPOOL_FAILED)
            complain(spooled, SPOOL_FAILED);
    }
    if (status == SPOOL_OK)
        return;
    sid_set_put(spooled->remembered, conversation, true);
    spooled->marked_ms = clock_wall_ms();
}

static void clear_removed(struct spool_joins *spooled, const char *conversation)
{
    enum spool_status status;

    sid_set_remove(spooled->remembered, conversation);
    if (!spooled->spool)
        return;
    status = spool_clear_removed(spooled->spool, conversation);
    if (status != SPOOL_OK && status != SPOOL_ABSENT)
        complain(spooled, status);
}

/* Event Streams keeps no order, and tells of the same twice. Of a mark in memory it is known that it was made by then;
 * of one that cannot be read nothing. The bot is in if the mark stays wrongly, and away on purpose if it goes so. */
static bool is_overtaken(struct spool_joins *spooled, const char *conversation, int64_t made_ms)
{
    enum spool_removed later = SPOOL_REMOVED_NO;

    if (made_ms == 0)
        return false;
    if (sid_set_look(spooled->remembered, conversation) == SID_SET_MARKED && spooled->marked_ms > made_ms + 1000)
        return true;
    if (spooled->spool)
        later = spool_removed_since(spooled->spool, conversation, made_ms);
    if (later == SPOOL_REMOVED_UNKNOWN)
        complain(spooled, SPOOL_FAILED);
    return later != SPOOL_REMOVED_NO;
}

void spool_joins_tell(void *argument, const char *conversation, enum spool_joins_news news, int64_t made_ms)
{
    struct spool_joins *spooled = argument;
    int64_t begun_us = clock_monotonic_us();

    switch (news) {
    case SPOOL_JOINS_BOT_REMOVED:
        mark_removed(spooled, conversation);
        break;
    case SPOOL_JOINS_BOT_ADDED:
        if (is_overtaken(spooled, conversation, made_ms))
            break;
        clear_removed(spooled, conversation);
        remember(spooled, conversation);
        break;
    case SPOOL_JOINS_CONVERSATION_ENDED: /* closed is final: it will not need the mark again */
        clear_removed(spooled, conversation);
        break;
    }
    note_time(spooled, "change a mark", begun_us);
}

struct spool_joins *spool_joins_new(const struct config *config, const struct log *log,
                          struct joins *joins, struct spool *spool,
                          struct stats *stats)
{
    struct spool_joins *spooled = calloc(1, sizeof *spooled);
    size_t i;

    if (!spooled)
        return NULL;
    spooled->config = config;
    spooled->log = log;
    spooled->joins = joins;
    spooled->spool = spool;
    spooled->stats = stats;
    for (i = 0; i < QUEUES; i++)
        TAILQ_INIT(&spooled->under_way[i]);
    jitter_init(&spooled->jitter);
    spooled->remembered = sid_set_new(REMEMBERED);
    if (spooled->remembered)
        return spooled;
    spool_joins_free(spooled);
    return NULL;
}

static void free_queue(struct spool_join_queue *queue)
{
    struct spool_join *join;
    struct follower *follower;

    while ((join = TAILQ_FIRST(queue))) {
        TAILQ_REMOVE(queue, join, entry);
        while ((follower = STAILQ_FIRST(&join->followers))) {
            STAILQ_REMOVE_HEAD(&join->followers, entry);
            free(follower);
        }
        free(join);
    }
}

void spool_joins_free(struct spool_joins *spooled)
{
    size_t i;

    if (!spooled)
        return;
    for (i = 0; i < QUEUES; i++)
        free_queue(&spooled->under_way[i]);
    sid_set_free(spooled->remembered);
    free(spooled);
}
