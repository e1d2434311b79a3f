/*
 * The URLs that Twilio may have signed instead of the one that we took: what every party on the
 * way says of scheme, host, port, path and query, and the known ways in which those are altered.
 *
 * Each URL has a cost, the number of things that have to be different; the cheapest come first.
 * Some thousand: for `explain`, never for the responder, which has webhook/likelyurls.h.
 */
#ifndef AUTOJOIN_DIAGNOSIS_URL_VARIANTS_H
#define AUTOJOIN_DIAGNOSIS_URL_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/config.h"
#include "webhook/publicurl.h"

/* What is different in a URL: bits. */
enum url_change {
    URL_CHANGE_SCHEME = 1 << 0,
    URL_CHANGE_HOST = 1 << 1,
    URL_CHANGE_PORT = 1 << 2,
    URL_CHANGE_SLASH = 1 << 3,          /* at the path's end */
    URL_CHANGE_PATH = 1 << 4,           /* a prefix, mostly */
    URL_CHANGE_PATH_ENCODING = 1 << 5,
    URL_CHANGE_QUERY_LOST = 1 << 6,     /* we see less than was signed */
    URL_CHANGE_QUERY_ADDED = 1 << 7,    /* we see more than was signed */
    URL_CHANGE_QUERY_ENCODING = 1 << 8,
    URL_CHANGE_QUERY_ORDER = 1 << 9,
};

struct urlvariant {
    size_t at, length; /* of its text */
    unsigned cost;
    unsigned changes;
};

struct urlvariants;

enum { URLVARIANTS_COST_LIMIT = 3 };

/* Makes the variants of `base`, the first of them `base` itself; the request says what else
 * is known. Variants by their port's being the standard one are not made: see
 * publicurl_vary_port(). NULL if `base` is no http(s) URL or memory ran out. */
struct urlvariants *urlvariants_new(const char *base, size_t length, const struct config *config,
                                    const struct request *request);

void urlvariants_free(struct urlvariants *variants);

size_t urlvariants_count(const struct urlvariants *variants);
const struct urlvariant *urlvariants_at(const struct urlvariants *variants, size_t i);

/* The text of a variant, not NUL-terminated. */
const char *urlvariants_text(const struct urlvariants *variants, const struct urlvariant *variant);

#endif
