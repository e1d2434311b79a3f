/*
 * X-Twilio-Signature: base64(HMAC(key, URL + sorted parameters)). The key is the account's auth token, and the hash
 * SHA-1; or it is one of the account's SharedKeys, and the hash SHA-1 or SHA-256. What is signed is the same.
 * Source: Twilio, "Webhooks security"; twilio-node 6.3.1; vectors of the official libraries in tests/vectors.
 */
#ifndef AUTOJOIN_WEBHOOK_SIGNATURE_H
#define AUTOJOIN_WEBHOOK_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "webhook/form.h"
#include "webhook/public_url.h"

enum signature_algorithm { SIGNATURE_SHA1, SIGNATURE_SHA256, SIGNATURE_ALGORITHMS };

enum {
    SIGNATURE_SHA1_LENGTH = 28,   /* base64 of 20 bytes */
    SIGNATURE_SHA256_LENGTH = 44, /* base64 of 32 bytes */
    SIGNATURE_SIZE = SIGNATURE_SHA256_LENGTH + 1, /* holds either, with its NUL */
    SIGNATURE_KEYS_LIMIT = 12,
    SIGNATURE_TEXT_SIZE = 4096,
};

/* How many characters an algorithm's signatures have. */
size_t signature_length(enum signature_algorithm algorithm);

/* Its name, as Twilio has it: HMAC_SHA1, HMAC_SHA256. */
const char *signature_algorithm_name(enum signature_algorithm algorithm);

/* What Twilio may sign with, keyed once and used for every request. */
struct signature_keys;

/* Keys the auth tokens, which are borrowed; NULL ones are skipped, the others numbered from 0. NULL if memory or
 * OpenSSL fails, or if there is none. Not to be used from two threads at once. */
struct signature_keys *signature_keys_new(const char *const *tokens, size_t count);

/* Adds a SharedKey with the next number. Its id and secret are borrowed. False if memory or OpenSSL fails, or the keys are
 * SIGNATURE_KEYS_LIMIT already. */
bool signature_keys_add_shared(struct signature_keys *keys, const char *id, const char *secret);

void signature_keys_free(struct signature_keys *keys);

/* Keys by number: a bit each. */
unsigned signature_keys_tokens(const struct signature_keys *keys);
unsigned signature_keys_shared(const struct signature_keys *keys);

/* The SharedKey with that id; 0 if there is none. */
unsigned signature_keys_find(const struct signature_keys *keys, const char *id, size_t length);

/* A key's id; NULL of an auth token. */
const char *signature_keys_id(const struct signature_keys *keys, size_t key);

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

/* The keys that may have made a signature, and how. */
struct signature_candidates {
    unsigned keys; /* bits */
    enum signature_algorithm algorithm;
};

struct signature_match {
    size_t url, key; /* their numbers */
};

/* Whether `given` is the signature over any of the URLs with any of the candidates. All URLs and candidates are
 * always tried and compared in constant time, so that the time tells nothing. `match`, if not NULL, gets what
 * matched. */
bool signature_matches(struct signature_keys *keys, const struct signature_candidates *candidates,
                       const struct public_url *urls, size_t urls_count,
                       const struct signature_parameters *parameters, const char *given,
                       struct signature_match *match);

/* Writes the signature with key number `key`. False if OpenSSL fails, or there is no such key. */
bool signature_compute(struct signature_keys *keys, size_t key, enum signature_algorithm algorithm,
                       const struct public_url *url, const struct signature_parameters *parameters,
                       char signature[SIGNATURE_SIZE]);

/* Whether the query has a bodySHA256: Twilio's way to sign bodies that are no forms. */
bool signature_has_body_hash(const char *query, size_t length);

/* Whether that hash is the body's (SHA-256, hex of either case). */
bool signature_body_hash_matches(const char *query, size_t length, const char *body,
                                 size_t body_length);

#endif
