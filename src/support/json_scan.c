#include "build.h"

#include "support/json_scan.h"

#include <stdint.h>
#include <string.h>

#include "support/hexdigit.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* ---- Whether it is JSON */

/* A look that changes nothing; `at` never goes beyond `end`. */
struct look {
    const char *at;
    const char *end;
};

static void pass_blanks(struct look *look)
{
    while (look->at < look->end && is_blank(*look->at))
        look->at++;
}

static bool pass(struct look *look, char wanted)
{
    if (look->at == look->end || *look->at != wanted)
        return false;
    look->at++;
    return true;
}

static bool pass_word(struct look *look, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(look->end - look->at) < length || memcmp(look->at, word, length) != 0)
        return false;
    look->at += length;
    return true;
}

static bool pass_digits(struct look *look)
{
    const char *from = look->at;

    while (look->at < look->end && is_digit(*look->at))
        look->at++;
    return look->at > from;
}

/* Section 6. */
static bool pass_number(struct look *look)
{
    pass(look, '-');
    if (!pass(look, '0') && !pass_digits(look))
        return false;
    if (pass(look, '.') && !pass_digits(look))
        return false;
    if (!pass(look, 'e') && !pass(look, 'E'))
        return true;
    if (!pass(look, '+'))
        pass(look, '-');
    return pass_digits(look);
}

/* Behind a backslash (section 7). */
static bool pass_escape(struct look *look)
{
    unsigned digits;

    if (look->at == look->end)
        return false;
    if (*look->at != 'u')
        return *look->at != '\0' && strchr("\"\\/bfnrt", *look->at++) != NULL;
    look->at++;
    for (digits = 0; digits < 4; digits++)
        if (look->at == look->end || hexdigit_value(*look->at++) < 0)
            return false;
    return true;
}

static bool pass_string(struct look *look)
{
    if (!pass(look, '"'))
        return false;
    while (look->at < look->end) {
        unsigned char byte = (unsigned char)*look->at++;

        if (byte == '"')
            return true;
        if (byte < ' ' || (byte == '\\' && !pass_escape(look)))
            return false;
    }
    return false;
}

/* Anything but an object or a list. */
static bool pass_plain(struct look *look)
{
    if (look->at == look->end)
        return false;
    switch (*look->at) {
    case '"':
        return pass_string(look);
    case 't':
        return pass_word(look, "true");
    case 'f':
        return pass_word(look, "false");
    case 'n':
        return pass_word(look, "null");
    default:
        return pass_number(look);
    }
}

/* Which brackets are open: a set bit is an object. */
struct open_brackets {
    uint64_t objects[JSON_SCAN_DEPTH_LIMIT / 64];
    unsigned depth;
};

static bool is_in_object(const struct open_brackets *open)
{
    unsigned at = open->depth - 1;

    return open->depth > 0 && open->objects[at / 64] >> at % 64 & 1;
}

static void push(struct open_brackets *open, bool object)
{
    uint64_t bit = UINT64_C(1) << open->depth % 64;

    if (object)
        open->objects[open->depth / 64] |= bit;
    else
        open->objects[open->depth / 64] &= ~bit;
    open->depth++;
}

/* A member's name and its colon, where there has to be one. */
static bool pass_name(struct look *look, const struct open_brackets *open)
{
    pass_blanks(look);
    if (!is_in_object(open))
        return true;
    if (!pass_string(look))
        return false;
    pass_blanks(look);
    if (!pass(look, ':'))
        return false;
    pass_blanks(look);
    return true;
}

/* Behind a value: closes what ends here. False if neither another value nor the end can follow. */
static bool pass_ends(struct look *look, struct open_brackets *open)
{
    for (;;) {
        pass_blanks(look);
        if (open->depth == 0)
            return look->at == look->end;
        if (pass(look, ','))
            return pass_name(look, open);
        if (!pass(look, is_in_object(open) ? '}' : ']'))
            return false;
        open->depth--;
    }
}

enum json_scan_check json_scan_check(const char *text, size_t length)
{
    struct look look = {.at = text, .end = text + length};
    struct open_brackets open = {.depth = 0};

    pass_blanks(&look);
    do {
        bool object = look.at < look.end && *look.at == '{', list = look.at < look.end && *look.at == '[';

        if (object || list) {
            if (open.depth == JSON_SCAN_DEPTH_LIMIT)
                return JSON_SCAN_DEEP;
            push(&open, object);
            look.at++;
            pass_blanks(&look);
            if (!pass(&look, object ? '}' : ']')) {
                if (!pass_name(&look, &open))
                    return JSON_SCAN_BAD;
                continue;
            }
            open.depth--;
        } else if (!pass_plain(&look)) {
            return JSON_SCAN_BAD;
        }
        if (!pass_ends(&look, &open))
            return JSON_SCAN_BAD;
    } while (open.depth > 0);
    return JSON_SCAN_OK;
}

/* ---- What is in it */

static void skip_blanks(struct json_scan *scan)
{
    while (scan->at < scan->end && is_blank(*scan->at))
        scan->at++;
}

static bool take(struct json_scan *scan, char wanted)
{
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

static void skip_string(struct json_scan *scan)
{
    scan->at++;
    while (scan->at < scan->end && *scan->at != '"')
        scan->at += *scan->at == '\\' && scan->end - scan->at > 1 ? 2 : 1;
    if (scan->at < scan->end)
        scan->at++;
}

static void skip_nested(struct json_scan *scan)
{
    size_t depth = 0;

    do {
        char byte = *scan->at;

        if (byte == '"') {
            skip_string(scan);
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        scan->at++;
    } while (depth > 0 && scan->at < scan->end);
}

bool json_scan_enter(struct json_scan *scan, char bracket)
{
    return take(scan, bracket);
}

void json_scan_value(struct json_scan *scan, struct json_scan_text *value)
{
    skip_blanks(scan);
    value->bytes = scan->at;
    if (scan->at == scan->end) {
        value->length = 0;
        return;
    }
    if (*scan->at == '"')
        skip_string(scan);
    else if (*scan->at == '{' || *scan->at == '[')
        skip_nested(scan);
    else
        while (scan->at < scan->end && *scan->at != ',' && *scan->at != '}' && *scan->at != ']' &&
               !is_blank(*scan->at))
            scan->at++;
    value->length = (size_t)(scan->at - value->bytes);
}

bool json_scan_item(struct json_scan *scan)
{
    take(scan, ',');
    return !take(scan, ']') && scan->at < scan->end;
}

bool json_scan_member(struct json_scan *scan, struct json_scan_text *name)
{
    struct json_scan_text written;

    take(scan, ',');
    if (take(scan, '}') || scan->at == scan->end)
        return false;
    json_scan_value(scan, &written);
    take(scan, ':');
    return json_scan_string(&written, name);
}

static unsigned long read_unit(const char *digits)
{
    unsigned long unit = 0;
    unsigned i;

    for (i = 0; i < 4; i++)
        unit = unit << 4 | (unsigned)hexdigit_value(digits[i]);
    return unit;
}

static bool is_surrogate(unsigned long unit, unsigned long first)
{
    return (unit & 0xfc00) == first;
}

static char *write_utf8(char *to, unsigned long point)
{
    if (point < 0x80) {
        *to++ = (char)point;
        return to;
    }
    if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
    } else {
        *to++ = (char)(0xf0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3f));
        *to++ = (char)(0x80 | (point >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (point & 0x3f));
    return to;
}

/* Behind "\u"; what is written is never longer. Half a pair becomes U+FFFD. */
static const char *decode_unit(const char *at, const char *end, char **to)
{
    unsigned long point = read_unit(at), second;

    at += 4;
    if (is_surrogate(point, 0xd800) && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
        is_surrogate(second = read_unit(at + 2), 0xdc00)) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (second & 0x3ff);
        at += 6;
    } else if ((point & 0xf800) == 0xd800) {
        point = 0xfffd;
    }
    *to = write_utf8(*to, point);
    return at;
}

static char decode_letter(char letter)
{
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return letter;
    }
}

bool json_scan_string(const struct json_scan_text *value, struct json_scan_text *string)
{
    const char *at, *end;
    char *to;

    if (value->length < 2 || *value->bytes != '"')
        return false;
    at = to = value->bytes + 1;
    end = value->bytes + value->length - 1;
    *string = (struct json_scan_text){.bytes = to, .length = (size_t)(end - at)};
    if (!memchr(at, '\\', (size_t)(end - at)))
        return true;
    while (at < end) {
        if (*at != '\\') {
            *to++ = *at++;
        } else if (at[1] != 'u') {
            *to++ = decode_letter(at[1]);
            at += 2;
        } else {
            at = decode_unit(at + 2, end, &to);
        }
    }
    string->length = (size_t)(to - string->bytes);
    return true;
}

bool json_scan_is_null(const struct json_scan_text *value)
{
    return value->length == 4 && memcmp(value->bytes, "null", 4) == 0;
}
