#include "build.h"

#include "replydifference.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define NAME "[-!#$%&'*+.^_`|~0-9A-Za-z]+"
#define LENGTH "^Content-Length:"
#define ENCODING "^Transfer-Encoding:"
#define CHUNKED "^Transfer-Encoding:[ \t]*chunked[ \t]*\r\n$"
#define CHUNK "^[0-9A-F]+([ \t]*;[^\r\n]*)?\r\n$"
#define EMPTY "^\r\n$"

enum { LIBCURL_TRAILER_LIMIT = 4096 };

/* ---- lines */

struct line {
    const char *bytes;
    size_t length;
};

static bool matches_with(struct line line, const char *pattern, int flags)
{
    regmatch_t all = {.rm_so = 0, .rm_eo = (regoff_t)line.length};
    regex_t compiled;
    int result;

    if (regcomp(&compiled, pattern, flags | REG_EXTENDED | REG_NOSUB) != 0)
        abort();
    result = regexec(&compiled, line.bytes, 1, &all, REG_STARTEND);
    regfree(&compiled);
    return result == 0;
}

/* Without regard to case. */
static bool matches(struct line line, const char *pattern)
{
    return matches_with(line, pattern, REG_ICASE);
}

/* The line that ends at `end`, with its end. */
static struct line line_before(const struct read_reply *read, size_t end)
{
    size_t begin = end;

    while (begin > 0 && (begin == end || read->bytes[begin - 1] != '\n'))
        begin--;
    return (struct line){read->bytes + begin, end - begin};
}

static struct line last_line(const struct read_reply *read)
{
    return line_before(read, read->taken);
}

/* ---- what else is so */

static bool has_nul(const struct read_reply *read)
{
    struct line line = last_line(read);

    return memchr(line.bytes, '\0', line.length) != NULL;
}

/* Where the last head ends: each ends with an empty line, and that of a 1xx reply is followed by another. SIZE_MAX if it
 * does not. */
static size_t head_end(const struct read_reply *read)
{
    size_t at = 0, next;

    for (;;) {
        struct line status = {read->bytes + at, 0};

        for (next = at; next < read->length && read->bytes[next] != '\n'; next++)
            ;
        status.length = next - at;
        while (next + 2 < read->length && memcmp(read->bytes + next, "\n\r\n", 3) != 0)
            next++;
        if (next + 2 >= read->length)
            return SIZE_MAX;
        at = next + 3;
        if (!matches(status, "^HTTP/1.[01] 1"))
            return at;
    }
}

/* How many lines of the last head are such ones, of what we took of it. */
static size_t count_in_head(const struct read_reply *read, const char *pattern)
{
    size_t end = head_end(read), count = 0;
    struct line line;

    end = end < read->taken ? end : read->taken;
    do {
        line = line_before(read, end);
        count += matches(line, pattern);
        end -= line.length;
    } while (end > 0 && !matches(line, "^HTTP/"));
    return count;
}

static bool ends_in_head(const struct read_reply *read)
{
    return head_end(read) == SIZE_MAX;
}

/* The LF that we took last is all that stands behind a chunk. */
static bool is_lf_behind_chunk(const struct read_reply *read)
{
    size_t at = head_end(read);

    while (at < read->taken) {
        unsigned long size = strtoul(read->bytes + at, NULL, 16);

        if (size > read->length)
            return false;
        at += size + strcspn(read->bytes + at, "\n") + 1;
        if (at == read->taken - 1)
            return read->bytes[at] == '\n';
        at += 2;
    }
    return false;
}

static bool is_no_status_line(const struct read_reply *read)
{
    return !matches_with(last_line(read), "^HTTP/1[.][01] [0-9]{3}( [^\r\n]*)?\r\n$", 0);
}

static bool is_over_line_limit(const struct read_reply *read)
{
    return last_line(read).length > HTTP_REPLY_LINE_LIMIT;
}

static bool is_over_chunk_line_limit(const struct read_reply *read)
{
    return last_line(read).length > HTTP_REPLY_CHUNK_LINE_LIMIT;
}

static bool is_over_lines_limit(const struct read_reply *read)
{
    size_t i, count = 0;

    for (i = 0; i < read->taken; i++)
        count += read->bytes[i] == '\n';
    return count > HTTP_REPLY_LINES_LIMIT;
}

static bool has_two_lengths(const struct read_reply *read)
{
    return count_in_head(read, LENGTH) > 1;
}

static bool has_two_encodings(const struct read_reply *read)
{
    return count_in_head(read, ENCODING) > 1;
}

static bool has_length_and_chunks(const struct read_reply *read)
{
    return count_in_head(read, LENGTH) > 0 && count_in_head(read, CHUNKED) > 0;
}

static bool is_old(const struct read_reply *read)
{
    return count_in_head(read, "^HTTP/1.0 ") > 0;
}

static bool is_framed_1xx(const struct read_reply *read)
{
    return count_in_head(read, "^HTTP/1.[01] 1") > 0 && count_in_head(read, LENGTH "|" ENCODING) > 0;
}

static bool is_chunked_204(const struct read_reply *read)
{
    return count_in_head(read, "^HTTP/1.[01] 204") > 0 && count_in_head(read, CHUNKED) > 0;
}

/* Of 19 digits at least. */
static bool has_endless_length(const struct read_reply *read)
{
    return count_in_head(read, LENGTH "[ \t]*0*[1-9][0-9]{18}") > 0;
}

/* In the last head or one before. */
static bool says_close_in_another_word(const struct read_reply *read)
{
    size_t end = head_end(read), words = 0, options = 0;
    struct line line;

    for (end = end < read->taken ? end : read->taken; end > 0; end -= line.length) {
        line = line_before(read, end);
        words += matches(line, "^Connection:[^\r\n]*close");
        options += matches(line, "^Connection:([^\r\n]*[, \t])?close[, \t\r]");
    }
    return words > 0 && options == 0;
}

static bool is_kept_among_others(const struct read_reply *read)
{
    return is_old(read) && count_in_head(read, "^Connection:[^\r\n]*[, \t]keep-alive[, \t\r]") > 0;
}

/* Of the chunks' sizes, one. */
static bool has_long_size(const struct read_reply *read)
{
    size_t end = read->taken, count = 0;

    while (end > 0) {
        struct line line = line_before(read, end);

        count += matches(line, "^0[0-9A-F]{16}");
        end -= line.length;
    }
    return count > 0;
}

static bool has_long_trailer(const struct read_reply *read)
{
    size_t end = read->taken;
    struct line line;

    do {
        line = line_before(read, end);
        end -= line.length;
    } while (end > 0 && line.length <= LIBCURL_TRAILER_LIMIT);
    return line.length > LIBCURL_TRAILER_LIMIT;
}

static bool has_strange_blanks(const struct read_reply *read)
{
    return count_in_head(read, "^(Date|Retry-After|Twilio-Request-Id):([ \t]*[\v\f]|[^\r]*[\v\f][ \t]*\r)") > 0;
}

const struct difference differences[] = {
    {"a head that is cut", WE_REFUSE, "the connection ended before the reply did", NULL, NULL, ends_in_head,
     "libcurl takes the connection's end for the head's; RFC 9112, 8: it is incomplete"},
    {"the last LF behind chunks is missing", WE_REFUSE, "the connection ended before the reply did", "^\r$", NULL, NULL,
     "RFC 9112, 8: incomplete"},
    {"a line that does not end with CR LF, or has a CR in it", WE_REFUSE, "a line of the reply does not end with CR LF", NULL,
     "^[^\r\n]*\r\n$", NULL, "RFC 9112, 2.2: who takes a bare CR or LF for something else sees other lines"},
    {"a chunk that ends with LF", WE_REFUSE, "a line of the reply does not end with CR LF", NULL, NULL, is_lf_behind_chunk, "RFC 9112, 7.1"},
    {"a NUL in a line", WE_REFUSE, "a NUL in the reply's head", NULL, NULL, has_nul, "RFC 9110, 5.5: invalid and dangerous"},
    {"a line over 8 KiB", WE_REFUSE, "a line of the reply is too long", NULL, NULL, is_over_line_limit, "a ceiling of ours"},
    {"a chunk's first line over 256 bytes", WE_REFUSE, "a line of the reply is too long", "^[0-9A-F]+", NULL, is_over_chunk_line_limit,
     "a ceiling of ours; RFC 9112, 7.1.1 asks for one"},
    {"over 256 lines", WE_REFUSE, "the reply has too many lines", NULL, NULL, is_over_lines_limit, "a ceiling of ours"},
    {"101", WE_REFUSE, "the reply has no status that can be", "^HTTP/1.[01] 101", NULL, NULL,
     "RFC 9110, 15.2.2: only if asked for; what follows is no HTTP"},
    {"a status over 599", WE_REFUSE, "the reply has no status that can be", "^HTTP/1.[01] [6-9]", NULL, NULL,
     "RFC 9110, 15: invalid, as good as a 5xx"},
    {"a status below 100", WE_REFUSE, "the reply has no status that can be", "^HTTP/1.[01] 0", NULL, NULL, "RFC 9110, 15: invalid"},
    {"a status line that is none", WE_REFUSE, "the reply is not HTTP/1.1", NULL, NULL, is_no_status_line,
     "RFC 9112, 4: another version, or no status of three digits"},
    {"a folded line", WE_REFUSE, "the reply has a header line that is none", "^[ \t]", NULL, NULL,
     "RFC 9112, 5.2 has a user agent put a blank in its place, and lets a proxy refuse: who does not know of folding sees another header"},
    {"a blank before the colon", WE_REFUSE, "the reply has a header line that is none", "^" NAME "[ \t]+:", NULL, NULL,
     "RFC 9112, 5.1: removed by a proxy, and then it is another header"},
    {"a header line without a name or colon", WE_REFUSE, "the reply has a header line that is none", NULL, "^" NAME ":", NULL,
     "RFC 9112, 5; RFC 9110, 5.1"},
    {"a Content-Length that is no number", WE_REFUSE, "the reply's Content-Length is no number", LENGTH, LENGTH "[ \t]*[0-9]+[ \t]*\r\n$", NULL,
     "RFC 9112, 6.3, 5: unrecoverable"},
    {"two lengths that differ", WE_REFUSE, "the reply has two lengths", LENGTH, NULL, has_two_lengths, "RFC 9112, 6.3, 5: unrecoverable"},
    {"a length beyond all numbers", WE_REFUSE, "the reply is too large", EMPTY, NULL, has_endless_length,
     "libcurl forgets it and reads to the connection's end"},
    {"a Transfer-Encoding that is not chunked", WE_REFUSE, "the reply's Transfer-Encoding is not what we can read", ENCODING, CHUNKED, NULL,
     "RFC 9112, 6.1, 7: nobody asked for another"},
    {"chunked twice", WE_REFUSE, "the reply's Transfer-Encoding is not what we can read", ENCODING, NULL, has_two_encodings, "RFC 9112, 6.1"},
    {"chunks in HTTP/1.0", WE_REFUSE, "the reply's Transfer-Encoding is not what we can read", ENCODING, NULL, is_old,
     "RFC 9112, 6.1: faulty framing; somebody on the way may not know of chunks"},
    {"a length and chunks", WE_REFUSE, "the reply says two things about its length", EMPTY, NULL, has_length_and_chunks,
     "RFC 9112, 6.3, 3: an attempt at splitting, ought to be handled as an error"},
    {"a length or chunks in a 1xx", WE_REFUSE, "the reply says two things about its length", EMPTY, NULL, is_framed_1xx, "RFC 9112, 6.1; RFC 9110, 8.6"},
    {"chunks in a 204", WE_REFUSE, "the reply says two things about its length", EMPTY, NULL, is_chunked_204, "RFC 9112, 6.1"},
    {"a chunk size with something behind it", WE_REFUSE, "a chunk's size in the reply is no number", "^[0-9A-F]", CHUNK, NULL,
     "RFC 9112, 7.1: libcurl skips to the line's end"},
    {"close within another word", ONLY_WE_KEEP, NULL, NULL, NULL, says_close_in_another_word, "RFC 9110, 7.6.1: another option"},
    {"HTTP/1.0 kept by an option among others", ONLY_WE_KEEP, NULL, NULL, NULL, is_kept_among_others,
     "RFC 9110, 7.6.1: a list; libcurl 8.14 closes"},
    {"a length beyond all numbers of what has no body", ONLY_WE_KEEP, NULL, NULL, NULL, has_endless_length,
     "no byte of it comes: it is not read at all"},
    {"a chunk size of over 16 digits", THEY_REFUSE, NULL, NULL, NULL, has_long_size, "zeros, which may lead (RFC 9112, 7.1)"},
    {"a trailer over 4 KiB", THEY_REFUSE, NULL, EMPTY, NULL, has_long_trailer, "a ceiling of libcurl's"},
    {"a vertical tab or form feed around a value", OTHER_FIELD, NULL, NULL, NULL, has_strange_blanks,
     "libcurl takes it for a blank; RFC 9110, 5.6.3 does not"},
};
const size_t differences_count = sizeof differences / sizeof *differences;

/* ---- comparing */

static bool has_same_reply(const struct http_reply *ours, const struct curl_reply *theirs)
{
    return ours->code == theirs->code && ours->body.length == theirs->body.length &&
           memcmp(buffer_string(&ours->body), buffer_string(&theirs->body), ours->body.length) == 0;
}

static bool has_same_fields(const struct http_reply *ours, const struct curl_reply *theirs)
{
    return strcmp(ours->date, theirs->date) == 0 && strcmp(ours->retry_after, theirs->retry_after) == 0 &&
           strcmp(ours->request_id, theirs->request_id) == 0;
}

enum difference_way difference_way(const struct read_reply *read)
{
    bool we = read->ours->status == HTTP_REPLY_WHOLE, they = read->theirs->result == CURLE_OK;

    if (!we)
        return they ? WE_REFUSE : ALIKE;
    if (!they)
        return THEY_REFUSE;
    if (!has_same_reply(read->ours, read->theirs))
        return OTHER_REPLY;
    if (!has_same_fields(read->ours, read->theirs))
        return OTHER_FIELD;
    return read->ours->keeps && read->taken == read->length && !read->theirs->keeps ? ONLY_WE_KEEP : ALIKE;
}

static bool is_so(const struct difference *difference, const struct read_reply *read)
{
    const char *reason = read->ours->reason;

    if (difference->reason ? !reason || strcmp(difference->reason, reason) != 0 : reason != NULL)
        return false;
    return (!difference->is || matches(last_line(read), difference->is)) &&
           (!difference->is_not || !matches(last_line(read), difference->is_not)) &&
           (!difference->also || difference->also(read));
}

const struct difference *difference_find(const struct read_reply *read, enum difference_way way)
{
    size_t i;

    for (i = 0; i < differences_count; i++)
        if (differences[i].way == way && is_so(differences + i, read))
            return differences + i;
    return NULL;
}
