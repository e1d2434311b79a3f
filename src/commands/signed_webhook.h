/* A webhook as Twilio would send it: URL, body, signature. */
#ifndef AUTOJOIN_COMMANDS_SIGNED_WEBHOOK_H
#define AUTOJOIN_COMMANDS_SIGNED_WEBHOOK_H

#include <stdbool.h>

#include "support/buffer.h"
#include "webhook/signature.h"

enum { SIGNEDWEBHOOK_BODY_LIMIT = 1024 * 1024 };

struct signedwebhook {
    struct buffer url; /* with bodySHA256, if the body is no form */
    struct buffer body;
    const char *content_type;
    char signature[SIGNATURE_LENGTH + 1];
};

enum signedwebhook_status {
    SIGNEDWEBHOOK_OK,
    SIGNEDWEBHOOK_BAD_URL,
    SIGNEDWEBHOOK_BAD_BODY, /* more parameters than a webhook may have */
    SIGNEDWEBHOOK_FAILED    /* memory or OpenSSL */
};

/* Signs a body, which it takes over as it is; only a form's parameters are signed, of anything
 * else its hash in the URL, as Twilio does. Must be given to signedwebhook_free(), on any
 * status. */
enum signedwebhook_status signedwebhook_make(struct signedwebhook *webhook, const char *url,
                                             const char *content_type, struct buffer *body,
                                             const char *token);

void signedwebhook_free(struct signedwebhook *webhook);

#endif
