#include "build.h"

#include "twilio/http_reply.h"

#include <string.h>
#include <strings.h>

/* More than any length that is of interest, and far from overflowing. */
#define ENDLESS ((uint64_t)1 << 62)

struct text {
    const char *bytes;
    size_t length;
};

/* What is left of the bytes that were given. */
struct scan {
    const char *at;
    const char *end;
};

static size_t left_in(const struct scan *scan)
{
    return (size_t)(scan->end - scan->at);
}

static bool fail(struct http_reply *reply, enum http_reply_status status, const char *reason)
{
    reply->at = HTTP_REPLY_AT_NOTHING;
    reply->status = status;
    reply->reason = reason;
    reply->keeps = false;
    buffer_clear(&reply->body);
    return false;
}

static bool bad(struct http_reply *reply, const char *reason)
{
    return fail(reply, HTTP_REPLY_BAD, reason);
}

static bool finish(struct http_reply *reply)
{
    reply->at = HTTP_REPLY_AT_NOTHING;
    reply->status = HTTP_REPLY_WHOLE;
    reply->keeps = !reply->closes && (!reply->old || reply->stays);
    return true;
}

static bool check_memory(struct http_reply *reply, const struct buffer *buffer)
{
    switch (buffer_status(buffer)) {
    case BUFFER_OK:
        return true;
    case BUFFER_TOO_LARGE:
        return fail(reply, HTTP_REPLY_TOO_LARGE, "the reply is too large");
    case BUFFER_NO_MEMORY:
        break;
    }
    return fail(reply, HTTP_REPLY_NO_MEMORY, "out of memory");
}

/* ---- lines */

/* The line without its end. False if the end is not CR LF, or there is a CR or NUL in it. */
static bool trim_line(struct http_reply *reply, struct text *line)
{
    const char *cr = memchr(line->bytes, '\r', line->length);

    if (line->length < 2 || cr != line->bytes + line->length - 2)
        return bad(reply, "a line of the reply does not end with CR LF");
    line->length -= 2;
    if (memchr(line->bytes, '\0', line->length))
        return bad(reply, "a NUL in the reply's head");
    return true;
}

/* Takes a line, usually without copying it. False if there is no whole one, or it is bad. It is valid until the
 * next one is taken. */
static bool take_line(struct http_reply *reply, struct scan *scan, size_t limit, struct text *line)
{
    const char *end = memchr(scan->at, '\n', left_in(scan));
    bool whole = end != NULL;

    end = whole ? end + 1 : scan->end;
    *line = (struct text){scan->at, (size_t)(end - scan->at)};
    scan->at = end;
    if (reply->line.length + line->length > limit)
        return bad(reply, "a line of the reply is too long");
    if (!whole || reply->line.length > 0) {
        buffer_append(&reply->line, line->bytes, line->length);
        if (!check_memory(reply, &reply->line))
            return false;
        *line = (struct text){reply->line.data, reply->line.length};
    }
    return whole && trim_line(reply, line);
}

static bool count_line(struct http_reply *reply)
{
    return ++reply->lines <= HTTP_REPLY_LINES_LIMIT || bad(reply, "the reply has too many lines");
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* RFC 9112, 4: the reason phrase is nobody's business; some leave out even the blank before it. */
static bool read_status_line(struct http_reply *reply, struct text line)
{
    const char *code = line.bytes + 9;

    if (line.length < 12 || memcmp(line.bytes, "HTTP/1.", 7) != 0 ||
        (line.bytes[7] != '0' && line.bytes[7] != '1') || line.bytes[8] != ' ' || !is_digit(code[0]) ||
        !is_digit(code[1]) || !is_digit(code[2]) || (line.length > 12 && line.bytes[12] != ' '))
        return bad(reply, "the reply is not HTTP/1.1");
    reply->old = line.bytes[7] == '0';
    reply->code = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
    if (reply->code < 100 || reply->code > 599 || reply->code == 101)
        return bad(reply, "the reply has no status that can be");
    reply->at = HTTP_REPLY_AT_HEADER;
    return true;
}

/* ---- header lines */

static bool is_token(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte && strchr("-_.!#$%&'*+^`|~", byte));
}

/* RFC 9112, 5: a name, a colon at once, and a value without the blanks around it. */
static bool split_header(struct http_reply *reply, struct text line, struct text *name, struct text *value)
{
    size_t i = 0;

    while (i < line.length && is_token(line.bytes[i]))
        i++;
    if (i == 0 || i == line.length || line.bytes[i] != ':')
        return bad(reply, "the reply has a header line that is none");
    *name = (struct text){line.bytes, i};
    *value = (struct text){line.bytes + i + 1, line.length - i - 1};
    while (value->length > 0 && is_blank(value->bytes[0])) {
        value->bytes++;
        value->length--;
    }
    while (value->length > 0 && is_blank(value->bytes[value->length - 1]))
        value->length--;
    return true;
}

static bool is_text(struct text text, const char *wanted)
{
    return text.length == strlen(wanted) && strncasecmp(text.bytes, wanted, text.length) == 0;
}

static void keep(char *field, bool *has, struct text value)
{
    size_t length = value.length < HTTP_REPLY_FIELD_SIZE ? value.length : HTTP_REPLY_FIELD_SIZE - 1;

    if (*has)
        return;
    *has = true;
    memcpy(field, value.bytes, length);
    field[length] = '\0';
}

static bool read_length(struct http_reply *reply, struct text value)
{
    uint64_t length = 0;
    size_t i;

    for (i = 0; i < value.length && is_digit(value.bytes[i]); i++)
        length = length > ENDLESS / 16 ? ENDLESS : length * 10 + (uint64_t)(value.bytes[i] - '0');
    if (i == 0 || i < value.length)
        return bad(reply, "the reply's Content-Length is no number");
    if (reply->has_length && reply->length != length)
        return bad(reply, "the reply has two lengths");
    reply->has_length = true;
    reply->length = length;
    return true;
}

static bool read_encoding(struct http_reply *reply, struct text value)
{
    if (reply->has_chunks || reply->old || !is_text(value, "chunked"))
        return bad(reply, "the reply's Transfer-Encoding is not what we can read");
    reply->has_chunks = true;
    return true;
}

/* RFC 9110, 7.6.1: a list of options. */
static void read_connection(struct http_reply *reply, struct text value)
{
    const char *end = value.bytes + value.length;

    while (value.bytes < end) {
        struct text option = {value.bytes, 0};

        while (value.bytes < end && *value.bytes != ',' && !is_blank(*value.bytes))
            value.bytes++;
        option.length = (size_t)(value.bytes - option.bytes);
        reply->closes = reply->closes || is_text(option, "close");
        reply->stays = reply->stays || is_text(option, "keep-alive");
        while (value.bytes < end && (*value.bytes == ',' || is_blank(*value.bytes)))
            value.bytes++;
    }
}

static bool read_header(struct http_reply *reply, struct text line)
{
    struct text name, value;

    if (!split_header(reply, line, &name, &value))
        return false;
    if (is_text(name, "Content-Length"))
        return read_length(reply, value);
    if (is_text(name, "Transfer-Encoding"))
        return read_encoding(reply, value);
    if (is_text(name, "Connection"))
        read_connection(reply, value);
    else if (is_text(name, "Date"))
        keep(reply->date, &reply->has_date, value);
    else if (is_text(name, "Retry-After"))
        keep(reply->retry_after, &reply->has_retry_after, value);
    else if (is_text(name, "Twilio-Request-Id"))
        keep(reply->request_id, &reply->has_request_id, value);
    return true;
}

/* ---- the body */

/* What was read of a head, so that the next reply on the same request is read from nothing. */
static void forget_head(struct http_reply *reply)
{
    reply->code = 0;
    reply->date[0] = reply->retry_after[0] = reply->request_id[0] = '\0';
    reply->length = 0;
    reply->old = reply->has_length = reply->has_chunks = reply->closes = reply->stays = false;
    reply->has_date = reply->has_retry_after = reply->has_request_id = false;
}

/* RFC 9112, 6.1: no server may say of such a reply how its body comes. */
static bool has_impossible_body(const struct http_reply *reply)
{
    return (reply->code < 200 && (reply->has_length || reply->has_chunks)) ||
           (reply->code == 204 && reply->has_chunks);
}

static bool begin_known_body(struct http_reply *reply)
{
    if (reply->length > reply->body.ceiling)
        return fail(reply, HTTP_REPLY_TOO_LARGE, "the reply is too large");
    buffer_reserve(&reply->body, (size_t)reply->length);
    reply->at = HTTP_REPLY_AT_LENGTH;
    reply->left = reply->length;
    return check_memory(reply, &reply->body) && (reply->left > 0 || finish(reply));
}

static bool end_head(struct http_reply *reply)
{
    bool closes = reply->closes;

    if ((reply->has_length && reply->has_chunks) || has_impossible_body(reply))
        return bad(reply, "the reply says two things about its length");
    if (reply->code < 200) {
        forget_head(reply);
        reply->closes = closes; /* that is of the connection (9.6), not only of this reply */
        reply->at = HTTP_REPLY_AT_STATUS;
        return true;
    }
    if (reply->code == 204 && reply->length > 0)
        reply->closes = true; /* somebody on the way may wait for these bytes */
    if (reply->head || reply->code == 204 || reply->code == 304)
        return finish(reply);
    if (reply->has_length)
        return begin_known_body(reply);
    reply->at = reply->has_chunks ? HTTP_REPLY_AT_SIZE : HTTP_REPLY_AT_END;
    reply->closes = reply->closes || !reply->has_chunks;
    return true;
}

static bool read_size(struct http_reply *reply, struct text line)
{
    size_t i = 0;

    for (reply->left = 0; i < line.length; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = strchr(digits, line.bytes[i]);

        if (!digit)
            break;
        reply->left = reply->left > ENDLESS / 32 ? ENDLESS : reply->left * 16 + (uint64_t)((digit - digits) % 16);
    }
    if (i == 0)
        return bad(reply, "a chunk of the reply has no size");
    if (i < line.length) { /* an extension (7.1.1), which nobody need know */
        while (i < line.length && is_blank(line.bytes[i]))
            i++;
        if (i == line.length || line.bytes[i] != ';')
            return bad(reply, "a chunk's size in the reply is no number");
    }
    if (reply->left == 0) {
        reply->at = HTTP_REPLY_AT_TRAILER;
        return true;
    }
    if (reply->left > reply->body.ceiling - reply->body.length)
        return fail(reply, HTTP_REPLY_TOO_LARGE, "the reply is too large");
    reply->at = HTTP_REPLY_AT_CHUNK;
    return ++reply->chunks <= HTTP_REPLY_CHUNKS_LIMIT || bad(reply, "the reply has too many chunks");
}

static bool take_body(struct http_reply *reply, struct scan *scan, uint64_t most)
{
    size_t length = left_in(scan) < most ? left_in(scan) : (size_t)most;

    buffer_append(&reply->body, scan->at, length);
    scan->at += length;
    reply->left -= reply->at == HTTP_REPLY_AT_END ? 0 : length;
    return check_memory(reply, &reply->body);
}

/* ---- all of it */

static bool read_line(struct http_reply *reply, struct text line)
{
    struct text name, value;

    switch (reply->at) {
    case HTTP_REPLY_AT_STATUS:
        return count_line(reply) && read_status_line(reply, line);
    case HTTP_REPLY_AT_HEADER:
        return line.length == 0 ? end_head(reply) : count_line(reply) && read_header(reply, line);
    case HTTP_REPLY_AT_TRAILER:
        return line.length == 0 ? finish(reply)
                                : count_line(reply) && split_header(reply, line, &name, &value);
    case HTTP_REPLY_AT_CHUNK_END:
        reply->at = HTTP_REPLY_AT_SIZE;
        return line.length == 0 || bad(reply, "a chunk of the reply is longer than its size");
    default:
        return read_size(reply, line);
    }
}

/* One line, or what there is of a body. */
static bool step(struct http_reply *reply, struct scan *scan)
{
    size_t limit = reply->at == HTTP_REPLY_AT_SIZE ? HTTP_REPLY_CHUNK_LINE_LIMIT : HTTP_REPLY_LINE_LIMIT;
    struct text line;

    switch (reply->at) {
    case HTTP_REPLY_AT_LENGTH:
        return take_body(reply, scan, reply->left) && (reply->left > 0 || finish(reply));
    case HTTP_REPLY_AT_END:
        return take_body(reply, scan, UINT64_MAX);
    case HTTP_REPLY_AT_CHUNK:
        if (!take_body(reply, scan, reply->left))
            return false;
        if (reply->left == 0)
            reply->at = HTTP_REPLY_AT_CHUNK_END;
        return true;
    default:
        break;
    }
    if (!take_line(reply, scan, limit, &line) || !read_line(reply, line))
        return false;
    buffer_clear(&reply->line);
    return true;
}

enum http_reply_status http_reply_feed(struct http_reply *reply, const char *bytes, size_t length,
                                       size_t *taken)
{
    struct scan scan = {bytes, bytes + length};

    reply->begun = reply->begun || length > 0;
    while (reply->at != HTTP_REPLY_AT_NOTHING && scan.at < scan.end)
        if (!step(reply, &scan))
            break;
    *taken = (size_t)(scan.at - bytes);
    return reply->status;
}

enum http_reply_status http_reply_break(struct http_reply *reply)
{
    if (reply->at != HTTP_REPLY_AT_NOTHING)
        fail(reply, HTTP_REPLY_CUT, "the connection ended before the reply did");
    return reply->status;
}

enum http_reply_status http_reply_end(struct http_reply *reply)
{
    if (reply->at == HTTP_REPLY_AT_END)
        finish(reply);
    return http_reply_break(reply);
}

void http_reply_init(struct http_reply *reply)
{
    memset(reply, 0, sizeof *reply);
    buffer_init(&reply->body, 0);
    buffer_init(&reply->line, HTTP_REPLY_LINE_LIMIT);
}

void http_reply_begin(struct http_reply *reply, bool head, size_t body_limit)
{
    forget_head(reply);
    buffer_clear(&reply->body);
    buffer_clear(&reply->line);
    reply->body.ceiling = body_limit;
    reply->head = head;
    reply->keeps = reply->begun = false;
    reply->reason = NULL;
    reply->at = HTTP_REPLY_AT_STATUS;
    reply->status = HTTP_REPLY_MORE;
    reply->left = 0;
    reply->lines = reply->chunks = 0;
}

void http_reply_free(struct http_reply *reply)
{
    buffer_free(&reply->body);
    buffer_free(&reply->line);
}
