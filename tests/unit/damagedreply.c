/* What may be wrong with a reply. */
#include "build.h"

#include "generatedreply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "twilio/http_reply.h"

/* Any line, or what ends a chunk. */
static struct part *pick_line(struct generated_reply *reply)
{
    struct part *part;

    do
        part = reply->parts + draw(reply, reply->count);
    while (part->kind == PART_BODY || part->kind == PART_EXCESS);
    return part;
}

/* A header of the final head or a trailer; one is made if there is none. */
static struct part *pick_header(struct generated_reply *reply)
{
    struct part *part = pick_part(reply, draw(reply, 4) == 0 ? PART_TRAILER : PART_HEADER);

    if (part)
        return part;
    return insert_part(reply, reply->final + 1, PART_HEADER);
}

/* A byte within the text of a part, not in what ends it. */
static void put_byte(struct generated_reply *reply, struct part *part, char byte)
{
    replace_bytes(&part->text, draw(reply, part->text.length + 1), 0, &byte, 1);
}

/* ---- lines */

static void end_line_otherwise(struct generated_reply *reply)
{
    static const char *const ends[] = {"\n", "\n", "\r", "\r\r\n", "\n\r", "", " \r\n", "\t\r\n", "\r \n"};

    pick_line(reply)->end = PICK(reply, ends);
}

static void end_all_lines_with_lf(struct generated_reply *reply)
{
    size_t i;

    for (i = 0; i < reply->count; i++)
        if (*reply->parts[i].end)
            reply->parts[i].end = "\n";
}

static void put_cr(struct generated_reply *reply)
{
    put_byte(reply, pick_line(reply), '\r');
}

static void put_nul(struct generated_reply *reply)
{
    put_byte(reply, pick_line(reply), '\0');
}

static void put_control(struct generated_reply *reply)
{
    static const char bytes[] = {'\a', '\b', '\v', '\f', '\x1b', '\x7f', '\x80', '\t', ' '};

    put_byte(reply, pick_line(reply), PICK(reply, bytes));
}

static void lengthen_line(struct generated_reply *reply)
{
    static char blanks[4 * HTTP_REPLY_LINE_LIMIT];
    struct part *part = pick_line(reply);
    size_t length = HTTP_REPLY_LINE_LIMIT - 200 + draw(reply, 400);

    if (draw(reply, 3) == 0)
        length = draw(reply, sizeof blanks);
    if (part->kind == PART_SIZE)
        length = HTTP_REPLY_CHUNK_LINE_LIMIT - 20 + draw(reply, 40);
    memset(blanks, 'x', sizeof blanks);
    if (part->kind == PART_SIZE)
        buffer_append_char(&part->text, ';');
    buffer_append(&part->text, blanks, length);
}

static void add_many_lines(struct generated_reply *reply)
{
    size_t count = HTTP_REPLY_LINES_LIMIT - 10 + draw(reply, 30);

    while (count-- > 0 && reply->count < GENERATED_PARTS / 2)
        add_header(reply, "X: y");
}

/* ---- the status line */

static void change_version(struct generated_reply *reply)
{
    static const char *const versions[] = {
        "HTTP/2", "HTTP/2.0", "HTTP/3", "HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/9.9", "HTTP/1", "HTTP/1.", "HTTP/.1",
        "HTTP/11", "HTTP/1.10", "HTTP/01.1", "HTTP/1,1", "HTTP /1.1", "HTTP/ 1.1", "HTTP/1.1\t", " HTTP/1.1", "http/1.1",
        "Http/1.1", "XTTP/1.1", "HTTP", "HTTPS/1.1", "ICY", "RTSP/1.0", "HTTP/-1.1", "HTTP/1.x", "\xef\xbb\xbfHTTP/1.1"};
    const char *version = PICK(reply, versions);

    replace_bytes(&reply->parts[reply->final].text, 0, 8, version, strlen(version));
}

static void change_code(struct generated_reply *reply)
{
    static const char *const codes[] = {"20",  "2",  "",     "2000", "20000000000", "000", "001",  "099",   "600", "700", "999",  "-20", "+20",
                                        "2x0", "0x2", " 200", "\t200", "200OK",      "200;", "200.1", "2 0", "20 ", "200\t", "101"};
    const char *code = PICK(reply, codes);

    replace_bytes(&reply->parts[reply->final].text, 9, 3, code, strlen(code));
}

static void switch_protocols(struct generated_reply *reply)
{
    replace_bytes(&reply->parts[reply->final].text, 9, 3, "101", 3);
    if (draw(reply, 2))
        add_header(reply, "Upgrade: websocket");
}

static void put_before(struct generated_reply *reply)
{
    static const char *const texts[] = {"", "", "HTTP", "SSH-2.0-OpenSSH_9.2p1", "<html>", "{}", "HTTP/1.1 100 Continue", "\t"};

    set_text(insert_part(reply, 0, PART_EXCESS), PICK(reply, texts));
    reply->parts[0].end = draw(reply, 4) ? "\r\n" : "\n";
}

static void drop_head(struct generated_reply *reply)
{
    size_t i;

    for (i = 0; i < reply->count; i++)
        if (reply->parts[i].kind <= PART_HEAD_END) {
            set_text(reply->parts + i, "");
            reply->parts[i].end = "";
        }
}

/* ---- headers */

static void fold(struct generated_reply *reply)
{
    static const char *const lines[] = {" more", "\tmore", " Content-Length: 3", "  ", " ", "\t", " Transfer-Encoding: chunked"};
    size_t at = (size_t)(pick_header(reply) - reply->parts);

    set_text(insert_part(reply, at + draw(reply, 2), reply->parts[at].kind), PICK(reply, lines));
}

static void spoil_name(struct generated_reply *reply)
{
    static const char *const lines[] = {"Content-Length : 3", "Content-Length\t: 3", "Transfer-Encoding : chunked", "no colon", "Content-Length",
                                        ":", ": x", " : x", "Content Length: 3", "Content(Length: 3", "\"Date\": x", "D\xc3\xa4te: x", "Date;: x",
                                        "Date\x01: x", "Connection : close", "HTTP/1.1 200 OK", "{}: x", "a,b: c"};

    set_text(pick_header(reply), PICK(reply, lines));
}

static void drop_line(struct generated_reply *reply)
{
    struct part *part = pick_line(reply);

    set_text(part, "");
    part->end = "";
}

static void repeat_part(struct generated_reply *reply)
{
    size_t at = draw(reply, reply->count);
    struct part *copy = insert_part(reply, at, reply->parts[at].kind);

    copy->end = copy[1].end;
    buffer_append(&copy->text, buffer_string(&copy[1].text), copy[1].text.length);
}

static void swap_parts(struct generated_reply *reply)
{
    struct part *one = reply->parts + draw(reply, reply->count), *other = reply->parts + draw(reply, reply->count);
    struct part kept = *one;

    *one = *other;
    *other = kept;
}

/* ---- how long the body is */

static const char *const lengths[] = {
    "Content-Length: +5", "Content-Length: -1", "Content-Length: -0", "Content-Length: 0x5", "Content-Length: 5, 5", "Content-Length: 5, 6",
    "Content-Length: 5,", "Content-Length: 5 5", "Content-Length: 5;", "Content-Length: 5.0", "Content-Length: 1e1", "Content-Length:",
    "Content-Length: five", "Content-Length: \"5\"", "Content-Length: 9223372036854775807", "Content-Length: 9223372036854775808",
    "Content-Length: 18446744073709551615", "Content-Length: 18446744073709551621", "Content-Length: 99999999999999999999999999",
    "Content-Length: 0000000000000000000000000000005", "Content-Length: 5\v", "Content-Length: \xef\xbc\x95", "Content-Length: 5_0",
    "Content-Length: 4294967301"};

/* In the place of the one that is right, or beside it. */
static void change_length(struct generated_reply *reply)
{
    struct part *part = NULL;
    size_t i;

    for (i = reply->final + 1; i < reply->count; i++)
        if (reply->parts[i].kind == PART_HEADER && reply->parts[i].text.length > 15 &&
            strncasecmp(reply->parts[i].text.data, "Content-Length:", 15) == 0)
            part = reply->parts + i;
    if (part)
        set_text(part, PICK(reply, lengths));
    else
        add_header(reply, PICK(reply, lengths));
}

static void add_second_length(struct generated_reply *reply)
{
    static const char *const others[] = {"Content-Length: 0", "Content-Length: 1", "Content-Length: 5", "Content-Length: 77"};

    add_header(reply, draw(reply, 2) ? PICK(reply, others) : PICK(reply, lengths));
}

/* A length that says more or less than there is. */
static void tell_wrong_length(struct generated_reply *reply)
{
    static const char *const others[] = {"Content-Length: 0", "Content-Length: 1", "Content-Length: 5", "Content-Length: 77", "Content-Length: 2048",
                                         "Content-Length: 2049", "Content-Length: 100000"};
    size_t i;

    for (i = reply->final + 1; i < reply->count; i++)
        if (reply->parts[i].kind == PART_HEADER && reply->parts[i].text.length > 15 &&
            strncasecmp(reply->parts[i].text.data, "Content-Length:", 15) == 0)
            set_text(reply->parts + i, others[reply->body.length % (sizeof others / sizeof *others)]);
}

static void encode_otherwise(struct generated_reply *reply)
{
    static const char *const encodings[] = {
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunkedx", "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: chunked,", "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: deflate",
        "Transfer-Encoding: gzip", "Transfer-Encoding:", "Transfer-Encoding: \vchunked", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: chunk"};
    size_t i;

    for (i = reply->final + 1; i < reply->count; i++)
        if (reply->parts[i].kind == PART_HEADER && reply->parts[i].text.length > 18 &&
            strncasecmp(reply->parts[i].text.data, "Transfer-Encoding:", 18) == 0)
            break;
    if (i < reply->count && draw(reply, 3))
        set_text(reply->parts + i, PICK(reply, encodings));
    else
        add_header(reply, PICK(reply, encodings));
}

static void encode_too(struct generated_reply *reply)
{
    add_header(reply, "Transfer-Encoding: chunked");
}

static void chunk_old_version(struct generated_reply *reply)
{
    replace_bytes(&reply->parts[reply->final].text, 7, 1, "0", 1);
}

/* A length or chunks where no body is (1xx, 204). */
static void frame_nothing(struct generated_reply *reply)
{
    static const char *const lines[] = {"Content-Length: 5", "Transfer-Encoding: chunked", "Content-Length: 0"};
    struct part *part;

    if (draw(reply, 2)) {
        replace_bytes(&reply->parts[reply->final].text, 9, 3, "204", 3);
        add_header(reply, PICK(reply, lines));
        return;
    }
    insert_part(reply, 0, PART_HEAD_END);
    part = insert_part(reply, 0, PART_HEADER);
    set_text(part, PICK(reply, lines));
    part = insert_part(reply, 0, PART_STATUS);
    set_text(part, "HTTP/1.1 103 Early Hints");
}

/* ---- chunks */

static void change_size(struct generated_reply *reply)
{
    static const char *const sizes[] = {"",   "g",  "0x5", "-1", "+1", " 1", "1 ", "1\t", "1 ;x", "1;", "1,", "1 2", "1g", "1\"", ";a", "5", "00", "0000000000000000", "00000000000000000",
                                        "00000000000000000000000001", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "fffffffffffffffff",
                                        "10000000000000001", "100000001", "801", "800", "1\v", "1=2", "\xef\xbc\x91", "1;a=\"", "1h", "1x"};
    struct part *part = pick_part(reply, PART_SIZE);

    if (part)
        set_text(part, PICK(reply, sizes));
}

static void change_chunk(struct generated_reply *reply)
{
    struct part *part = pick_part(reply, PART_CHUNK);

    if (!part)
        return;
    if (draw(reply, 2))
        put_byte(reply, part, 'x');
    else
        replace_bytes(&part->text, draw(reply, part->text.length), 1, "", 0);
}

static void lose_last_chunk(struct generated_reply *reply)
{
    size_t i;

    for (i = reply->count; i-- > 0 && reply->parts[i].kind >= PART_TRAILER;) {
        set_text(reply->parts + i, "");
        reply->parts[i].end = "";
    }
    if (draw(reply, 2)) {
        set_text(reply->parts + i, "");
        reply->parts[i].end = "";
    }
}

static void exceed_limit(struct generated_reply *reply)
{
    struct part *part = pick_part(reply, reply->shape == SHAPE_CHUNKS ? PART_CHUNK : PART_BODY);

    while (part && part->text.length <= GENERATED_BODY_LIMIT)
        buffer_append_string(&part->text, "too much of it is not read");
    if (part && part->kind == PART_CHUNK && part > reply->parts && part[-1].kind == PART_SIZE) {
        buffer_clear(&part[-1].text);
        buffer_append_format(&part[-1].text, "%zx", part->text.length);
    }
    if (part && part->kind == PART_BODY && reply->shape == SHAPE_LENGTH) {
        size_t i;

        for (i = reply->final + 1; i < reply->count; i++)
            if (reply->parts[i].kind == PART_HEADER && reply->parts[i].text.length > 15 &&
                strncasecmp(reply->parts[i].text.data, "Content-Length:", 15) == 0) {
                buffer_clear(&reply->parts[i].text);
                buffer_append_format(&reply->parts[i].text, "Content-Length: %zu", part->text.length);
            }
    }
}

/* ---- the connection */

static void add_excess(struct generated_reply *reply)
{
    static const char *const texts[] = {"x", "\r\n", "\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0\r\n\r\n", "{}{}{}{}{}{}{}{}{}{}{}{}{}{}"};

    set_text(insert_part(reply, reply->count, PART_EXCESS), PICK(reply, texts));
}

static void confuse_connection(struct generated_reply *reply)
{
    static const char *const lines[] = {"Connection: disclose", "Connection: closed", "Connection: keep-alives", "Connection: \"close\"", "Connection:",
                                        "Connection: ,,", "Proxy-Connection: close", "Proxy-Connection: keep-alive", "Connection: close;q=1",
                                        "Connection: clo se", "Keep-Alive: timeout=0, max=0", "Connection: keep-alive, close"};

    add_header(reply, PICK(reply, lines));
}

static void cut(struct generated_reply *reply)
{
    reply->bytes.length = draw(reply, reply->bytes.length + 1);
    reply->bytes.data[reply->bytes.length] = '\0';
}

/* ---- anything */

static void change_bytes(struct generated_reply *reply)
{
    static const char *const texts[] = {"\r", "\n", "\r\n", " ", "\t", ":", ";", ",", "0", "1", "9", "a", "F", "-", "+", "\r\n\r\n", "chunked", "close",
                                        "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1 200 OK\r\n"};
    size_t times = 1 + draw(reply, 4);

    while (times-- > 0 && reply->bytes.length > 0) {
        size_t at = draw(reply, reply->bytes.length), most = reply->bytes.length - at;
        size_t length = draw(reply, 3) ? draw(reply, 2) : draw(reply, most < 9 ? most : 9);
        const char *text = PICK(reply, texts);
        char byte = (char)draw(reply, 256);

        if (draw(reply, 4) == 0)
            replace_bytes(&reply->bytes, at, length, &byte, 1);
        else if (draw(reply, 4) == 0)
            replace_bytes(&reply->bytes, at, length + 1 <= most ? length + 1 : most, "", 0);
        else
            replace_bytes(&reply->bytes, at, length, text, strlen(text));
    }
}

static void make_garbage(struct generated_reply *reply)
{
    size_t length = draw(reply, 200);
    size_t kept = draw(reply, 2) ? 0 : draw(reply, 18);

    reply->bytes.length = kept < reply->bytes.length ? kept : reply->bytes.length;
    while (length-- > 0)
        buffer_append_char(&reply->bytes, (char)draw(reply, 256));
    buffer_append_string(&reply->bytes, "");
}

static void damage_twice(struct generated_reply *reply);

#define ANY(name, damage) {name, SHAPE_ANY, damage, NULL}
const struct reply_kind damaged_kinds[] = {
    ANY("a line that ends otherwise", end_line_otherwise),
    ANY("lines that end with LF", end_all_lines_with_lf),
    ANY("a CR in a line", put_cr),
    ANY("a NUL in a line", put_nul),
    ANY("a control byte in a line", put_control),
    ANY("a long line", lengthen_line),
    ANY("many lines", add_many_lines),
    ANY("another version", change_version),
    ANY("another status", change_code),
    ANY("101", switch_protocols),
    ANY("something before the status line", put_before),
    ANY("HTTP/0.9", drop_head),
    ANY("a folded line", fold),
    ANY("a header that is none", spoil_name),
    ANY("a line that is missing", drop_line),
    ANY("something twice", repeat_part),
    ANY("something in another place", swap_parts),
    ANY("a length that is none", change_length),
    {"a length that is wrong", SHAPE_LENGTH, tell_wrong_length, NULL},
    ANY("two lengths", add_second_length),
    ANY("another Transfer-Encoding", encode_otherwise),
    {"another Transfer-Encoding of chunks", SHAPE_CHUNKS, encode_otherwise, NULL},
    {"a length and chunks", SHAPE_LENGTH, encode_too, NULL},
    {"chunks and a length", SHAPE_CHUNKS, add_second_length, NULL},
    ANY("a Transfer-Encoding where none was", encode_too),
    {"chunks in HTTP/1.0", SHAPE_CHUNKS, chunk_old_version, NULL},
    ANY("a length where no body can be", frame_nothing),
    {"a chunk size that is none", SHAPE_CHUNKS, change_size, NULL},
    {"a chunk longer or shorter than its size", SHAPE_CHUNKS, change_chunk, NULL},
    {"no last chunk", SHAPE_CHUNKS, lose_last_chunk, NULL},
    {"a chunk over the limit", SHAPE_CHUNKS, exceed_limit, NULL},
    {"a length over the limit", SHAPE_LENGTH, exceed_limit, NULL},
    {"over the limit to the connection's end", SHAPE_TO_END, exceed_limit, NULL},
    ANY("bytes behind it", add_excess),
    ANY("Connection says something else", confuse_connection),
    {"a cut", SHAPE_ANY, NULL, cut},
    {"cut chunks", SHAPE_CHUNKS, NULL, cut},
    {"bytes changed", SHAPE_ANY, NULL, change_bytes},
    {"bytes of chunks changed", SHAPE_CHUNKS, NULL, change_bytes},
    {"bytes of a length changed", SHAPE_LENGTH, NULL, change_bytes},
    {"garbage", SHAPE_ANY, NULL, make_garbage},
    ANY("two faults", damage_twice),
    {"two faults of chunks", SHAPE_CHUNKS, damage_twice, NULL},
};
const size_t damaged_kinds_count = sizeof damaged_kinds / sizeof *damaged_kinds;

/* Others than those that need a shape: they do nothing to what has another. */
static void damage_twice(struct generated_reply *reply)
{
    size_t times = 2;

    while (times > 0) {
        const struct reply_kind *kind = damaged_kinds + draw(reply, damaged_kinds_count);

        if (!kind->damage || kind->damage == damage_twice || kind->damage == drop_head)
            continue;
        if (kind->shape != SHAPE_ANY && kind->shape != reply->shape)
            continue;
        kind->damage(reply);
        times--;
    }
}
