#include "build.h"

#include "twiliosignature.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { PAIRS_LIMIT = 8192 };

struct pair {
    unsigned char *name, *value;
    size_t name_length, value_length;
};

static int value_of_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t decode(unsigned char *to, const unsigned char *from, size_t length)
{
    size_t i = 0, written = 0;

    while (i < length) {
        if (from[i] == '%' && i + 2 < length && value_of_digit(from[i + 1]) >= 0 &&
            value_of_digit(from[i + 2]) >= 0) {
            to[written++] =
                (unsigned char)(value_of_digit(from[i + 1]) * 16 + value_of_digit(from[i + 2]));
            i += 3;
        } else {
            to[written++] = from[i] == '+' ? ' ' : from[i];
            i++;
        }
    }
    return written;
}

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
    const struct pair *a = left, *b = right;
    int order = compare_bytes(a->name, a->name_length, b->name, b->name_length);

    return order != 0 ? order
                      : compare_bytes(a->value, a->value_length, b->value, b->value_length);
}

/* Decodes every piece between "&" into `room`. */
static size_t read_pairs(struct pair pairs[PAIRS_LIMIT], unsigned char *room,
                         const unsigned char *body, size_t length)
{
    size_t at = 0, count = 0;

    while (at < length && count < PAIRS_LIMIT) {
        size_t end = at, equals;

        while (end < length && body[end] != '&')
            end++;
        for (equals = at; equals < end && body[equals] != '=';)
            equals++;
        if (end > at) {
            struct pair *pair = &pairs[count++];

            pair->name = room;
            pair->name_length = decode(room, body + at, equals - at);
            room += pair->name_length;
            pair->value = room;
            pair->value_length =
                equals < end ? decode(room, body + equals + 1, end - equals - 1) : 0;
            room += pair->value_length;
        }
        at = end + 1;
    }
    return count;
}

static size_t join(unsigned char *to, const char *url, size_t url_length, const char *body,
                   size_t body_length)
{
    static struct pair pairs[PAIRS_LIMIT];
    unsigned char *room = malloc(body_length + 1);
    size_t count, i, length = url_length;

    if (!room)
        abort();
    memcpy(to, url, url_length);
    count = body ? read_pairs(pairs, room, (const unsigned char *)body, body_length) : 0;
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (i = 0; i < count; i++) {
        if (i > 0 && compare_pairs(&pairs[i - 1], &pairs[i]) == 0)
            continue;
        memcpy(to + length, pairs[i].name, pairs[i].name_length);
        length += pairs[i].name_length;
        memcpy(to + length, pairs[i].value, pairs[i].value_length);
        length += pairs[i].value_length;
    }
    free(room);
    return length;
}

void twiliosignature_write(char signature[TWILIOSIGNATURE_SIZE], const char *token, const char *url,
                           size_t url_length, const char *body, size_t body_length)
{
    unsigned char hmac[EVP_MAX_MD_SIZE], *text = malloc(url_length + body_length + 1);
    unsigned length = 0;
    size_t text_length;

    if (!text)
        abort();
    text_length = join(text, url, url_length, body, body_length);
    if (!HMAC(EVP_sha1(), token, (int)strlen(token), text, text_length, hmac, &length))
        abort();
    EVP_EncodeBlock((unsigned char *)signature, hmac, (int)length);
    free(text);
}
