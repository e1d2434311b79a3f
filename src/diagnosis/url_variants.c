#include "build.h"

#include "diagnosis/url_variants.h"

#include <stdlib.h>
#include <string.h>

#include "diagnosis/query_variants.h"
#include "diagnosis/url_authorities.h"
#include "support/origin.h"

enum {
    VARIANTS_LIMIT = 16 * 1024,
    TEXT_LIMIT = 8 * 1024 * 1024,
    SEGMENTS_LIMIT = 4,
    SLASHES_LIMIT = 6,
};

struct url_variants {
    struct url_variant variants[VARIANTS_LIMIT];
    size_t count;
    struct buffer text;
};

/* A path, and the same with a slash at its end or without. */
static void add_path(struct url_pieces *pieces, const char *path, size_t length, unsigned cost,
                     unsigned changes)
{
    url_pieces_add(pieces, URL_PART_PATH, path, length, cost, changes);
    if (length > 0 && path[length - 1] == '/') {
        url_pieces_add(pieces, URL_PART_PATH, path, length - 1, cost + 1,
                       changes | URL_CHANGE_SLASH);
    } else {
        buffer_clear(&pieces->work);
        buffer_append(&pieces->work, path, length);
        buffer_append_char(&pieces->work, '/');
        url_pieces_add_work(pieces, URL_PART_PATH, cost + 1, changes | URL_CHANGE_SLASH);
    }
}

static void add_prefixed(struct url_pieces *pieces, const char *prefix, const char *path,
                         size_t length)
{
    struct buffer whole;
    size_t prefix_length = strlen(prefix);

    while (prefix_length > 0 && prefix[prefix_length - 1] == '/')
        prefix_length--;
    if (prefix_length == 0)
        return;
    buffer_init(&whole, PUBLIC_URL_LIMIT);
    buffer_append(&whole, prefix, prefix_length);
    buffer_append(&whole, path, length);
    if (buffer_status(&whole) == BUFFER_OK)
        add_path(pieces, buffer_string(&whole), whole.length, 1, URL_CHANGE_PATH);
    buffer_free(&whole);
}

/* Without the first one, two ... of its segments: something on the way put them there. */
static void add_shortened(struct url_pieces *pieces, const char *path, size_t length)
{
    unsigned i;
    const char *at = path, *end = path + length;

    for (i = 0; i < SEGMENTS_LIMIT && at < end; i++) {
        at = memchr(at + 1, '/', (size_t)(end - at - 1));
        if (!at)
            return;
        add_path(pieces, at, (size_t)(end - at), 1, URL_CHANGE_PATH);
    }
}

/* A public URL made of "https://host/" and "/path"; servers merge the two slashes. */
static void add_doubled_slashes(struct url_pieces *pieces, const char *path, size_t length)
{
    size_t i;
    unsigned count = 0;

    for (i = 0; i < length && count < SLASHES_LIMIT; i++) {
        if (path[i] != '/')
            continue;
        count++;
        buffer_clear(&pieces->work);
        buffer_append(&pieces->work, path, i);
        buffer_append_char(&pieces->work, '/');
        buffer_append(&pieces->work, path + i, length - i);
        url_pieces_add_work(pieces, URL_PART_PATH, 1, URL_CHANGE_PATH);
    }
}

/* Where a variant that is found goes, and what led to it. */
struct variation {
    struct url_pieces *pieces;
    unsigned cost, changes;
};

static void take_path_encoding(void *argument, const char *path, size_t length,
                               enum query_change change)
{
    struct variation *found = argument;

    if (change == QUERY_CHANGE_ENCODING && memchr(path, '/', length))
        url_pieces_add(found->pieces, URL_PART_PATH, path, length, found->cost, found->changes);
}

/* Every path so far as it may have been encoded otherwise. */
static void add_path_encodings(struct url_pieces *pieces)
{
    size_t i, count = pieces->counts[URL_PART_PATH];
    struct buffer copy;

    buffer_init(&copy, PUBLIC_URL_LIMIT);
    for (i = 0; i < count; i++) {
        const struct url_piece *piece = &pieces->pieces[URL_PART_PATH][i];
        struct variation otherwise = {pieces, piece->cost + 1,
                                      piece->changes | URL_CHANGE_PATH_ENCODING};

        buffer_clear(&copy);
        buffer_append(&copy, pieces->arena.data + piece->at, piece->length);
        if (buffer_status(&copy) == BUFFER_OK && piece->cost < 2)
            query_variants_visit(copy.data, copy.length, true, take_path_encoding, &otherwise);
    }
    buffer_free(&copy);
}

static void collect_paths(struct url_pieces *pieces, const char *path, size_t length,
                          const struct config *config, const struct request *request)
{
    static const char *const usual[] = {"/webhooks", "/webhook", "/twilio", "/hooks", "/api",
                                        "/api/v1",   "/v1",      "/app",    "/bot",
                                        "/prod",     "/dev",     "/stage",  "/staging", "/test",
                                        "/default"}; /* the last six: stages of API gateways */
    static const char shipped[] = "/webhooks/twilio";
    const char *original = request_text(request, VARIABLE_HTTP_X_ORIGINAL_URI);
    const char *url = config->public_url, *target;
    size_t target_length, i;
    struct origin origin;

    add_path(pieces, path, length, 0, 0);
    target = public_url_target(request, &target_length);
    if (target && target_length > 0)
        add_path(pieces, target, strcspn(target, "?#"), 1, URL_CHANGE_PATH);
    if (url && origin_parse(&origin, url, strlen(url)))
        add_path(pieces, url + origin.length, strcspn(url + origin.length, "?#"), 1,
                 URL_CHANGE_PATH);
    if (*original == '/')
        add_path(pieces, original, strcspn(original, "?#"), 1, URL_CHANGE_PATH);
    add_prefixed(pieces, request_text(request, VARIABLE_HTTP_X_FORWARDED_PREFIX), path, length);
    add_shortened(pieces, path, length);
    add_path(pieces, shipped, sizeof shipped - 1, 1, URL_CHANGE_PATH);
    for (i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add_prefixed(pieces, usual[i], path, length);
    add_doubled_slashes(pieces, path, length);
    add_path_encodings(pieces);
}

/* The variants of a query, and theirs in turn. */
static void take_query(void *argument, const char *query, size_t length, enum query_change change)
{
    static const unsigned bits[] = {
        [QUERY_CHANGE_ENCODING] = URL_CHANGE_QUERY_ENCODING,
        [QUERY_CHANGE_ORDER] = URL_CHANGE_QUERY_ORDER,
        [QUERY_CHANGE_ADDED] = URL_CHANGE_QUERY_ADDED,
    };
    struct variation *of = argument;
    struct url_pieces *pieces = of->pieces;
    struct variation next = {pieces, of->cost + 1, of->changes | bits[change]};
    size_t before = pieces->counts[URL_PART_QUERY];

    buffer_clear(&pieces->work);
    buffer_append_char(&pieces->work, '?');
    buffer_append(&pieces->work, query, length);
    url_pieces_add_work(pieces, URL_PART_QUERY, next.cost, next.changes);
    if (next.cost == 1 && pieces->counts[URL_PART_QUERY] > before)
        query_variants_visit(query, length, change != QUERY_CHANGE_ADDED, take_query, &next);
}

/* A query that somebody names, with its "?". */
static void add_query(struct url_pieces *pieces, const char *query, size_t length, unsigned cost,
                      unsigned changes)
{
    struct variation named = {pieces, cost, changes};

    url_pieces_add(pieces, URL_PART_QUERY, query, length, cost, changes);
    if (length > 1)
        query_variants_visit(query + 1, length - 1, cost > 0, take_query, &named);
}

static void add_query_of(struct url_pieces *pieces, const char *url)
{
    size_t length = strcspn(url, "#");
    const char *query = memchr(url, '?', length);

    if (query)
        add_query(pieces, query, length - (size_t)(query - url), 1, URL_CHANGE_QUERY_LOST);
}

static void collect_queries(struct url_pieces *pieces, const char *query, size_t length,
                            const struct config *config, const struct request *request)
{
    const char *decoded = request_text(request, VARIABLE_QUERY_STRING);
    struct buffer copy;

    url_pieces_add(pieces, URL_PART_QUERY, query, length, 0, 0);
    if (length > 0)
        url_pieces_add(pieces, URL_PART_QUERY, "", 0, 1, URL_CHANGE_QUERY_ADDED);
    add_query(pieces, query, length, 0, 0);
    add_query_of(pieces, request_text(request, VARIABLE_REQUEST_URI));
    add_query_of(pieces, request_text(request, VARIABLE_HTTP_X_ORIGINAL_URI));
    if (config->public_url)
        add_query_of(pieces, config->public_url);
    if (*decoded) {
        buffer_init(&copy, PUBLIC_URL_LIMIT);
        buffer_append_format(&copy, "?%s", decoded);
        add_query_of(pieces, buffer_string(&copy));
        buffer_free(&copy);
    }
    if (length == 0)
        url_pieces_add(pieces, URL_PART_QUERY, "?", 1, 1, URL_CHANGE_QUERY_LOST);
}

/* Collects what may stand in each part. False if `base` is no http(s) URL. */
static bool collect(struct url_pieces *pieces, const char *base, size_t length,
                    const struct config *config, const struct request *request)
{
    static const char *const schemes[] = {"https://", "http://"};
    struct origin origin;
    const char *rest, *query;
    size_t scheme, rest_length, path_length;

    if (!origin_parse(&origin, base, length))
        return false;
    scheme = origin.https ? strlen(schemes[0]) : strlen(schemes[1]);
    url_pieces_add(pieces, URL_PART_SCHEME, base, scheme, 0, 0);
    url_pieces_add(pieces, URL_PART_SCHEME, schemes[origin.https], strlen(schemes[origin.https]), 1,
                   URL_CHANGE_SCHEME);
    url_authorities_collect(pieces, &origin, config, request);
    rest = base + origin.length;
    rest_length = length - origin.length;
    query = memchr(rest, '?', rest_length);
    path_length = query ? (size_t)(query - rest) : rest_length;
    collect_paths(pieces, rest, path_length, config, request);
    collect_queries(pieces, query ? query : "", rest_length - path_length, config, request);
    return true;
}

static void add(struct url_variants *variants, const struct url_pieces *pieces,
                const struct url_piece *const chosen[URL_PARTS], unsigned cost)
{
    struct url_variant variant = {.at = variants->text.length, .cost = cost};
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
static void combine(struct url_variants *variants, const struct url_pieces *pieces,
                    const struct url_piece *chosen[URL_PARTS], unsigned part, unsigned left,
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

struct url_variants *url_variants_new(const char *base, size_t length, const struct config *config,
                                      const struct request *request)
{
    const struct url_piece *chosen[URL_PARTS];
    struct url_pieces *pieces = malloc(sizeof *pieces);
    struct url_variants *variants = malloc(sizeof *variants);
    unsigned cost;

    if (!pieces || !variants)
        goto out;
    url_pieces_init(pieces);
    variants->count = 0;
    buffer_init(&variants->text, TEXT_LIMIT);
    if (collect(pieces, base, length, config, request))
        for (cost = 0; cost <= URL_PIECES_COST_LIMIT; cost++)
            combine(variants, pieces, chosen, 0, cost, cost);
    url_pieces_free(pieces);
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

void url_variants_free(struct url_variants *variants)
{
    if (!variants)
        return;
    buffer_free(&variants->text);
    free(variants);
}

size_t url_variants_count(const struct url_variants *variants)
{
    return variants->count;
}

const struct url_variant *url_variants_at(const struct url_variants *variants, size_t i)
{
    return &variants->variants[i];
}

const char *url_variants_text(const struct url_variants *variants, const struct url_variant *variant)
{
    return variants->text.data + variant->at;
}
