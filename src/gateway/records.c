#include "build.h"

#include "gateway/records.h"

#include <string.h>

/* Section 8 of the specification. */
enum {
    PROTOCOL_VERSION = 1,
    TYPE_BEGIN_REQUEST = 1,
    TYPE_ABORT_REQUEST = 2,
    TYPE_END_REQUEST = 3,
    TYPE_PARAMS = 4,
    TYPE_STDIN = 5,
    TYPE_STDOUT = 6,
    TYPE_STDERR = 7,
    TYPE_LAST = 11,
    ROLE_RESPONDER = 1,
    FLAG_KEEP_CONNECTION = 1,
    CONTENT_LIMIT = 65528, /* the largest multiple of 8 that a record can hold */
};

struct record {
    unsigned type;
    uint16_t request_id;
    const unsigned char *content;
    size_t content_length;
    size_t padding;
};

/* Where we are in the stream of name-value pairs (section 3.4), whose pairs may be
 * cut anywhere by record borders. */
struct pairs {
    unsigned char lengths[8]; /* both lengths, as far as they have come */
    size_t lengths_count;
    size_t lengths_size; /* how many they will be; 0 until the first byte is known */
    size_t skip;         /* bytes of name and value still to come */
    size_t total;
};

static uint32_t read_length(const unsigned char *at)
{
    if (!(at[0] & 0x80))
        return at[0];
    return (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static size_t length_size(unsigned char first)
{
    return first & 0x80 ? 4 : 1;
}

/* Takes one byte of the two lengths; sets `skip` once both are there. */
static void take_length_byte(struct pairs *pairs, unsigned char byte)
{
    size_t name_size;

    pairs->lengths[pairs->lengths_count++] = byte;
    name_size = length_size(pairs->lengths[0]);
    if (pairs->lengths_count <= name_size)
        return;
    if (pairs->lengths_count < name_size + length_size(pairs->lengths[name_size]))
        return;
    pairs->skip = (size_t)read_length(pairs->lengths) + read_length(pairs->lengths + name_size);
    pairs->lengths_count = 0;
}

/* A NUL would cut a variable short where C reads it, so no front may send one. */
static const char *take_pairs(struct pairs *pairs, const unsigned char *bytes, size_t length)
{
    size_t at = 0;

    pairs->total += length;
    if (pairs->total > RECORDS_PARAMETERS_LIMIT)
        return "more than 64 KiB of parameters";
    while (at < length) {
        if (pairs->skip > 0) {
            size_t part = pairs->skip < length - at ? pairs->skip : length - at;

            if (memchr(bytes + at, '\0', part))
                return "a NUL byte in a parameter";
            pairs->skip -= part;
            at += part;
            continue;
        }
        take_length_byte(pairs, bytes[at++]);
        if (pairs->skip > RECORDS_PARAMETERS_LIMIT)
            return "a parameter longer than 64 KiB";
    }
    return NULL;
}

/* Reads a record header and finds its content; false if not even the header is there. */
static bool read_record(struct record *record, const unsigned char *bytes, size_t length)
{
    if (length < RECORDS_HEADER_LENGTH)
        return false;
    record->type = bytes[1];
    record->request_id = (uint16_t)(bytes[2] << 8 | bytes[3]);
    record->content_length = (size_t)bytes[4] << 8 | bytes[5];
    record->padding = bytes[6];
    record->content = bytes + RECORDS_HEADER_LENGTH;
    return true;
}

static const char *judge_begin(struct records_look *look, const struct record *record)
{
    if (record->type == 0 || record->type > TYPE_LAST)
        return "not a FastCGI record";
    if (record->request_id == 0)
        return "a management record";
    if (record->type != TYPE_BEGIN_REQUEST)
        return "a record before FCGI_BEGIN_REQUEST";
    if (record->content_length != 8)
        return "an FCGI_BEGIN_REQUEST of wrong length";
    if ((record->content[0] << 8 | record->content[1]) != ROLE_RESPONDER)
        return "a role other than FCGI_RESPONDER";
    look->request_id = record->request_id;
    look->keep_connection = record->content[2] & FLAG_KEEP_CONNECTION;
    return NULL;
}

/* What the next record must be. */
enum phase { PHASE_BEGIN, PHASE_PARAMS, PHASE_STDIN, PHASE_END };

struct walk {
    struct records_look *look;
    enum phase phase;
    struct pairs pairs;
    size_t body_limit;
};

static const char *take_params(struct walk *walk, const struct record *record, size_t available)
{
    size_t length = record->content_length < available ? record->content_length : available;
    const char *wrong = take_pairs(&walk->pairs, record->content, length);

    if (wrong)
        return wrong;
    if (record->content_length == 0) {
        if (walk->pairs.skip > 0 || walk->pairs.lengths_count > 0)
            return "parameters that end within a pair";
        walk->phase = PHASE_STDIN;
    }
    return NULL;
}

static const char *take_stdin(struct walk *walk, const struct record *record)
{
    walk->look->body_length += record->content_length;
    if (record->content_length > 0)
        return NULL;
    /* libfcgi ends the stream at the header and would leave the padding in the
     * socket, where it would stand before the next request. */
    if (record->padding > 0)
        return "padding behind the end of FCGI_STDIN";
    walk->phase = PHASE_END;
    return NULL;
}

/* Judges one record of which `available` content bytes are there. */
static const char *take_record(struct walk *walk, const struct record *record, size_t available)
{
    if (walk->phase == PHASE_BEGIN) {
        const char *wrong;

        if (available < record->content_length && available < 8)
            return NULL;
        wrong = judge_begin(walk->look, record);
        walk->phase = PHASE_PARAMS;
        return wrong;
    }
    if (record->request_id != walk->look->request_id)
        return record->request_id == 0 ? "a management record" : "a second request id";
    if (walk->phase == PHASE_PARAMS && record->type == TYPE_PARAMS)
        return take_params(walk, record, available);
    if (walk->phase == PHASE_STDIN && record->type == TYPE_STDIN)
        return take_stdin(walk, record);
    return record->type == TYPE_ABORT_REQUEST ? "FCGI_ABORT_REQUEST" : "a record out of order";
}

enum records_status records_look(struct records_look *look, const unsigned char *bytes,
                                 size_t length, size_t body_limit)
{
    struct walk walk = {.look = look, .body_limit = body_limit};
    struct record record;
    size_t at = 0;

    *look = (struct records_look){0};
    if (length > 0 && bytes[0] != PROTOCOL_VERSION) {
        look->wrong = "not FastCGI version 1";
        return RECORDS_BAD;
    }
    while (walk.phase != PHASE_END && read_record(&record, bytes + at, length - at)) {
        size_t available = length - at - RECORDS_HEADER_LENGTH;

        look->wrong = bytes[at] == PROTOCOL_VERSION ? take_record(&walk, &record, available)
                                           : "not FastCGI version 1";
        if (look->wrong)
            return RECORDS_BAD;
        if (look->body_length > body_limit)
            return RECORDS_OVERSIZE;
        if (available < record.content_length + record.padding)
            return RECORDS_PARTIAL;
        at += RECORDS_HEADER_LENGTH + record.content_length + record.padding;
    }
    if (walk.phase != PHASE_END)
        return RECORDS_PARTIAL;
    if (at < length) {
        look->wrong = "bytes behind the request";
        return RECORDS_BAD;
    }
    return RECORDS_WHOLE;
}

static void append_record(struct buffer *out, unsigned type, uint16_t request_id,
                          const char *content, size_t length)
{
    size_t padding = (8 - length % 8) % 8;
    unsigned char header[RECORDS_HEADER_LENGTH] = {
        PROTOCOL_VERSION,
        (unsigned char)type,
        (unsigned char)(request_id >> 8),
        (unsigned char)(request_id & 0xff),
        (unsigned char)(length >> 8),
        (unsigned char)(length & 0xff),
        (unsigned char)padding,
        0,
    };

    buffer_append(out, header, sizeof header);
    buffer_append(out, content, length);
    buffer_append(out, "\0\0\0\0\0\0\0", padding);
}

static void append_stream(struct buffer *out, unsigned type, uint16_t request_id,
                          const struct buffer *stream)
{
    size_t at = 0;

    while (at < stream->length) {
        size_t part = stream->length - at < CONTENT_LIMIT ? stream->length - at : CONTENT_LIMIT;

        append_record(out, type, request_id, stream->data + at, part);
        at += part;
    }
    append_record(out, type, request_id, "", 0);
}

void records_reply(struct buffer *out, uint16_t request_id, const struct buffer *response,
                   const struct buffer *log)
{
    /* appStatus 0, FCGI_REQUEST_COMPLETE */
    static const char complete[8] = {0};

    if (log->length > 0)
        append_stream(out, TYPE_STDERR, request_id, log);
    append_stream(out, TYPE_STDOUT, request_id, response);
    append_record(out, TYPE_END_REQUEST, request_id, complete, sizeof complete);
}
