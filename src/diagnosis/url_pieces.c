#include "build.h"

#include "diagnosis/url_pieces.h"

#include <string.h>

#include "webhook/public_url.h"

enum { ARENA_LIMIT = 4 * 1024 * 1024 };

void url_pieces_init(struct url_pieces *pieces)
{
    unsigned part;

    buffer_init(&pieces->arena, ARENA_LIMIT);
    buffer_init(&pieces->work, PUBLIC_URL_LIMIT);
    for (part = 0; part < URL_PARTS; part++)
        pieces->counts[part] = 0;
}

void url_pieces_free(struct url_pieces *pieces)
{
    buffer_free(&pieces->arena);
    buffer_free(&pieces->work);
}

void url_pieces_add(struct url_pieces *pieces, enum url_part part, const char *text, size_t length,
                    unsigned cost, unsigned changes)
{
    struct url_piece *list = pieces->pieces[part];
    size_t i;

    for (i = 0; i < pieces->counts[part]; i++) {
        if (list[i].length != length ||
            memcmp(pieces->arena.data + list[i].at, text, length) != 0)
            continue;
        if (list[i].cost > cost) {
            list[i].cost = cost;
            list[i].changes = changes;
        }
        return;
    }
    if (i == URL_PIECES_LIMIT || cost > URL_PIECES_COST_LIMIT)
        return;
    list[i] = (struct url_piece){pieces->arena.length, length, cost, changes};
    buffer_append(&pieces->arena, text, length);
    if (buffer_status(&pieces->arena) == BUFFER_OK)
        pieces->counts[part]++;
}

void url_pieces_add_work(struct url_pieces *pieces, enum url_part part, unsigned cost,
                         unsigned changes)
{
    url_pieces_add(pieces, part, buffer_string(&pieces->work), pieces->work.length, cost, changes);
    buffer_clear(&pieces->work);
}
