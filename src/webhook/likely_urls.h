/*
 * The dozen of URLs that Twilio most likely signed instead of the one that we took, for the mistakes that users of
 * every Twilio library make: other scheme, forwarded host, slash, port, query.
 *
 * The responder tries them for the hint in its log, and a stranger can have it do so: there are never more,
 * and none is longer than LIKELY_URLS_LENGTH_LIMIT, whatever is sent. The wide search is `explain`'s
 * (diagnosis/url_variants.h), in a process that holds no sockets.
 */
#ifndef AUTOJOIN_WEBHOOK_LIKELY_URLS_H
#define AUTOJOIN_WEBHOOK_LIKELY_URLS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/public_url.h"

enum { LIKELY_URLS_LIMIT = 12, LIKELY_URLS_LENGTH_LIMIT = 2048 };

struct likelyurl {
    size_t at, length; /* of its text */
    bool query_dropped; /* what arrived had a query, this has none */
    bool query_masked;  /* see struct public_url */
};

struct likely_urls {
    struct likelyurl urls[LIKELY_URLS_LIMIT];
    size_t count;
    struct buffer text;
};

/* Makes them of what was taken and of what the request says besides; the likeliest first. Without memory there are
 * fewer. To be freed with likely_urls_free(). Thread-safe. */
void likely_urls_make(struct likely_urls *urls, const struct public_url_candidates *taken,
                     const struct config *config, const struct request *request);

void likely_urls_free(struct likely_urls *urls);

/* The pieces of number `i`. False if its text is no URL after all. They borrow `urls`. */
bool likely_urls_at(const struct likely_urls *urls, size_t i, struct public_url *url);

#endif
