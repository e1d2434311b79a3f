/*
 * One request and the way its answer goes back: what a gateway hands to the application.
 *
 * The gateway fills `request` and calls its exchange_serve_fn. The application sets
 * `response` and `log` and calls exchange_reply() exactly once, at once or
 * later from the same event loop; after that the exchange is the gateway's again.
 */
#ifndef AUTOJOIN_GATEWAY_EXCHANGE_H
#define AUTOJOIN_GATEWAY_EXCHANGE_H

#include "gateway/request.h"
#include "gateway/response.h"
#include "support/buffer.h"

struct exchange {
    struct request request;
    struct response response;
    struct buffer log; /* finished log lines of this request */
    void (*reply)(struct exchange *exchange);
};

typedef void exchange_serve_fn(void *application, struct exchange *exchange);

static inline void exchange_reply(struct exchange *exchange)
{
    exchange->reply(exchange);
}

#endif
