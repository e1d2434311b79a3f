/* What the handler of requests is handed, and what it keeps from one to the next. */
#ifndef AUTOJOIN_WEBHOOK_HANDLER_MEANS_H
#define AUTOJOIN_WEBHOOK_HANDLER_MEANS_H

#include <stdint.h>

#include "gateway/exchange.h"
#include "support/config.h"
#include "support/log.h"
#include "support/stats.h"
#include "spool/spool_joins.h"
#include "webhook/answer.h"
#include "webhook/event.h"
#include "webhook/signature.h"

/* Does a join and calls `done` exactly once, now or later. */
typedef void handler_join_fn(void *argument, const struct join_request *request, join_done_fn *done,
                             void *done_argument);

/* Takes news of a conversation, and when that was made: clock_wall_ms(); 0 if unknown. */
typedef void handler_news_fn(void *argument, const char *conversation_sid, enum spool_joins_news news,
                             int64_t made_ms);

/* Calls `go` once others have been served. False, and never, if memory ran out. */
typedef bool handler_later_fn(void *argument, void (*go)(void *), void *go_argument);

/* Keeps a request whose signature did not match, with its raw body, for `explain`. */
typedef void handler_capture_fn(void *argument, const struct request *request, const char *body,
                                size_t body_length);

struct handler {
    const struct config *config;
    const struct log *log;
    struct signature_keys *keys; /* NULL: the settings are faulty, everything is answered 500 */
    handler_join_fn *join;
    handler_news_fn *tell;
    void *spooled; /* argument of both */
    handler_later_fn *later; /* NULL: nobody else is served */
    void *loop;              /* its argument */
    handler_capture_fn *capture; /* NULL: refused requests are not kept */
    void *captures;              /* its argument */
    struct stats *stats; /* NULL: not counted */
    int64_t hinted_us; /* when the last hint was looked for */
    char health[ANSWER_HEALTH_SIZE]; /* what a health check is told; made for the first one */
    uint64_t id_next;  /* of request ids; start anywhere */
    size_t batches;    /* requests of Event Streams in hand, which may have no join under way */
};

#endif
