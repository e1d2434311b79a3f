#include "build.h"

#include "generatedreply.h"

#include <stdlib.h>
#include <string.h>

static const char CR_LF[] = "\r\n";

/* splitmix64 */
size_t draw(struct generated_reply *reply, size_t count)
{
    uint64_t mixed = reply->random += 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return count > 0 ? (size_t)((mixed ^ (mixed >> 31)) % count) : 0;
}

/* ---- parts */

struct part *insert_part(struct generated_reply *reply, size_t at, enum part_kind kind)
{
    struct part added = reply->parts[reply->count];

    if (reply->count + 1 == GENERATED_PARTS || at > reply->count)
        abort();
    memmove(reply->parts + at + 1, reply->parts + at, (reply->count - at) * sizeof added);
    buffer_clear(&added.text);
    added.kind = kind;
    added.end = kind == PART_BODY || kind == PART_EXCESS ? "" : CR_LF;
    reply->parts[at] = added;
    reply->count++;
    if (at <= reply->final)
        reply->final++;
    return reply->parts + at;
}

static struct part *add_part(struct generated_reply *reply, enum part_kind kind)
{
    size_t final = reply->final;
    struct part *part = insert_part(reply, reply->count, kind);

    reply->final = final;
    return part;
}

struct part *pick_part(struct generated_reply *reply, enum part_kind kind)
{
    struct part *picked = NULL;
    size_t i, seen = 0;

    for (i = 0; i < reply->count; i++)
        if (reply->parts[i].kind == kind && draw(reply, ++seen) == 0)
            picked = reply->parts + i;
    return picked;
}

void set_text(struct part *part, const char *text)
{
    buffer_clear(&part->text);
    buffer_append_string(&part->text, text);
}

void add_header(struct generated_reply *reply, const char *text)
{
    size_t end = reply->final;

    while (end < reply->count && reply->parts[end].kind != PART_HEAD_END)
        end++;
    if (end > reply->final)
        set_text(insert_part(reply, reply->final + 1 + draw(reply, end - reply->final), PART_HEADER), text);
}

void replace_bytes(struct buffer *buffer, size_t at, size_t length, const void *bytes, size_t count)
{
    struct buffer changed;

    at = at < buffer->length ? at : buffer->length;
    length = length < buffer->length - at ? length : buffer->length - at;
    buffer_init(&changed, GENERATED_SIZE);
    buffer_append(&changed, buffer_string(buffer), at);
    buffer_append(&changed, bytes, count);
    buffer_append(&changed, buffer_string(buffer) + at + length, buffer->length - at - length);
    buffer_free(buffer);
    *buffer = changed;
}

/* ---- a sound one */

static void add_headers(struct generated_reply *reply)
{
    static const char *const others[] = {
        "Date: Tue, 01 Sep 2026 08:00:00 GMT", "date:Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: 3",
        "RETRY-AFTER: \t 120 \t", "Twilio-Request-Id: RQ00000000000000000000000000000001", "Twilio-Request-Id:",
        "Twilio-Request-Duration: 0.042", "Server: a (b) c/1.0", "Content-Type: application/json; charset=utf-8",
        "Set-Cookie: a=b; Path=/", "Location: https://elsewhere.invalid/", "X-Empty:", "X-Blanks:   ",
        "x!#$%&'*+-.^_`|~9: every byte of a name", "Vary: Accept-Encoding", "ETag: \"a:b\"", "X-High: \xc3\xa9\xff",
        "X-Tab: a\tb", "X-Colons: ::", "Content-Lengths: 3", "X-Content-Length: 4", "Trailer: X", "Via: 1.1 front",
        "Twilio-Request-Id: 0123456789012345678901234567890123456789012345678901234567890123456789",
        "Content-Encoding: identity", "Keep-Alive: timeout=5", "WWW-Authenticate: Basic realm=\"x\"",
    };
    size_t count = draw(reply, 6), i;

    if (draw(reply, 100) == 0)
        count = 100 + draw(reply, 120);
    for (i = 0; i < count; i++)
        add_header(reply, PICK(reply, others));
    if (draw(reply, 200) == 0) {
        struct part *part = pick_part(reply, PART_HEADER);

        while (part && part->text.length < 8000)
            buffer_append_string(&part->text, " and so on");
    }
}

static void add_connection(struct generated_reply *reply)
{
    static const struct {
        const char *line;
        bool closes, stays;
    } lines[] = {
        {"Connection: close", true, false},         {"connection:Keep-Alive", false, true},
        {"Connection: keep-alive", false, true},    {"Connection: x, close", true, false},
        {"Connection: CLOSE ,\tx", true, false},    {"Connection: x-option", false, false},
        {"Connection: close, keep-alive", true, true},
    };
    size_t row = draw(reply, 2 * sizeof lines / sizeof *lines);

    if (row >= sizeof lines / sizeof *lines) {
        reply->keeps = reply->keeps && !reply->old;
        return;
    }
    add_header(reply, lines[row].line);
    reply->keeps = reply->keeps && !lines[row].closes && (!reply->old || lines[row].stays);
}

static void make_body(struct generated_reply *reply)
{
    static const char *const texts[] = {"{\"sid\":\"MB\"}", "\r\n", "\n", "\r", "0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "5\r\n", "abc",
                                        "\xc3\xa9", "{", "}", " ", ":"};
    size_t length = draw(reply, 8) == 0 ? 0 : draw(reply, 70);

    if (draw(reply, 50) == 0)
        length = GENERATED_BODY_LIMIT - draw(reply, 3);
    while (reply->body.length < length) {
        if (draw(reply, 30) == 0)
            buffer_append(&reply->body, "", 1);
        else
            buffer_append_string(&reply->body, PICK(reply, texts));
    }
    reply->body.length = length; /* the last text may have been too long */
    if (reply->body.data)
        reply->body.data[length] = '\0';
}

static void add_length(struct generated_reply *reply, size_t length)
{
    static const char *const names[] = {"Content-Length: ", "content-length:", "CONTENT-LENGTH: \t "};
    static const char *const ends[] = {"", "", " ", "\t "};
    struct buffer line;
    size_t times = draw(reply, 20) == 0 ? 2 : 1;

    buffer_init(&line, 256);
    buffer_append_string(&line, PICK(reply, names));
    buffer_append_format(&line, "%0*zu", draw(reply, 20) == 0 ? 12 : 1, length);
    buffer_append_string(&line, PICK(reply, ends));
    while (times-- > 0)
        add_header(reply, buffer_string(&line));
    buffer_free(&line);
}

static void add_size(struct generated_reply *reply, size_t size)
{
    static const char *const extensions[] = {"", "", "", "", ";a", ";a=b", ";a=\"b;c\"", " ;a", "\t; a=b"};
    static const int widths[] = {1, 1, 1, 3, 12};
    struct part *part = add_part(reply, PART_SIZE);

    if (draw(reply, 3) == 0)
        buffer_append_format(&part->text, "%0*zX", PICK(reply, widths), size);
    else
        buffer_append_format(&part->text, "%0*zx", PICK(reply, widths), size);
    buffer_append_string(&part->text, PICK(reply, extensions));
}

static void add_chunks(struct generated_reply *reply)
{
    static const char *const trailers[] = {"X: y", "Content-Length: 7", "Connection: close", "Digest:", "Transfer-Encoding: chunked"};
    size_t at = 0, length, most = 20 + draw(reply, GENERATED_BODY_LIMIT), count;

    if (draw(reply, 2) == 0)
        most = 40;
    for (; at < reply->body.length; at += length) {
        length = 1 + draw(reply, reply->body.length - at);
        length = length < most ? length : most;
        add_size(reply, length);
        buffer_append(&add_part(reply, PART_CHUNK)->text, reply->body.data + at, length);
    }
    add_size(reply, 0);
    for (count = draw(reply, 3) == 0 ? draw(reply, 4) : 0; count > 0; count--)
        set_text(add_part(reply, PART_TRAILER), PICK(reply, trailers));
    add_part(reply, PART_LAST);
}

static void add_status(struct generated_reply *reply, int code)
{
    static const char *const reasons[] = {" OK", " Whatever it is", " ", "", " 200 HTTP/1.1", " \xc3\xa9"};
    struct part *part = add_part(reply, PART_STATUS);

    buffer_append_format(&part->text, "HTTP/1.%d %03d%s", reply->old ? 0 : 1, code, PICK(reply, reasons));
}

static void add_informational(struct generated_reply *reply)
{
    static const int codes[] = {100, 102, 103, 199};
    static const char *const headers[] = {"Link: </a>; rel=preload", "Date: too early", "X: y", "Connection: close"};
    size_t count = draw(reply, 5) == 0 ? 1 + draw(reply, 3) : 0;

    while (count-- > 0) {
        add_status(reply, PICK(reply, codes));
        if (draw(reply, 2)) {
            const char *header = PICK(reply, headers);

            set_text(add_part(reply, PART_HEADER), header);
            reply->keeps = reply->keeps && strncmp(header, "Connection", 10) != 0;
        }
        add_part(reply, PART_HEAD_END);
    }
    reply->final = reply->count;
}

static void add_framing(struct generated_reply *reply)
{
    switch (reply->shape) {
    case SHAPE_LENGTH:
        add_length(reply, reply->body.length);
        buffer_append(&add_part(reply, PART_BODY)->text, buffer_string(&reply->body), reply->body.length);
        break;
    case SHAPE_CHUNKS:
        add_header(reply, draw(reply, 2) ? "Transfer-Encoding: chunked" : "transfer-encoding:\tChunked ");
        add_chunks(reply);
        break;
    case SHAPE_TO_END:
        reply->keeps = false;
        buffer_append(&add_part(reply, PART_BODY)->text, buffer_string(&reply->body), reply->body.length);
        break;
    case SHAPE_HEAD:
    case SHAPE_NOT_MODIFIED:
        buffer_clear(&reply->body);
        if (draw(reply, 3) == 0)
            add_length(reply, draw(reply, 100000));
        else if (draw(reply, 3) == 0 && !reply->old)
            add_header(reply, "Transfer-Encoding: chunked");
        break;
    default:
        buffer_clear(&reply->body);
        if (draw(reply, 3) == 0)
            add_length(reply, 0);
    }
}

static void make_sound(struct generated_reply *reply)
{
    static const int codes[] = {200, 201, 202, 203, 205, 206, 299, 300, 301, 302, 307, 400, 401, 403, 404, 407,
                                408, 409, 417, 429, 451, 499, 500, 502, 503, 504, 599};

    if (reply->shape == SHAPE_ANY)
        reply->shape = (enum reply_shape)(1 + draw(reply, SHAPE_NOT_MODIFIED));
    reply->head = reply->shape == SHAPE_HEAD;
    reply->old = false;
    reply->keeps = true;
    reply->code = reply->shape == SHAPE_NO_CONTENT     ? 204
                  : reply->shape == SHAPE_NOT_MODIFIED ? 304
                                                       : PICK(reply, codes);
    add_informational(reply);
    reply->old = reply->shape != SHAPE_CHUNKS && draw(reply, 6) == 0;
    add_status(reply, reply->code);
    add_part(reply, PART_HEAD_END);
    add_headers(reply);
    add_connection(reply);
    make_body(reply);
    add_framing(reply);
}

static void write_bytes(struct generated_reply *reply)
{
    size_t i;

    buffer_clear(&reply->bytes);
    for (i = 0; i < reply->count; i++) {
        buffer_append(&reply->bytes, buffer_string(&reply->parts[i].text), reply->parts[i].text.length);
        buffer_append_string(&reply->bytes, reply->parts[i].end);
    }
}

void generated_reply_make(struct generated_reply *reply, const struct reply_kind *kind, uint64_t seed)
{
    reply->random = seed;
    reply->count = reply->final = 0;
    reply->shape = kind->shape;
    buffer_clear(&reply->body);
    make_sound(reply);
    if (kind->damage)
        kind->damage(reply);
    write_bytes(reply);
    if (kind->damage_bytes)
        kind->damage_bytes(reply);
    if (buffer_status(&reply->bytes) != BUFFER_OK || buffer_status(&reply->body) != BUFFER_OK)
        abort();
}

void generated_reply_init(struct generated_reply *reply)
{
    size_t i;

    memset(reply, 0, sizeof *reply);
    for (i = 0; i < GENERATED_PARTS; i++)
        buffer_init(&reply->parts[i].text, GENERATED_SIZE);
    buffer_init(&reply->bytes, GENERATED_SIZE);
    buffer_init(&reply->body, GENERATED_SIZE);
}

void generated_reply_free(struct generated_reply *reply)
{
    size_t i;

    for (i = 0; i < GENERATED_PARTS; i++)
        buffer_free(&reply->parts[i].text);
    buffer_free(&reply->bytes);
    buffer_free(&reply->body);
}

const struct reply_kind sound_kinds[] = {
    {"a length", SHAPE_LENGTH, NULL, NULL},
    {"chunks", SHAPE_CHUNKS, NULL, NULL},
    {"to the connection's end", SHAPE_TO_END, NULL, NULL},
    {"HEAD", SHAPE_HEAD, NULL, NULL},
    {"204", SHAPE_NO_CONTENT, NULL, NULL},
    {"304", SHAPE_NOT_MODIFIED, NULL, NULL},
};
const size_t sound_kinds_count = sizeof sound_kinds / sizeof *sound_kinds;
