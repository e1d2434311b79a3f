/*
 * Why did a signature not match? Tries the mistakes that users of every Twilio library make
 * - scheme, host behind a proxy, slash, port, query - and says the fix. For the log only: the sender
 * learns nothing.
 */
#ifndef AUTOJOIN_WEBHOOK_HINT_H
#define AUTOJOIN_WEBHOOK_HINT_H

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/likely_urls.h"
#include "webhook/signature.h"

enum {
    HINT_LIMIT = 4096,
    HINT_URLS_LIMIT = LIKELY_URLS_LIMIT,
    HINT_SIGNED_LIMIT = 4096, /* bytes of a URL and the parameters: what is longer is not looked into */
};

/* Appends a hint if some other URL than those that were `taken` would have matched; otherwise nothing. HINT_URLS_LIMIT
 * signatures for each key, over HINT_SIGNED_LIMIT bytes, at most: under a millisecond whatever was sent. The caller
 * bounds how often. */
void hint_find(struct buffer *hint, const struct public_url_candidates *taken,
               const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_parameters *parameters);

#endif
