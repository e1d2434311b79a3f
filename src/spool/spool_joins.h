/*
 * A join that is not lost: what the webhook orders, with the ticket written before and the verdict
 * kept after, and with what is remembered of the conversation.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_JOINS_H
#define AUTOJOIN_SPOOL_SPOOL_JOINS_H

#include <stdint.h>

#include "support/config.h"
#include "support/log.h"
#include "spool/spool.h"
#include "support/stats.h"
#include "twilio/join.h"

/* What a webhook tells of a conversation besides calling for a join. */
enum spool_joins_news {
    SPOOL_JOINS_BOT_REMOVED,          /* somebody removed the bot: not to be joined again */
    SPOOL_JOINS_BOT_ADDED,          /* somebody added it: that is forgotten */
    SPOOL_JOINS_CONVERSATION_ENDED /* closed or removed: all is forgotten */
};

struct spool_joins;

/* Prepares; NULL if memory ran out. All arguments must outlive it; `spool` and `stats` may be NULL. */
struct spool_joins *spool_joins_new(const struct config *config, const struct log *log,
                          struct joins *joins, struct spool *spool,
                          struct stats *stats);

/* Frees it, after joins_free(): tickets of joins under way stay. */
void spool_joins_free(struct spool_joins *spooled);

/* Does a join; `done` is called exactly once, perhaps before this returns. An unusable spool
 * is logged and never stops it. (A handler_join_fn.) */
void spool_joins_start(void *spooled, const struct join_request *request, join_done_fn *done,
                 void *argument);

/* Takes news of a conversation; `made_ms` is when it happened (clock_wall_ms(); 0: unknown): that somebody added
 * the bot before it was removed is no news. (A handler_news_fn.) */
void spool_joins_tell(void *spooled, const char *conversation_sid, enum spool_joins_news news, int64_t made_ms);

#endif
