#include "build.h"

#include "webhook/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum { SHA256_LENGTH = 32, HASH_LIMIT = SHA256_LENGTH };

/* By enum signature_algorithm. */
static const struct {
    const char *name, *digest;
    size_t hash_length, length; /* in bytes; in base64 */
} algorithms[SIGNATURE_ALGORITHMS] = {
    [SIGNATURE_SHA1] = {"HMAC_SHA1", "SHA1", 20, SIGNATURE_SHA1_LENGTH},
    [SIGNATURE_SHA256] = {"HMAC_SHA256", "SHA256", SHA256_LENGTH, SIGNATURE_SHA256_LENGTH},
};

struct signature_key {
    EVP_MAC_CTX *contexts[SIGNATURE_ALGORITHMS]; /* NULL: not needed yet */
    const char *id;     /* NULL: an auth token */
    const char *secret; /* borrowed */
};

struct signature_keys {
    EVP_MAC *mac;
    struct signature_key keys[SIGNATURE_KEYS_LIMIT];
    size_t count;
};

size_t signature_length(enum signature_algorithm algorithm)
{
    return algorithms[algorithm].length;
}

const char *signature_algorithm_name(enum signature_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

static EVP_MAC_CTX *key_context(EVP_MAC *mac, const char *secret, enum signature_algorithm algorithm)
{
    char name[8];
    OSSL_PARAM parameters[2];
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);

    /* Before it is made a parameter, which measures it. */
    snprintf(name, sizeof name, "%s", algorithms[algorithm].digest);
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    parameters[1] = OSSL_PARAM_construct_end();
    if (context &&
        EVP_MAC_init(context, (const unsigned char *)secret, strlen(secret), parameters) == 1)
        return context;
    EVP_MAC_CTX_free(context);
    return NULL;
}

static void free_contexts(struct signature_key *key)
{
    size_t i;

    for (i = 0; i < SIGNATURE_ALGORITHMS; i++)
        EVP_MAC_CTX_free(key->contexts[i]);
    *key = (struct signature_key){.id = NULL};
}

/* Each context holds a copy of the secret in memory that is not locked, so that there is none for an algorithm
 * that nobody signs with. NULL if memory or OpenSSL fails. */
static EVP_MAC_CTX *context_of(struct signature_keys *keys, size_t number,
                               enum signature_algorithm algorithm)
{
    struct signature_key *key = &keys->keys[number];

    if (!key->contexts[algorithm])
        key->contexts[algorithm] = key_context(keys->mac, key->secret, algorithm);
    return key->contexts[algorithm];
}

static bool add_key(struct signature_keys *keys, const char *id, const char *secret,
                    enum signature_algorithm algorithm)
{
    if (keys->count == SIGNATURE_KEYS_LIMIT)
        return false;
    keys->keys[keys->count] = (struct signature_key){.id = id, .secret = secret};
    if (!context_of(keys, keys->count, algorithm))
        return false;
    keys->count++;
    return true;
}

struct signature_keys *signature_keys_new(const char *const *tokens, size_t count)
{
    struct signature_keys *keys = calloc(1, sizeof *keys);
    size_t i;

    if (!keys)
        return NULL;
    keys->mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    for (i = 0; i < count && keys->mac; i++)
        if (tokens[i] && !add_key(keys, NULL, tokens[i], SIGNATURE_SHA1))
            goto failed;
    if (keys->count > 0)
        return keys;
failed:
    signature_keys_free(keys);
    return NULL;
}

bool signature_keys_add_shared(struct signature_keys *keys, const char *id, const char *secret)
{
    return add_key(keys, id, secret, SIGNATURE_SHA256);
}

void signature_keys_free(struct signature_keys *keys)
{
    size_t i;

    if (!keys)
        return;
    for (i = 0; i < keys->count; i++)
        free_contexts(&keys->keys[i]);
    EVP_MAC_free(keys->mac);
    free(keys);
}

unsigned signature_keys_tokens(const struct signature_keys *keys)
{
    return ((1U << keys->count) - 1) & ~signature_keys_shared(keys);
}

unsigned signature_keys_shared(const struct signature_keys *keys)
{
    unsigned shared = 0;
    size_t i;

    for (i = 0; i < keys->count; i++)
        if (keys->keys[i].id)
            shared |= 1U << i;
    return shared;
}

unsigned signature_keys_find(const struct signature_keys *keys, const char *id, size_t length)
{
    size_t i;

    for (i = 0; i < keys->count; i++) {
        const char *known = keys->keys[i].id;

        if (known && strlen(known) == length && memcmp(known, id, length) == 0)
            return 1U << i;
    }
    return 0;
}

const char *signature_keys_id(const struct signature_keys *keys, size_t key)
{
    return keys->keys[key].id;
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_parameters(const void *left, const void *right)
{
    const struct form_parameter *a = *(const struct form_parameter *const *)left;
    const struct form_parameter *b = *(const struct form_parameter *const *)right;
    int order = compare_bytes(a->name, a->name_length, b->name, b->name_length);

    return order ? order : compare_bytes(a->value, a->value_length, b->value, b->value_length);
}

static bool append(struct signature_parameters *parameters, const char *bytes, size_t length)
{
    if (length > sizeof parameters->text - parameters->text_length)
        return false;
    memcpy(parameters->text + parameters->text_length, bytes, length);
    parameters->text_length += length;
    return true;
}

void signature_join(struct signature_parameters *parameters)
{
    size_t i;

    parameters->text_length = 0;
    for (i = 0; i < parameters->count; i++) {
        const struct form_parameter *parameter = parameters->sorted[i];

        if (!append(parameters, parameter->name, parameter->name_length) ||
            !append(parameters, parameter->value, parameter->value_length)) {
            parameters->text_length = 0;
            return;
        }
    }
}

void signature_sort(struct signature_parameters *parameters, const struct form *form)
{
    const struct form_parameter **sorted = parameters->sorted;
    size_t i, kept = 0;

    for (i = 0; i < form->count; i++)
        sorted[i] = &form->parameters[i];
    qsort(sorted, form->count, sizeof *sorted, compare_parameters);
    for (i = 0; i < form->count; i++)
        if (kept == 0 || compare_parameters(&sorted[kept - 1], &sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    parameters->count = kept;
    signature_join(parameters);
}

static bool add(EVP_MAC_CTX *context, const char *bytes, size_t length)
{
    return EVP_MAC_update(context, (const unsigned char *)bytes, length) == 1;
}

static bool digest(EVP_MAC_CTX *context, const struct public_url *url,
                   const struct signature_parameters *parameters, size_t wanted,
                   unsigned char hmac[HASH_LIMIT])
{
    size_t i, length;

    /* Without a key: starts anew with the key that it has. */
    if (EVP_MAC_init(context, NULL, 0, NULL) != 1 || !add(context, url->head, url->head_length) ||
        !add(context, url->port, url->port_length) || !add(context, url->tail, url->tail_length))
        return false;
    if (parameters->text_length > 0 &&
        !add(context, parameters->text, parameters->text_length))
        return false;
    for (i = 0; parameters->text_length == 0 && i < parameters->count; i++) {
        const struct form_parameter *parameter = parameters->sorted[i];

        if (!add(context, parameter->name, parameter->name_length) ||
            !add(context, parameter->value, parameter->value_length))
            return false;
    }
    return EVP_MAC_final(context, hmac, &length, HASH_LIMIT) == 1 && length == wanted;
}

bool signature_compute(struct signature_keys *keys, size_t key, enum signature_algorithm algorithm,
                       const struct public_url *url, const struct signature_parameters *parameters,
                       char signature[SIGNATURE_SIZE])
{
    size_t length = algorithms[algorithm].hash_length;
    EVP_MAC_CTX *context = key < keys->count ? context_of(keys, key, algorithm) : NULL;
    unsigned char hmac[HASH_LIMIT];

    signature[0] = '\0';
    if (!context || !digest(context, url, parameters, length, hmac))
        return false;
    EVP_EncodeBlock((unsigned char *)signature, hmac, (int)length);
    OPENSSL_cleanse(hmac, sizeof hmac);
    return true;
}

/* Our own signature is encoded and the texts compared: decoding what a stranger sent
 * would only add ways to go wrong. */
bool signature_matches(struct signature_keys *keys, const struct signature_candidates *candidates,
                       const struct public_url *urls, size_t urls_count,
                       const struct signature_parameters *parameters, const char *given,
                       struct signature_match *match)
{
    char text[SIGNATURE_SIZE];
    char padded[SIGNATURE_SIZE] = "";
    size_t length = given ? strlen(given) : 0, url, key;
    size_t wanted = signature_length(candidates->algorithm);
    unsigned matched = 0;

    if (length == wanted)
        memcpy(padded, given, wanted);
    for (url = 0; url < urls_count; url++) {
        for (key = 0; key < keys->count; key++) {
            bool computed, equal;

            if (!(candidates->keys >> key & 1))
                continue;
            computed = signature_compute(keys, key, candidates->algorithm, &urls[url], parameters, text);
            equal = CRYPTO_memcmp(text, padded, wanted) == 0;
            if (computed & equal & (length == wanted)) {
                matched |= 1;
                if (match)
                    *match = (struct signature_match){url, key};
            }
        }
    }
    OPENSSL_cleanse(text, sizeof text);
    return matched != 0;
}

static const char body_hash_name[] = "bodySHA256=";

/* Finds the value of bodySHA256 among the query's parameters. */
static const char *find_body_hash(const char *query, size_t length, size_t *value_length)
{
    const char *at = query, *end = query + length;
    size_t name = sizeof body_hash_name - 1;

    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));

        if (!stop)
            stop = end;
        if ((size_t)(stop - at) >= name && memcmp(at, body_hash_name, name) == 0) {
            *value_length = (size_t)(stop - at) - name;
            return at + name;
        }
        at = stop + 1;
    }
    return NULL;
}

bool signature_has_body_hash(const char *query, size_t length)
{
    size_t value_length;

    return find_body_hash(query, length, &value_length) != NULL;
}

bool signature_body_hash_matches(const char *query, size_t length, const char *body,
                                 size_t body_length)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[SHA256_LENGTH];
    char expected[2 * SHA256_LENGTH], given[2 * SHA256_LENGTH];
    size_t value_length, i;
    const char *value = find_body_hash(query, length, &value_length);

    if (!value || value_length != sizeof given ||
        EVP_Digest(body, body_length, hash, NULL, EVP_sha256(), NULL) != 1)
        return false;
    for (i = 0; i < sizeof given; i++) {
        unsigned char byte = hash[i / 2];

        expected[i] = digits[i % 2 ? byte & 15 : byte >> 4];
        given[i] = value[i] >= 'A' && value[i] <= 'F' ? (char)(value[i] - 'A' + 'a') : value[i];
    }
    return CRYPTO_memcmp(expected, given, sizeof given) == 0;
}
