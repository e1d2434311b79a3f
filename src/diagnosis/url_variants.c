#include "build.h"

#include "diagnosis/url_variants.h"

#include <stdlib.h>
#include <string.h>

#include "diagnosis/url_pieces.h"

enum {
    VARIANTS_LIMIT = 16 * 1024,
    TEXT_LIMIT = 8 * 1024 * 1024,
};

struct urlvariants {
    struct urlvariant variants[VARIANTS_LIMIT];
    size_t count;
    struct buffer text;
};

static void add(struct urlvariants *variants, const struct urlpieces *pieces,
                const struct urlpiece *const chosen[URL_PARTS], unsigned cost)
{
    struct urlvariant variant = {.at = variants->text.length, .cost = cost};
    unsigned part;

    if (variants->count == VARIANTS_LIMIT)
        return;
    for (part = 0; part < URL_PARTS; part++) {
        buffer_append(&variants->text, pieces->arena.data + chosen[part]->at,
                      chosen[part]->length);
        variant.changes |= chosen[part]->changes;
    }
    if (buffer_status(&variants->text) != BUFFER_OK)
        return;
    variant.length = variants->text.length - variant.at;
    variants->variants[variants->count++] = variant;
}

/* Goes through what may stand in `part` and the parts after it, for `left` more changes. */
static void combine(struct urlvariants *variants, const struct urlpieces *pieces,
                    const struct urlpiece *chosen[URL_PARTS], unsigned part, unsigned left,
                    unsigned cost)
{
    size_t i;

    if (part == URL_PARTS) {
        if (left == 0)
            add(variants, pieces, chosen, cost);
        return;
    }
    for (i = 0; i < pieces->counts[part]; i++) {
        chosen[part] = &pieces->pieces[part][i];
        if (chosen[part]->cost <= left)
            combine(variants, pieces, chosen, part + 1, left - chosen[part]->cost, cost);
    }
}

struct urlvariants *urlvariants_new(const char *base, size_t length, const struct config *config,
                                    const struct request *request)
{
    const struct urlpiece *chosen[URL_PARTS];
    struct urlpieces *pieces = calloc(1, sizeof *pieces);
    struct urlvariants *variants = malloc(sizeof *variants);
    unsigned cost;

    if (!pieces || !variants)
        goto out;
    variants->count = 0;
    buffer_init(&variants->text, TEXT_LIMIT);
    if (urlpieces_collect(pieces, base, length, config, request))
        for (cost = 0; cost <= URLVARIANTS_COST_LIMIT; cost++)
            combine(variants, pieces, chosen, 0, cost, cost);
    buffer_free(&pieces->arena);
    buffer_free(&pieces->work);
    if (variants->count == 0) {
        buffer_free(&variants->text);
        free(variants);
        variants = NULL;
    }
    free(pieces);
    return variants;
out:
    free(pieces);
    free(variants);
    return NULL;
}

void urlvariants_free(struct urlvariants *variants)
{
    if (!variants)
        return;
    buffer_free(&variants->text);
    free(variants);
}

size_t urlvariants_count(const struct urlvariants *variants)
{
    return variants->count;
}

const struct urlvariant *urlvariants_at(const struct urlvariants *variants, size_t i)
{
    return &variants->variants[i];
}

const char *urlvariants_text(const struct urlvariants *variants, const struct urlvariant *variant)
{
    return variants->text.data + variant->at;
}
