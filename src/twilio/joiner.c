#include "build.h"

#include "twilio/joiner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "support/clock.h"
#include "support/jitter.h"
#include "support/sid_set.h"
#include "spool/ticket.h"
#include "spool/spool_attempt.h"
#include "spool/ticket_schedule.h"

enum {
    /* A ceiling (1 MB) and no age: what is remembered wrongly is a bot that was removed without a
     * webhook, through REST, and of those it is `reconcile` that knows (twilio-autojoin.conf(5),
     * AUTOJOIN_EVENTS). */
    REMEMBERED = 16384,
};

struct spooled_join {
    TAILQ_ENTRY(spooled_join) entry;
    struct joiner *joiner;
    struct ticket ticket;
    bool on_disk;
    join_done_fn *done;
    void *argument;
};

struct joiner {
    const struct config *config;
    const struct log *log;
    struct joins *joins;
    struct spool *spool;
    struct stats *stats;
    struct sid_set *remembered; /* plain: joined; marked: the bot was removed */
    struct jitter jitter;
    TAILQ_HEAD(, spooled_join) under_way;
    int64_t complained_ms;
    int64_t slow_said_ms;
};

/* A spool that fails may do so every time. */
static void complain(struct joiner *joiner, enum spool_status status)
{
    const char *reason = spool_describe(joiner->spool, status);
    stats_count(joiner->stats, status == SPOOL_FULL ? STATS_SPOOL_FULL : STATS_SPOOL_FAILED);
    if (!log_in_turn(&joiner->complained_ms))
        return;
    log_event(joiner->log, LOG_LEVEL_ERROR,
              "the spool cannot be used: what is to be remembered now may be lost", "reason", reason,
              "directory", joiner->config->spool_dir, NULL);
}

/* The spool's calls wait for its file system, and so does everybody whom this process serves. */
static void note_time(struct joiner *joiner, const char *operation, int64_t begun_us)
{
    int64_t took_ms = (clock_monotonic_us() - begun_us) / 1000;
    char milliseconds[24];

    if (took_ms <= STATS_SPOOL_SLOW_MS)
        return;
    stats_spool_slow(joiner->stats);
    if (!log_in_turn(&joiner->slow_said_ms))
        return;
    snprintf(milliseconds, sizeof milliseconds, "%lld", (long long)took_ms);
    log_event(joiner->log, LOG_LEVEL_WARN, "the spool is slow: every webhook waited for it", "operation",
              operation, "ms", milliseconds, "directory", joiner->config->spool_dir, "mend",
              "AUTOJOIN_SPOOL_DIR belongs on a local disk", NULL);
}

/* The mark is in memory only where it could not be put on disk. */
static enum spool_removed was_removed(struct joiner *joiner, const char *conversation)
{
    int64_t begun_us = clock_monotonic_us();
    enum spool_removed removed = SPOOL_REMOVED_YES;

    if (sid_set_look(joiner->remembered, conversation) == SID_SET_MARKED)
        return removed;
    removed = joiner->spool ? spool_removed(joiner->spool, conversation) : SPOOL_REMOVED_NO;
    note_time(joiner, "look for a mark", begun_us);
    return removed;
}

/* Only where several triggers come for one conversation: otherwise asking Twilio again is right. */
static bool has_several_triggers(const struct config *config)
{
    return config->events != CONFIG_ON_CONVERSATION_ADDED;
}

/* That the bot was removed while the join was under way is the later news, and stays. */
static void remember(struct joiner *joiner, const char *conversation)
{
    if (has_several_triggers(joiner->config) &&
        sid_set_look(joiner->remembered, conversation) != SID_SET_MARKED)
        sid_set_put(joiner->remembered, conversation, false);
}

/* What stands there under the conversation's name may be no ticket: an empty file is what a power loss
 * leaves without AUTOJOIN_SPOOL_SYNC. */
static enum spool_status replace_broken(struct joiner *joiner, const struct ticket *ticket)
{
    struct ticket there;
    enum spool_status status = spool_read(joiner->spool, ticket->conversation.text, &there);

    return status == SPOOL_BROKEN || status == SPOOL_UNFINISHED
               ? spool_replace(joiner->spool, ticket)
               : SPOOL_EXISTS;
}

static void write_ticket(struct joiner *joiner, struct spooled_join *join)
{
    int64_t begun_us = clock_monotonic_us();
    enum spool_status status;

    if (!joiner->spool)
        return;
    join->ticket.next_attempt_ms += TICKET_SCHEDULE_GRACE_MS;
    status = spool_add(joiner->spool, &join->ticket);
    if (status == SPOOL_EXISTS)
        status = replace_broken(joiner, &join->ticket);
    note_time(joiner, "write a ticket", begun_us);
    join->on_disk = status == SPOOL_OK || status == SPOOL_EXISTS;
    if (!join->on_disk)
        complain(joiner, status);
    else if (status == SPOOL_OK)
        stats_count(joiner->stats, STATS_SPOOL_WRITTEN);
}

/* Strikes the ticket out, or writes down how far the join came. A spool that could not be used before the
 * call may be well again. */
static void update_ticket(struct joiner *joiner, struct spooled_join *join,
                          const struct join_outcome *outcome)
{
    struct spool_attempt attempt = {.origin = SPOOL_ATTEMPT_EVENT,
                                    .give_up_ms = joiner->config->spool_give_up_ms,
                                    .jitter = &joiner->jitter};
    bool settled = ticket_schedule_is_settled(outcome->result);

    if (!joiner->spool || (settled && !join->on_disk))
        return;
    switch (spool_attempt_end(joiner->spool, &attempt, &join->ticket, outcome)) {
    case SPOOL_ATTEMPT_SETTLED:
        stats_count(joiner->stats, STATS_SPOOL_STRUCK);
        break;
    case SPOOL_ATTEMPT_KEPT:
        break;
    case SPOOL_ATTEMPT_GIVEN_UP:
        log_event(joiner->log, LOG_LEVEL_ERROR, "given up: its ticket lies in failed/", "conversation",
                  join->ticket.conversation.text, "directory", joiner->config->spool_dir, "fix",
                  "twilio-autojoin drain --failed", NULL);
        break;
    case SPOOL_ATTEMPT_UNKNOWN:
        complain(joiner, attempt.status);
        break;
    }
}

static void on_done(void *argument, const struct join_outcome *outcome)
{
    struct spooled_join *join = argument;
    struct joiner *joiner = join->joiner;
    int64_t begun_us = clock_monotonic_us();

    TAILQ_REMOVE(&joiner->under_way, join, entry);
    update_ticket(joiner, join, outcome);
    note_time(joiner, "strike out or change a ticket", begun_us);
    if (outcome->result == JOIN_JOINED || outcome->result == JOIN_ALREADY_JOINED)
        remember(joiner, join->ticket.conversation.text);
    join->done(join->argument, outcome);
    free(join);
}

/* Nobody can have been removed from a conversation that was made a moment ago. */
static bool is_new(const struct join_request *request)
{
    return request->event && strcmp(request->event, "onConversationAdded") == 0;
}

/* What needs no REST call. True if `outcome` is the verdict. */
static bool recall(struct joiner *joiner, const struct join_request *request,
                   struct join_outcome *outcome)
{
    enum spool_removed removed = was_removed(joiner, request->conversation_sid);

    if (removed == SPOOL_REMOVED_YES) {
        outcome->result = JOIN_UNWANTED;
        outcome->reason = "the bot was removed from it on purpose";
        return true;
    }
    if (removed == SPOOL_REMOVED_UNKNOWN) {
        complain(joiner, SPOOL_FAILED);
        if (!is_new(request)) {
            outcome->reason = "whether the bot was removed on purpose cannot be read in the spool";
            return true;
        }
    }
    if (sid_set_look(joiner->remembered, request->conversation_sid) == SID_SET_PLAIN) {
        outcome->result = JOIN_ALREADY_JOINED;
        outcome->reason = "remembered";
        return true;
    }
    return false;
}

void joiner_join(void *argument, const struct join_request *request, join_done_fn *done,
                 void *done_argument)
{
    struct joiner *joiner = argument;
    struct join_outcome outcome = {.result = JOIN_RETRY_LATER};
    struct spooled_join *join;

    if (recall(joiner, request, &outcome)) {
        done(done_argument, &outcome);
        return;
    }
    join = calloc(1, sizeof *join);
    if (!join) {
        outcome.reason = "out of memory";
        done(done_argument, &outcome);
        return;
    }
    join->joiner = joiner;
    join->done = done;
    join->argument = done_argument;
    TAILQ_INSERT_TAIL(&joiner->under_way, join, entry);
    ticket_begin(&join->ticket, request->conversation_sid, request->service_sid, request->event);
    write_ticket(joiner, join);
    join_start(joiner->joins, request, on_done, join);
}

static void mark_removed(struct joiner *joiner, const char *conversation)
{
    enum spool_status status = SPOOL_FAILED;

    sid_set_remove(joiner->remembered, conversation);
    if (joiner->spool) {
        status = spool_mark_removed(joiner->spool, conversation);
        if (status != SPOOL_OK)
            complain(joiner, status);
        spool_strike(joiner->spool, conversation);
    }
    if (status != SPOOL_OK)
        sid_set_put(joiner->remembered, conversation, true);
}

static void clear_removed(struct joiner *joiner, const char *conversation)
{
    enum spool_status status;

    sid_set_remove(joiner->remembered, conversation);
    if (!joiner->spool)
        return;
    status = spool_clear_removed(joiner->spool, conversation);
    if (status != SPOOL_OK && status != SPOOL_ABSENT)
        complain(joiner, status);
}

void joiner_tell(void *argument, const char *conversation, enum joiner_news news)
{
    struct joiner *joiner = argument;
    int64_t begun_us = clock_monotonic_us();

    switch (news) {
    case JOINER_BOT_LEFT:
        mark_removed(joiner, conversation);
        break;
    case JOINER_BOT_CAME:
        clear_removed(joiner, conversation);
        remember(joiner, conversation);
        break;
    case JOINER_CONVERSATION_ENDED: /* closed is final: it will not need the mark again */
        clear_removed(joiner, conversation);
        break;
    }
    note_time(joiner, "change a mark", begun_us);
}

struct joiner *joiner_new(const struct config *config, const struct log *log,
                          struct joins *joins, struct spool *spool,
                          struct stats *stats)
{
    struct joiner *joiner = calloc(1, sizeof *joiner);

    if (!joiner)
        return NULL;
    joiner->config = config;
    joiner->log = log;
    joiner->joins = joins;
    joiner->spool = spool;
    joiner->stats = stats;
    TAILQ_INIT(&joiner->under_way);
    jitter_init(&joiner->jitter);
    joiner->remembered = sid_set_new(REMEMBERED);
    if (joiner->remembered)
        return joiner;
    joiner_free(joiner);
    return NULL;
}

void joiner_free(struct joiner *joiner)
{
    struct spooled_join *join;

    if (!joiner)
        return;
    while ((join = TAILQ_FIRST(&joiner->under_way))) {
        TAILQ_REMOVE(&joiner->under_way, join, entry);
        free(join);
    }
    sid_set_free(joiner->remembered);
    free(joiner);
}
