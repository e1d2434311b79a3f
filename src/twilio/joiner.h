/*
 * A join that is not lost: what the webhook orders, with the ticket written before and the verdict
 * kept after, and with what is remembered of the conversation.
 */
#ifndef AUTOJOIN_TWILIO_JOINER_H
#define AUTOJOIN_TWILIO_JOINER_H

#include <stdint.h>

#include "support/config.h"
#include "support/log.h"
#include "spool/spool.h"
#include "support/stats.h"
#include "twilio/join.h"

/* What a webhook tells of a conversation besides calling for a join. */
enum joiner_news {
    JOINER_BOT_LEFT,          /* somebody removed the bot: not to be joined again */
    JOINER_BOT_CAME,          /* somebody added it: that is forgotten */
    JOINER_CONVERSATION_ENDED /* closed or removed: all is forgotten */
};

struct joiner;

/* Prepares; NULL if memory ran out. All arguments must outlive it; `spool` and `stats` may be NULL. */
struct joiner *joiner_new(const struct config *config, const struct log *log,
                          struct joins *joins, struct spool *spool,
                          struct stats *stats);

/* Frees it, after joins_free(): tickets of joins under way stay. */
void joiner_free(struct joiner *joiner);

/* Does a join; `done` is called exactly once, perhaps before this returns. An unusable spool
 * is logged and never stops it. (A handler_join_fn.) */
void joiner_join(void *joiner, const struct join_request *request, join_done_fn *done,
                 void *argument);

/* Takes news of a conversation. (A handler_news_fn.) */
void joiner_tell(void *joiner, const char *conversation_sid, enum joiner_news news);

#endif
