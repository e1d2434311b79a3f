/* What may stand in each part of the URL that Twilio signed: candidates with what they change. */
#ifndef AUTOJOIN_DIAGNOSIS_URL_PIECES_H
#define AUTOJOIN_DIAGNOSIS_URL_PIECES_H

#include <stddef.h>

#include "support/buffer.h"

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

enum url_part { URL_PART_SCHEME, URL_PART_AUTHORITY, URL_PART_PATH, URL_PART_QUERY, URL_PARTS };

enum { URL_PIECES_LIMIT = 768, URL_PIECES_COST_LIMIT = 3 };

struct url_piece {
    size_t at, length; /* of its text in the arena */
    unsigned cost;
    unsigned changes;
};

struct url_pieces {
    struct buffer arena; /* the pieces' texts */
    struct buffer work;
    struct url_piece pieces[URL_PARTS][URL_PIECES_LIMIT]; /* base's first */
    size_t counts[URL_PARTS];
};

/* Prepares pieces, of which there are none yet; they must be given to url_pieces_free(). */
void url_pieces_init(struct url_pieces *pieces);
void url_pieces_free(struct url_pieces *pieces);

/* Adds a candidate unless it is there; `text` must not lie in the arena. Beyond the limit, or
 * without memory, it is left out. */
void url_pieces_add(struct url_pieces *pieces, enum url_part part, const char *text, size_t length,
                    unsigned cost, unsigned changes);

/* Adds what stands in `work`, which is empty then. */
void url_pieces_add_work(struct url_pieces *pieces, enum url_part part, unsigned cost,
                         unsigned changes);

#endif
