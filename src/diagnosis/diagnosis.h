/*
 * Why does a signature not match? Tries every known alteration of URL, parameters, key and the
 * signature itself, alone and in pairs, the smallest change first, until one makes it match: a
 * proof, as an HMAC cannot match by chance. Where none does, says what else is known.
 */
#ifndef AUTOJOIN_DIAGNOSIS_DIAGNOSIS_H
#define AUTOJOIN_DIAGNOSIS_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnosis/form_variants.h"
#include "diagnosis/url_variants.h"
#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/signature_claim.h"

enum diagnosis_status {
    DIAGNOSIS_HOLDS,       /* the signature matches */
    DIAGNOSIS_PROVED,      /* it does not, and one alteration or two explain it */
    DIAGNOSIS_LIKELY,      /* nothing makes it match, but something is plainly wrong */
    DIAGNOSIS_UNKNOWN,
    DIAGNOSIS_NO_MEMORY
};

/* Found without a match. */
enum diagnosis_fault {
    DIAGNOSIS_FAULT_NONE,
    DIAGNOSIS_FAULT_URL,           /* no URL can be built from the request */
    DIAGNOSIS_FAULT_NO_SIGNATURE,
    DIAGNOSIS_FAULT_BODY_MISSING,
    DIAGNOSIS_FAULT_ACCOUNT,       /* of another account, which signs with its own token */
    DIAGNOSIS_FAULT_SHARED_KEY,    /* a header names a SharedKey that is not in the settings */
    DIAGNOSIS_FAULT_ALGORITHM,     /* a header names an algorithm that nobody here can compute */
    DIAGNOSIS_FAULT_TOKEN_SHAPE,   /* TWILIO_AUTH_TOKEN is no auth token */
    DIAGNOSIS_FAULT_NAMES,         /* parameter names were rewritten, and more was lost with that */
    DIAGNOSIS_FAULT_SIGNATURE_SHAPE,
    DIAGNOSIS_FAULT_HASHED_BODY,   /* the URL is right, and the body not that of bodySHA256 */
    DIAGNOSIS_FAULT_FORGED         /* it has nothing of what every webhook of Twilio's has */
};

/* Which key matched. */
enum diagnosis_key {
    DIAGNOSIS_KEY_PRIMARY,
    DIAGNOSIS_KEY_SECONDARY,
    DIAGNOSIS_KEY_API_SECRET,
    DIAGNOSIS_KEY_GIVEN,
    DIAGNOSIS_KEY_SHARED
};

struct diagnosis_input {
    const struct config *config;
    const struct request *request; /* a webhook as it arrived; its body is only read */
    const char *base_url;    /* what we would take for it; NULL: built from the request */
    const char *given_token; /* one more to try; NULL for none */
    unsigned within_ms;      /* of processor time; 0: as long as a person waits gladly */
};

struct diagnosis {
    enum diagnosis_status status;
    enum diagnosis_fault fault;
    unsigned url_changes; /* enum url_change */
    enum form_change form_changes[2];
    char names[2][64];    /* of the parameters altered; "" if it is not one */
    enum diagnosis_key key;
    const char *key_id; /* of a SharedKey; borrowed from the settings */
    enum signature_algorithm algorithm;
    bool key_claimed;   /* key and algorithm are among what the headers, or their absence, say */
    struct signature_claim claim; /* borrows the request */
    bool signature_altered;
    bool json_form;       /* the body is a form, whatever CONTENT_TYPE says */
    bool hashed;          /* bodySHA256 is in the query and is the body's */
    struct buffer base;   /* the URL that we took; for a person, userinfo hidden */
    struct buffer url;    /* the URL that was signed, likewise */
    bool out_of_time;     /* not all was tried */
    uint64_t tried;       /* signatures computed */
    int64_t took_us;
};

/* Finds out. Bounded: less than a second. The diagnosis must be given to diagnosis_free(). */
void diagnosis_find(struct diagnosis *diagnosis, const struct diagnosis_input *input);

void diagnosis_free(struct diagnosis *diagnosis);

#endif
