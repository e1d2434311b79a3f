#include "build.h"

#include "webhook/signature_claim.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct piece {
    const char *at;
    size_t length;
};

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && strchr(" \t", piece.at[0])) {
        piece.at++;
        piece.length--;
    }
    while (piece.length > 0 && strchr(" \t", piece.at[piece.length - 1]))
        piece.length--;
    return piece;
}

/* The first value of that name that is not empty: members are split at ",", names from values at the first "=",
 * blanks around them dropped; nothing is quoted or escaped. Two headers may have been joined by ", " on the way. */
static struct piece find_member(const char *settings, const char *name)
{
    const char *at = settings;

    for (;;) {
        size_t length = strcspn(at, ",");
        const char *equals = memchr(at, '=', length);

        if (equals) {
            struct piece key = trim((struct piece){at, (size_t)(equals - at)});
            struct piece value =
                trim((struct piece){equals + 1, length - (size_t)(equals + 1 - at)});

            if (value.length > 0 && key.length == strlen(name) &&
                memcmp(key.at, name, key.length) == 0)
                return value;
        }
        if (!at[length])
            return (struct piece){at, 0};
        at += length + 1;
    }
}

static bool read_algorithm(enum signature_algorithm *algorithm, struct piece name)
{
    size_t i;

    *algorithm = SIGNATURE_SHA1;
    for (i = 0; i < SIGNATURE_ALGORITHMS && name.length > 0; i++) {
        const char *known = signature_algorithm_name((enum signature_algorithm)i);

        *algorithm = (enum signature_algorithm)i;
        if (strlen(known) == name.length && strncasecmp(known, name.at, name.length) == 0)
            return true;
    }
    return name.length == 0;
}

static void read_settings(struct signature_claim *claim, const char *settings,
                          const struct signature_keys *keys)
{
    struct piece key = find_member(settings, "key"), algorithm = find_member(settings, "algorithm");

    claim->header = SIGNATURE_CLAIM_BY_SETTINGS;
    claim->key = key.at;
    claim->key_length = key.length;
    claim->algorithm = algorithm.at;
    claim->algorithm_length = algorithm.length;
    claim->candidates.keys = key.length > 0 ? signature_keys_find(keys, key.at, key.length)
                                            : signature_keys_tokens(keys);
    if (claim->candidates.keys == 0)
        claim->status = SIGNATURE_CLAIM_UNKNOWN_KEY;
    else if (!read_algorithm(&claim->candidates.algorithm, algorithm))
        claim->status = SIGNATURE_CLAIM_UNKNOWN_ALGORITHM;
    if (claim->status != SIGNATURE_CLAIM_OK)
        claim->candidates.keys = 0;
}

void signature_claim_read(struct signature_claim *claim, const struct request *request,
                          const struct signature_keys *keys)
{
    const char *settings =
        request_text(request, VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS);
    const char *sid = request_text(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE_KEY_SID);
    size_t length = strlen(request_text(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE));

    *claim = (struct signature_claim){.key = sid, .key_length = strlen(sid), .algorithm = ""};
    if (*settings) {
        read_settings(claim, settings, keys);
        return;
    }
    if (*sid)
        claim->header = SIGNATURE_CLAIM_BY_KEY_SID;
    claim->candidates = (struct signature_candidates){signature_keys_tokens(keys), SIGNATURE_SHA1};
    if (length == SIGNATURE_SHA256_LENGTH)
        claim->candidates =
            (struct signature_candidates){signature_keys_shared(keys), SIGNATURE_SHA256};
    else if (*sid)
        claim->candidates.keys |= signature_keys_shared(keys);
}

const char *signature_claim_header_name(enum signature_claim_header header)
{
    switch (header) {
    case SIGNATURE_CLAIM_BY_SETTINGS:
        return "X-Twilio-Webhooks-Signature-Settings";
    case SIGNATURE_CLAIM_BY_KEY_SID:
        return "X-Twilio-Signature-Key-Sid";
    case SIGNATURE_CLAIM_BY_NONE:
        break;
    }
    return NULL;
}
