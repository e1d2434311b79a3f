#include "build.h"

#include "strictreply.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum pattern { STATUS, OLD, INFORMATIONAL, NO_CONTENT, NO_BODY, HEADER, LENGTH, GOOD_LENGTH, ENCODING, CHUNKED, CHUNK, PATTERNS };

static const char *const patterns[PATTERNS] = {
    [STATUS] = "^HTTP/1[.][01] [1-5][0-9][0-9]( [^\r\n]*)?\r\n$",
    [OLD] = "^HTTP/1[.]0",
    [INFORMATIONAL] = "^HTTP/1[.][01] 1",
    [NO_CONTENT] = "^HTTP/1[.][01] 204",
    [NO_BODY] = "^HTTP/1[.][01] [23]04",
    [HEADER] = "^[-!#$%&'*+.^_`|~0-9A-Za-z]+:[^\r\n]*\r\n$",
    [LENGTH] = "^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]:",
    [GOOD_LENGTH] = "^[-A-Za-z]+:[ \t]*[0-9]+[ \t]*\r\n$",
    [ENCODING] = "^[Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]:",
    [CHUNKED] = "^[-A-Za-z]+:[ \t]*[Cc][Hh][Uu][Nn][Kk][Ee][Dd][ \t]*\r\n$",
    [CHUNK] = "^[0-9A-Fa-f]+([ \t]*;[^\r\n]*)?\r\n$",
};

static bool is(const char *line, size_t length, enum pattern pattern)
{
    static regex_t compiled[PATTERNS];
    static bool is_compiled[PATTERNS];
    regmatch_t all = {.rm_so = 0, .rm_eo = (regoff_t)length};

    if (!is_compiled[pattern] && regcomp(compiled + pattern, patterns[pattern], REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    is_compiled[pattern] = true;
    return regexec(compiled + pattern, line, 1, &all, REG_STARTEND) == 0;
}

/* Up to the LF, with it. */
static size_t line_length(const char *bytes, size_t length)
{
    const char *end = length > 0 ? memchr(bytes, '\n', length) : NULL;

    return end ? (size_t)(end - bytes) + 1 : length;
}

static bool is_empty(const char *line, size_t length)
{
    return length == 2 && memcmp(line, "\r\n", 2) == 0;
}

/* What the header lines of a head say. */
struct said {
    size_t lengths, encodings;
    unsigned long long length;
};

static const char *header_fault(const char *line, size_t length, struct said *said)
{
    unsigned long long told;

    if (memchr(line, '\0', length) || !is(line, length, HEADER))
        return "a header line that is none";
    if (is(line, length, LENGTH)) {
        if (!is(line, length, GOOD_LENGTH))
            return "a length that is no number";
        told = strtoull(line + sizeof "Content-Length:" - 1, NULL, 10);
        if (said->lengths++ > 0 && told != said->length)
            return "lengths that differ";
        said->length = told;
    }
    if (is(line, length, ENCODING) && (!is(line, length, CHUNKED) || said->encodings++ > 0))
        return "an encoding that is not chunked, once";
    return NULL;
}

static const char *framing_fault(const char *status, size_t length, const struct said *said)
{
    if (said->lengths > 0 && said->encodings > 0)
        return "a length and chunks";
    if (said->encodings > 0 && (is(status, length, OLD) || is(status, length, NO_CONTENT)))
        return "chunks in HTTP/1.0 or 204";
    return is(status, length, INFORMATIONAL) && said->lengths + said->encodings > 0 ? "a body of a 1xx" : NULL;
}

/* Chunks and trailers. */
static const char *chunks_fault(const char *bytes, const char *end)
{
    uint64_t size;
    size_t length;

    do {
        length = line_length(bytes, (size_t)(end - bytes));
        if (!is(bytes, length, CHUNK) || memchr(bytes, '\0', length))
            return "a chunk's first line that is none";
        size = strtoull(bytes, NULL, 16);
        bytes += length;
        if (size > 0 && (size > (uint64_t)(end - bytes) || (uint64_t)(end - bytes) - size < 2 || memcmp(bytes + size, "\r\n", 2) != 0))
            return "a chunk that is not as long as its size";
        bytes += size > 0 ? size + 2 : 0;
    } while (size > 0);
    for (; !is_empty(bytes, length = line_length(bytes, (size_t)(end - bytes))); bytes += length)
        if (length == 0 || memchr(bytes, '\0', length) || !is(bytes, length, HEADER))
            return "a trailer that is none";
    return NULL;
}

const char *strict_reply_fault(const char *bytes, size_t length)
{
    const char *end = bytes + length, *status, *fault;
    size_t status_length, line;
    struct said said;

    do {
        said = (struct said){0};
        status = bytes;
        status_length = line_length(bytes, length);
        if (!is(status, status_length, STATUS) || memchr(status, '\0', status_length))
            return "a status line that is none";
        for (bytes += status_length; !is_empty(bytes, line = line_length(bytes, (size_t)(end - bytes))); bytes += line)
            if (line == 0 || (fault = header_fault(bytes, line, &said)))
                return line == 0 ? "a head without its end" : fault;
        bytes += line;
        length = (size_t)(end - bytes);
        fault = framing_fault(status, status_length, &said);
    } while (!fault && is(status, status_length, INFORMATIONAL));
    if (fault)
        return fault;
    return said.encodings > 0 && length > 0 && !is(status, status_length, NO_BODY) ? chunks_fault(bytes, end) : NULL;
}
