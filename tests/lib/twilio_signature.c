#include "build.h"

#include "twilio_signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "plain_form.h"

static int compare_bytes(const unsigned char *a, size_t a_length, const unsigned char *b,
                         size_t b_length)
{
    size_t shared = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, shared);

    if (order != 0)
        return order;
    return a_length < b_length ? -1 : a_length > b_length;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct plain_form_pair *a = left, *b = right;
    int order = compare_bytes(a->name, a->name_length, b->name, b->name_length);

    return order != 0 ? order
                      : compare_bytes(a->value, a->value_length, b->value, b->value_length);
}

static size_t join(unsigned char *to, const char *url, size_t url_length, const char *body,
                   size_t body_length)
{
    static struct plain_form form;
    const struct plain_form_pair *pairs = form.pairs;
    size_t i, length = url_length;

    memcpy(to, url, url_length);
    plain_form_read(&form, body ? body : "", body ? body_length : 0);
    qsort(form.pairs, form.count, sizeof *pairs, compare_pairs);
    for (i = 0; i < form.count; i++) {
        if (i > 0 && compare_pairs(&pairs[i - 1], &pairs[i]) == 0)
            continue;
        memcpy(to + length, pairs[i].name, pairs[i].name_length);
        length += pairs[i].name_length;
        memcpy(to + length, pairs[i].value, pairs[i].value_length);
        length += pairs[i].value_length;
    }
    plain_form_free(&form);
    return length;
}

void twilio_signature_write(char signature[TWILIO_SIGNATURE_SIZE], const char *secret,
                           enum twilio_signature_hash hash, const char *url, size_t url_length, const char *body, size_t body_length)
{
    unsigned char hmac[EVP_MAX_MD_SIZE], *text = malloc(url_length + body_length + 1);
    unsigned length = 0;
    size_t text_length;

    if (!text)
        abort();
    text_length = join(text, url, url_length, body, body_length);
    if (!HMAC(hash == TWILIO_SIGNATURE_SHA256 ? EVP_sha256() : EVP_sha1(), secret, (int)strlen(secret), text, text_length, hmac, &length))
        abort();
    EVP_EncodeBlock((unsigned char *)signature, hmac, (int)length);
    free(text);
}

void twilio_signature_write_hash(char hash[TWILIO_SIGNATURE_HASH_SIZE], const char *body, size_t length)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0, i;

    if (!EVP_Digest(body, length, bytes, &count, EVP_sha256(), NULL))
        abort();
    for (i = 0; i < count; i++)
        snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
}
