/*
 * Did Twilio sign this request? The URL is rebuilt, the parameters sorted, the signature compared,
 * a JSON body held against its hash.
 */
#ifndef AUTOJOIN_WEBHOOK_PROOF_H
#define AUTOJOIN_WEBHOOK_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/config.h"
#include "webhook/answer.h"
#include "webhook/form.h"
#include "webhook/public_url.h"
#include "webhook/signature.h"

struct proof_means {
    const struct config *config;
    struct signature_keys *keys;
    int64_t *hinted_us; /* when the last hint was looked for */
};

struct proof {
    bool json;        /* the body is no form: it is proved by bodySHA256 */
    struct form form; /* the body's parameters; decoded where it lies */
    struct signature_parameters parameters;
    struct public_url_candidates urls;
    struct buffer url_text;
};

/* Whether that CONTENT_TYPE is a form, or JSON as Event Streams may send it. */
bool proof_is_form(const char *content_type);
bool proof_is_json(const char *content_type);

void proof_init(struct proof *proof);

/* ANSWER_NONE if Twilio signed it. Otherwise `facts` gets the reason and what the log tells
 * besides, borrowed from `proof`; ANSWER_FORBIDDEN if it is the signature that does not hold. */
enum answer proof_judge(struct proof *proof, const struct proof_means *means,
                        const struct request *request, struct answer_facts *facts);

void proof_free(struct proof *proof);

#endif
