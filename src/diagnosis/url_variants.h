/*
 * The URLs that Twilio may have signed instead of the one that we took: what every party on the
 * way says of scheme, host, port, path and query, and the known ways in which those are altered.
 *
 * Each URL has a cost, the number of things that have to be different; the cheapest come first.
 * Some thousand: for `explain`, never for the responder, which has webhook/hint.h.
 */
#ifndef AUTOJOIN_DIAGNOSIS_URL_VARIANTS_H
#define AUTOJOIN_DIAGNOSIS_URL_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnosis/url_pieces.h"
#include "gateway/request.h"
#include "support/config.h"
#include "webhook/public_url.h"

struct url_variant {
    size_t at, length; /* of its text */
    unsigned cost;
    unsigned changes;
};

struct url_variants;

/* Makes the variants of `base`, the first of them `base` itself; the request says what else
 * is known. Variants by their port's being the standard one are not made: see
 * public_url_vary_port(). NULL if `base` is no http(s) URL or memory ran out. */
struct url_variants *url_variants_new(const char *base, size_t length, const struct config *config,
                                      const struct request *request);

void url_variants_free(struct url_variants *variants);

size_t url_variants_count(const struct url_variants *variants);
const struct url_variant *url_variants_at(const struct url_variants *variants, size_t i);

/* The text of a variant, not NUL-terminated. */
const char *url_variants_text(const struct url_variants *variants, const struct url_variant *variant);

#endif
