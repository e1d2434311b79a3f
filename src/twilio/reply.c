#include "build.h"

#include "twilio/reply.h"

#include <string.h>

/*
 * One member is wanted of a dozen, once for every join: a JSON library that builds them all took a third
 * of a join's instructions (bench/PROFILE.md). What the library accepts is read here with the same result
 * (tests/fuzz/fuzz_reply.c holds it to that), but for escapes in a name or in an SID: Twilio writes none,
 * and "not there" is the safe answer. The length is bounded by `rest`, nesting by nothing: nothing is kept.
 */
struct scan {
    const char *at;
    const char *end;
};

struct text {
    const char *bytes;
    size_t length;
};

static void skip_blanks(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' ||
                                    *scan->at == '\r'))
        scan->at++;
}

static bool take(struct scan *scan, char wanted)
{
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

/* Whether the quote at `at` is escaped: an odd number of backslashes stands before it. */
static bool is_escaped(const char *from, const char *at)
{
    const char *first = at;

    while (first > from && first[-1] == '\\')
        first--;
    return (at - first) % 2 != 0;
}

/* A string, without its quotes and with its escapes as they are. */
static bool take_string(struct scan *scan, struct text *text)
{
    const char *quote;

    if (!take(scan, '"'))
        return false;
    text->bytes = scan->at;
    do {
        quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));
        if (!quote)
            return false;
        scan->at = quote + 1;
    } while (is_escaped(text->bytes, quote));
    text->length = (size_t)(quote - text->bytes);
    return true;
}

/* An object or a list, to the bracket that closes it. */
static bool skip_nested(struct scan *scan)
{
    size_t depth = 0;
    struct text string;

    do {
        char byte = *scan->at;

        if (byte == '"') {
            if (!take_string(scan, &string))
                return false;
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        scan->at++;
    } while (depth > 0 && scan->at < scan->end);
    return depth == 0;
}

/* Any value, as it is written; a string with its quotes. */
static bool take_value(struct scan *scan, struct text *text)
{
    struct text string;
    bool taken = true;

    skip_blanks(scan);
    text->bytes = scan->at;
    if (scan->at == scan->end)
        return false;
    if (*scan->at == '"')
        taken = take_string(scan, &string);
    else if (*scan->at == '{' || *scan->at == '[')
        taken = skip_nested(scan);
    else
        while (scan->at < scan->end && !strchr(",}] \t\r\n", *scan->at))
            scan->at++;
    text->length = (size_t)(scan->at - text->bytes);
    return taken && text->length > 0;
}

/* The value of a member of the outermost object, of the last one of that name; false if there is none,
 * or if the reply is not one whole object. */
static bool find_member(struct text *value, const char *body, size_t length, const char *name)
{
    struct scan scan = {.at = body, .end = body + length};
    struct text key, one;
    bool found = false;

    if (memchr(body, '\0', length) || !take(&scan, '{')) /* others would read only up to the NUL */
        return false;
    if (!take(&scan, '}')) {
        do {
            if (!take_string(&scan, &key) || !take(&scan, ':') || !take_value(&scan, &one) ||
                memchr(key.bytes, '\\', key.length)) /* it might be our name, written otherwise */
                return false;
            if (key.length == strlen(name) && memcmp(key.bytes, name, key.length) == 0) {
                *value = one;
                found = true;
            }
        } while (take(&scan, ','));
        if (!take(&scan, '}'))
            return false;
    }
    skip_blanks(&scan);
    return found && scan.at == scan.end;
}

long reply_error_code(const char *body, size_t length)
{
    struct text value;
    long code = 0;
    size_t i;

    if (!find_member(&value, body, length, "code") || value.length > 6)
        return 0;
    for (i = 0; i < value.length; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return 0;
        code = code * 10 + (value.bytes[i] - '0');
    }
    return code;
}

bool reply_sid(struct sid *sid, const char *body, size_t length, const char *prefix)
{
    struct text value = {.bytes = "", .length = 0};
    bool quoted = find_member(&value, body, length, "sid") && value.length > 2 && *value.bytes == '"';

    return sid_copy(sid, quoted ? value.bytes + 1 : "", quoted ? value.length - 2 : 0, prefix);
}
