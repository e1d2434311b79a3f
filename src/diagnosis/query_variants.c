#include "build.h"

#include "diagnosis/query_variants.h"

#include <stdlib.h>
#include <string.h>

#include "support/buffer.h"
#include "support/percent.h"

enum {
    QUERY_LIMIT = 16 * 1024, /* longer ones are left as they are */
    PARAMETERS_LIMIT = 16,
    PERMUTED_LIMIT = 4, /* 24 orders */
};

struct piece {
    const char *text;
    size_t length;
};

struct visiting {
    query_variants_fn *visit;
    void *argument;
    const char *query;
    size_t length;
    struct buffer text;
    struct piece pieces[PARAMETERS_LIMIT]; /* between the "&" */
    size_t count;                          /* 0 if there are more */
};

static void tell(struct visiting *visiting, enum query_change change)
{
    struct buffer *text = &visiting->text;

    if (buffer_status(text) == BUFFER_OK &&
        (text->length != visiting->length ||
         memcmp(buffer_string(text), visiting->query, text->length) != 0))
        visiting->visit(visiting->argument, buffer_string(text), text->length, change);
    buffer_clear(text);
}

/* The byte of a %XX at that place; -1 if there is none. */
static int escaped_byte(const char *at, size_t left)
{
    char escape[3];

    if (left < 3 || at[0] != '%')
        return -1;
    memcpy(escape, at, sizeof escape);
    return percent_decode_form(escape, sizeof escape) == 1 ? (unsigned char)escape[0] : -1;
}

static bool is_in(const char *set, int byte)
{
    return byte > 0 && strchr(set, byte) != NULL;
}

static void decode_set(struct visiting *visiting, const char *set)
{
    size_t i;

    for (i = 0; i < visiting->length; i++) {
        int byte = escaped_byte(visiting->query + i, visiting->length - i);

        if (is_in(set, byte)) {
            buffer_append_char(&visiting->text, (char)byte);
            i += 2;
        } else {
            buffer_append_char(&visiting->text, visiting->query[i]);
        }
    }
    tell(visiting, QUERY_CHANGE_ENCODING);
}

static void encode_set(struct visiting *visiting, const char *set)
{
    size_t i;

    for (i = 0; i < visiting->length; i++) {
        unsigned char c = (unsigned char)visiting->query[i];

        if (is_in(set, c))
            buffer_append_format(&visiting->text, "%%%02X", (unsigned)c);
        else
            buffer_append_char(&visiting->text, (char)c);
    }
    tell(visiting, QUERY_CHANGE_ENCODING);
}

static void replace(struct visiting *visiting, const char *from, const char *to)
{
    size_t length = strlen(from), i = 0;

    while (i < visiting->length) {
        if (visiting->length - i >= length && memcmp(visiting->query + i, from, length) == 0) {
            buffer_append_string(&visiting->text, to);
            i += length;
        } else {
            buffer_append_char(&visiting->text, visiting->query[i++]);
        }
    }
    tell(visiting, QUERY_CHANGE_ENCODING);
}

static void change_hex_case(struct visiting *visiting, bool upper)
{
    size_t i;

    for (i = 0; i < visiting->length; i++) {
        int byte = escaped_byte(visiting->query + i, visiting->length - i);

        if (byte >= 0) {
            buffer_append_format(&visiting->text, upper ? "%%%02X" : "%%%02x", (unsigned)byte);
            i += 2;
        } else {
            buffer_append_char(&visiting->text, visiting->query[i]);
        }
    }
    tell(visiting, QUERY_CHANGE_ENCODING);
}

/* Decoded and encoded again, as programs do that build a query from its parameters: blanks as
 * "+" (forms) or %20 (RFC 3986). */
static void encode_anew(struct visiting *visiting, bool form)
{
    char *copy = malloc(visiting->length + 1);
    size_t i = 0;

    if (!copy)
        return;
    while (i < visiting->length) {
        size_t begin = i, length;

        while (i < visiting->length && !strchr("&=", visiting->query[i]))
            i++;
        memcpy(copy, visiting->query + begin, i - begin);
        length = percent_decode_form(copy, i - begin);
        for (begin = 0; begin < length; begin++) {
            if (form && copy[begin] == ' ')
                buffer_append_char(&visiting->text, '+');
            else
                percent_encode(&visiting->text, copy + begin, 1);
        }
        if (i < visiting->length)
            buffer_append_char(&visiting->text, visiting->query[i++]);
    }
    free(copy);
    tell(visiting, QUERY_CHANGE_ENCODING);
}

/* "a" for "a=" or the other way round. */
static void change_valueless(struct visiting *visiting, bool with_sign)
{
    size_t i;

    for (i = 0; i < visiting->count; i++) {
        const struct piece *piece = &visiting->pieces[i];
        bool has_sign = memchr(piece->text, '=', piece->length) != NULL;
        bool empty = has_sign && piece->text[piece->length - 1] == '=';

        if (i > 0)
            buffer_append_char(&visiting->text, '&');
        buffer_append(&visiting->text, piece->text, piece->length - (!with_sign && empty));
        if (with_sign && !has_sign)
            buffer_append_char(&visiting->text, '=');
    }
    tell(visiting, QUERY_CHANGE_ENCODING);
}

static void visit_encodings(struct visiting *visiting)
{
    /* What browsers, WHATWG URL, RFC 3986 and lighttpd differ in. The last: all that can stand
     * in a query without ending it. */
    static const char *const sets[] = {"'", "@:", "!'()*", "~", ",", "[]",
                                       "!$'()*,/:;?@[]\"<>\\^`{|}~-._"};
    size_t i;

    for (i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        decode_set(visiting, sets[i]);
        encode_set(visiting, sets[i]);
    }
    replace(visiting, "+", "%20");
    replace(visiting, "%20", "+");
    replace(visiting, "+", "%2B");
    replace(visiting, "%2B", "+");
    replace(visiting, "%25", "%");
    change_hex_case(visiting, true);
    change_hex_case(visiting, false);
    encode_anew(visiting, true);
    encode_anew(visiting, false);
    change_valueless(visiting, true);
    change_valueless(visiting, false);
}

static void append_piece(struct visiting *visiting, size_t i)
{
    if (visiting->text.length > 0)
        buffer_append_char(&visiting->text, '&');
    buffer_append(&visiting->text, visiting->pieces[i].text, visiting->pieces[i].length);
}

static void visit_without_each(struct visiting *visiting)
{
    size_t left_out, i;

    for (left_out = 0; visiting->count > 1 && left_out < visiting->count; left_out++) {
        for (i = 0; i < visiting->count; i++)
            if (i != left_out)
                append_piece(visiting, i);
        tell(visiting, QUERY_CHANGE_ADDED);
    }
}

/* Every order of a few parameters: `number` counts through them in mixed radix. */
static void visit_orders(struct visiting *visiting)
{
    size_t number, orders = 1, i;

    if (visiting->count > PERMUTED_LIMIT)
        return;
    for (i = 2; i <= visiting->count; i++)
        orders *= i;
    for (number = 1; number < orders; number++) {
        bool used[PERMUTED_LIMIT] = {false};
        size_t rest = number, left;

        for (left = visiting->count; left > 0; left--) {
            size_t skip = rest % left, at = 0;

            rest /= left;
            while (used[at] || skip > 0)
                skip -= !used[at++];
            used[at] = true;
            append_piece(visiting, at);
        }
        tell(visiting, QUERY_CHANGE_ORDER);
    }
}

static void split(struct visiting *visiting)
{
    const char *at = visiting->query, *end = at + visiting->length;

    for (;;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));

        if (!stop)
            stop = end;
        if (visiting->count == PARAMETERS_LIMIT) {
            visiting->count = 0;
            return;
        }
        visiting->pieces[visiting->count++] = (struct piece){at, (size_t)(stop - at)};
        if (stop == end)
            return;
        at = stop + 1;
    }
}

void query_variants_visit(const char *query, size_t length, bool simple, query_variants_fn *visit,
                          void *argument)
{
    struct visiting visiting = {
        .visit = visit, .argument = argument, .query = query, .length = length};

    if (length == 0 || length > QUERY_LIMIT)
        return;
    buffer_init(&visiting.text, 4 * QUERY_LIMIT);
    split(&visiting);
    visit_encodings(&visiting);
    if (!simple) {
        visit_orders(&visiting);
        visit_without_each(&visiting);
    }
    buffer_free(&visiting.text);
}
