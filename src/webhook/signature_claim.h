/*
 * What a request says of its signature: which key made it, and by which algorithm.
 *
 * No header is signed, so what they say is a hint for choosing among the keys that are configured, never proof: it can
 * leave out what would match, and add nothing that these settings do not hold.
 * Sources: twilio-node 6.3.1, getSignatureAlgorithm(); twilio-node's examples/WebhookSignatureValidation.md.
 */
#ifndef AUTOJOIN_WEBHOOK_SIGNATURE_CLAIM_H
#define AUTOJOIN_WEBHOOK_SIGNATURE_CLAIM_H

#include <stddef.h>

#include "gateway/request.h"
#include "webhook/signature.h"

enum signature_claim_status {
    SIGNATURE_CLAIM_OK,
    SIGNATURE_CLAIM_UNKNOWN_KEY,      /* one that is not configured is named */
    SIGNATURE_CLAIM_UNKNOWN_ALGORITHM /* one that we cannot compute is named */
};

/* Where it is said. */
enum signature_claim_header {
    SIGNATURE_CLAIM_BY_NONE,     /* nowhere */
    SIGNATURE_CLAIM_BY_KEY_SID,  /* X-Twilio-Signature-Key-Sid, of the private beta: an id, and nothing else */
    SIGNATURE_CLAIM_BY_SETTINGS, /* X-Twilio-Webhooks-Signature-Settings: key=ID,algorithm=NAME */
};

struct signature_claim {
    enum signature_claim_status status;
    enum signature_claim_header header;
    const char *key, *algorithm; /* as they are named, borrowed from the request; length 0 if they are not */
    size_t key_length, algorithm_length;
    struct signature_candidates candidates; /* what may have made it; no key if the status is not OK */
};

/* Reads the headers. A settings header counts alone: its key by its algorithm (HMAC_SHA1 if it names none), or
 * the auth tokens if it names no key. Without one the auth tokens by HMAC_SHA1; and every SharedKey, by the algorithm
 * of the signature's length, if that is HMAC_SHA256's or X-Twilio-Signature-Key-Sid is there: Twilio's own
 * texts disagree about that header's name. Thread-safe. */
void signature_claim_read(struct signature_claim *claim, const struct request *request,
                          const struct signature_keys *keys);

/* The header's name; NULL for none. */
const char *signature_claim_header_name(enum signature_claim_header header);

#endif
