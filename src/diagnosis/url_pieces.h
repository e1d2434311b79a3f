/* What may stand in each part of the URL that Twilio signed: candidates with what they change. */
#ifndef AUTOJOIN_DIAGNOSIS_URL_PIECES_H
#define AUTOJOIN_DIAGNOSIS_URL_PIECES_H

#include "diagnosis/url_variants.h"
#include "support/buffer.h"

enum url_part { URL_PART_SCHEME, URL_PART_AUTHORITY, URL_PART_PATH, URL_PART_QUERY, URL_PARTS };

enum { URLPIECES_LIMIT = 768 };

struct urlpiece {
    size_t at, length; /* of its text in the arena */
    unsigned cost;
    unsigned changes;
};

struct urlpieces {
    struct buffer arena; /* the pieces' texts */
    struct buffer work;
    struct urlpiece pieces[URL_PARTS][URLPIECES_LIMIT]; /* base's first */
    size_t counts[URL_PARTS];
};

/* Adds a candidate unless it is there; `text` must not lie in the arena. Beyond the limit, or
 * without memory, it is left out. */
void urlpieces_add(struct urlpieces *pieces, enum url_part part, const char *text, size_t length,
                   unsigned cost, unsigned changes);

/* Collects the candidates. False if `base` is no http(s) URL. The caller frees the buffers. */
bool urlpieces_collect(struct urlpieces *pieces, const char *base, size_t length,
                       const struct config *config, const struct request *request);

#endif
