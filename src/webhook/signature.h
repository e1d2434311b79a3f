/*
 * X-Twilio-Signature: base64(HMAC-SHA1(auth token, URL + sorted parameters)).
 * Source: Twilio, "Webhooks security"; vectors of the official libraries in tests/vectors.
 */
#ifndef AUTOJOIN_WEBHOOK_SIGNATURE_H
#define AUTOJOIN_WEBHOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "webhook/form.h"
#include "webhook/public_url.h"

enum {
    SIGNATURE_LENGTH = 28, /* base64 of 20 bytes */
    SIGNATURE_KEYS_LIMIT = 4,
    SIGNATURE_TEXT_SIZE = 4096,
};

/* The auth tokens that Twilio may sign with, keyed once and used for every request. */
struct signature_keys;

/* Keys the tokens; NULL ones are skipped. NULL if memory or OpenSSL fails, or if there is
 * none. Not to be used from two threads at once. */
struct signature_keys *signature_keys_new(const char *const *tokens, size_t count);

void signature_keys_free(struct signature_keys *keys);

/* What is signed besides the URL: the form's parameters sorted by name and then value, equal
 * pairs once (group MMS repeats MessagingBinding.Address). Borrows the form. */
struct signature_parameters {
    const struct form_parameter *sorted[FORM_PARAMETERS_LIMIT];
    size_t count;
    /* Names and values in a row, if they fit: one call of OpenSSL costs more than copying them. */
    char text[SIGNATURE_TEXT_SIZE];
    size_t text_length; /* 0 if they do not fit, or there are none */
};

void signature_sort(struct signature_parameters *parameters, const struct form *form);

/* Fills `text` from `sorted`: for whoever sorts in another way. */
void signature_join(struct signature_parameters *parameters);

/* Whether `given` is the signature over any of the URLs with any of the keys. All URLs and keys are
 * always tried and compared in constant time, so that the time tells nothing. `which`, if
 * not NULL, gets the index of the URL that matched. */
bool signature_matches(struct signature_keys *keys, const struct public_url *urls,
                       size_t urls_count, const struct signature_parameters *parameters,
                       const char *given, size_t *which);

/* Writes the signature with key number `key`. False if OpenSSL fails. */
bool signature_compute(struct signature_keys *keys, size_t key, const struct public_url *url,
                       const struct signature_parameters *parameters,
                       char signature[SIGNATURE_LENGTH + 1]);

/* Whether the query has a bodySHA256: Twilio's way to sign bodies that are no forms. */
bool signature_has_body_hash(const char *query, size_t length);

/* Whether that hash is the body's (SHA-256, hex of either case). */
bool signature_body_hash_matches(const char *query, size_t length, const char *body,
                                 size_t body_length);

#endif
