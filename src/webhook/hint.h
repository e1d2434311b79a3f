/*
 * Why did a signature not match? Tries the mistakes that users of every Twilio library make
 * - scheme, host behind a proxy, slash, port, query - and says the fix. For the log only: the sender
 * learns nothing. A stranger can have it do so: there are never more URLs than HINT_URLS_LIMIT, and none is
 * longer than HINT_URLS_LENGTH_LIMIT, whatever is sent. The wide search is `explain`'s (diagnosis/url_variants.h),
 * in a process that holds no sockets.
 */
#ifndef AUTOJOIN_WEBHOOK_HINT_H
#define AUTOJOIN_WEBHOOK_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/public_url.h"
#include "webhook/signature.h"

enum { HINT_URLS_LIMIT = 12, HINT_URLS_LENGTH_LIMIT = 2048 };

struct hint_url {
    size_t at, length; /* of its text */
    bool query_dropped; /* what arrived had a query, this has none */
    bool query_masked;  /* see struct public_url */
};

struct hint_urls {
    struct hint_url urls[HINT_URLS_LIMIT];
    size_t count;
    struct buffer text;
};

/* Makes them of what was taken and of what the request says besides; the likeliest first. Without memory there are
 * fewer. To be freed with hint_urls_free(). Thread-safe. */
void hint_urls_make(struct hint_urls *urls, const struct public_url_candidates *taken,
                     const struct config *config, const struct request *request);

void hint_urls_free(struct hint_urls *urls);

/* The pieces of number `i`. False if its text is no URL after all. They borrow `urls`. */
bool hint_urls_at(const struct hint_urls *urls, size_t i, struct public_url *url);

enum {
    HINT_LIMIT = 4096,
    HINT_SIGNED_LIMIT = 4096, /* bytes of a URL and the parameters: what is longer is not looked into */
};

/* Appends a hint if some other URL than those that were `taken` would have matched; otherwise nothing. HINT_URLS_LIMIT
 * signatures for each candidate, over HINT_SIGNED_LIMIT bytes, at most: under a millisecond whatever was sent. The caller
 * bounds how often. */
void hint_find(struct buffer *hint, const struct public_url_candidates *taken,
               const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_candidates *candidates,
               const struct signature_parameters *parameters);

#endif
