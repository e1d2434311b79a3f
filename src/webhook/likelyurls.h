/*
 * The dozen of URLs that Twilio most likely signed instead of the one that we took, for the mistakes that users of
 * every Twilio library make: other scheme, forwarded host, slash, port, query.
 *
 * The responder tries them for the hint in its log, and a stranger can have it do so: there are never more,
 * and none is longer than LIKELYURLS_LENGTH_LIMIT, whatever is sent. The wide search is `explain`'s
 * (diagnosis/url_variants.h), in a process that holds no sockets.
 */
#ifndef AUTOJOIN_WEBHOOK_LIKELYURLS_H
#define AUTOJOIN_WEBHOOK_LIKELYURLS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/publicurl.h"

enum { LIKELYURLS_LIMIT = 12, LIKELYURLS_LENGTH_LIMIT = 2048 };

struct likelyurl {
    size_t at, length; /* of its text */
    bool query_dropped; /* what arrived had a query, this has none */
    bool query_masked;  /* see struct publicurl */
};

struct likelyurls {
    struct likelyurl urls[LIKELYURLS_LIMIT];
    size_t count;
    struct buffer text;
};

/* Makes them of what was taken and of what the request says besides; the likeliest first. Without memory there are
 * fewer. To be freed with likelyurls_free(). Thread-safe. */
void likelyurls_make(struct likelyurls *urls, const struct publicurl_candidates *taken,
                     const struct config *config, const struct request *request);

void likelyurls_free(struct likelyurls *urls);

/* The pieces of number `i`. False if its text is no URL after all. They borrow `urls`. */
bool likelyurls_at(const struct likelyurls *urls, size_t i, struct publicurl *url);

#endif
