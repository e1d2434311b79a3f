/*
 * Why did a signature not match? Tries the mistakes that users of every Twilio library make
 * - scheme, host behind a proxy, slash, port, query - and says the mend. For the log only: the sender
 * learns nothing.
 */
#ifndef AUTOJOIN_WEBHOOK_HINT_H
#define AUTOJOIN_WEBHOOK_HINT_H

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/signature.h"

enum { HINT_LIMIT = 4096 };

/* Appends a hint if some other URL would have matched; otherwise nothing. A few
 * milliseconds: the caller bounds how often. */
void hint_find(struct buffer *hint, const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_parameters *parameters);

#endif
