#include "build.h"

#include "gateway/records.h"

#include <inttypes.h>
#include <stdio.h>
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
    TYPE_GET_VALUES = 9,
    TYPE_GET_VALUES_RESULT = 10,
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
static void take_length_byte(struct records_pairs *pairs, unsigned char byte)
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
static const char *take_pairs(struct records_pairs *pairs, const unsigned char *bytes, size_t length)
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

/* libfcgi skips padding only behind content of a stream; behind FCGI_BEGIN_REQUEST and at the end of a
 * stream it takes it for the next record, whatever somebody put there (measured with 2.4.2). No
 * front pads these records: 8 and 0 bytes need none. */
static const char *judge_padding(const struct record *record)
{
    if (record->padding > 0 &&
        (record->type == TYPE_BEGIN_REQUEST || record->content_length == 0))
        return "padding where libfcgi does not skip it";
    return NULL;
}

/* Before a request, and nowhere else: libfcgi never sees it. */
static bool asks_for_values(const struct records *records, const struct record *record)
{
    return records->phase == RECORDS_BEGIN && record->type == TYPE_GET_VALUES &&
           record->request_id == 0;
}

/* What can be told from the header alone. */
static const char *judge_header(const struct records *records, const struct record *record)
{
    if (record->type == 0 || record->type > TYPE_LAST)
        return "not a FastCGI record";
    if (asks_for_values(records, record))
        return record->content_length <= RECORDS_VALUES_LIMIT ? NULL : "a long FCGI_GET_VALUES";
    if (record->request_id == 0)
        return "a management record";
    if (records->phase == RECORDS_BEGIN && record->type != TYPE_BEGIN_REQUEST)
        return "a record before FCGI_BEGIN_REQUEST";
    if (records->phase == RECORDS_BEGIN)
        return record->content_length == 8 ? NULL : "an FCGI_BEGIN_REQUEST of wrong length";
    if (record->request_id != records->request_id)
        return "a second request id";
    if (record->type == TYPE_ABORT_REQUEST)
        return "FCGI_ABORT_REQUEST";
    if (record->type != (records->phase == RECORDS_PARAMS ? TYPE_PARAMS : TYPE_STDIN))
        return "a record out of order";
    return NULL;
}

static const char *take_begin(struct records *records, const struct record *record)
{
    if ((record->content[0] << 8 | record->content[1]) != ROLE_RESPONDER)
        return "a role other than FCGI_RESPONDER";
    records->request_id = record->request_id;
    records->keep_connection = record->content[2] & FLAG_KEEP_CONNECTION;
    records->phase = RECORDS_PARAMS;
    return NULL;
}

static const char *take_params(struct records *records, const struct record *record)
{
    if (record->content_length > 0)
        return take_pairs(&records->pairs, record->content, record->content_length);
    if (records->pairs.skip > 0 || records->pairs.lengths_count > 0)
        return "parameters that end within a pair";
    records->phase = RECORDS_STDIN;
    return NULL;
}

static const char *take_stdin(struct records *records, const struct record *record)
{
    records->body_length += record->content_length;
    if (record->content_length == 0)
        records->phase = RECORDS_END;
    return NULL;
}

static const char *take_record(struct records *records, const struct record *record)
{
    switch (records->phase) {
    case RECORDS_BEGIN:
        return take_begin(records, record);
    case RECORDS_PARAMS:
        return take_params(records, record);
    case RECORDS_STDIN:
        return take_stdin(records, record);
    case RECORDS_END:
        break;
    }
    return "bytes behind the request";
}

void records_begin(struct records *records, size_t body_limit)
{
    *records = (struct records){.body_limit = body_limit};
}

/* The body is over its limit as soon as a header says so. */
static bool is_oversize(const struct records *records, const struct record *record)
{
    return records->phase == RECORDS_STDIN &&
           records->body_length + record->content_length > records->body_limit;
}

enum records_status records_judge(struct records *records, const unsigned char *bytes,
                                  size_t length)
{
    struct record record;

    while (!records->wrong && records->phase != RECORDS_END &&
           read_record(&record, bytes + records->at, length - records->at)) {
        size_t size = RECORDS_HEADER_LENGTH + record.content_length + record.padding;

        records->wrong = bytes[records->at] == PROTOCOL_VERSION ? judge_header(records, &record)
                                                                : "not FastCGI version 1";
        if (!records->wrong && !asks_for_values(records, &record))
            records->wrong = judge_padding(&record);
        if (records->wrong)
            break;
        if (is_oversize(records, &record))
            return RECORDS_OVERSIZE;
        if (length - records->at < size)
            return RECORDS_PARTIAL;
        if (asks_for_values(records, &record)) {
            records->at = size;
            return RECORDS_VALUES;
        }
        records->wrong = take_record(records, &record);
        records->at += size;
    }
    if (!records->wrong && records->phase != RECORDS_END && records->at < length &&
        bytes[records->at] != PROTOCOL_VERSION)
        records->wrong = "not FastCGI version 1";
    if (!records->wrong && records->phase == RECORDS_END && records->at < length)
        records->wrong = "bytes behind the request";
    if (records->wrong)
        return RECORDS_BAD;
    return records->phase == RECORDS_END ? RECORDS_WHOLE : RECORDS_PARTIAL;
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

/* Section 4.1; all values have one or more digits. */
static const char *const value_names[] = {"FCGI_MAX_CONNS", "FCGI_MAX_REQS", "FCGI_MPXS_CONNS"};
enum { VALUES = sizeof value_names / sizeof value_names[0], VALUE_SIZE = 64 };

/* Which of them the pairs name; others, and pairs that are cut off, name none. */
static void find_values(bool asked[VALUES], const unsigned char *content, size_t length)
{
    size_t at = 0, i;

    while (at < length) {
        size_t first = length_size(content[at]), second, name, value;

        if (length - at <= first)
            return;
        second = length_size(content[at + first]);
        if (length - at < first + second)
            return;
        name = read_length(content + at);
        value = read_length(content + at + first);
        at += first + second;
        if (name > length - at || value > length - at - name)
            return;
        for (i = 0; i < VALUES; i++)
            if (strlen(value_names[i]) == name && memcmp(content + at, value_names[i], name) == 0)
                asked[i] = true;
        at += name + value;
    }
}

/* One request at a time on a connection: the value of FCGI_MPXS_CONNS is 0. */
void records_values(struct buffer *out, const unsigned char *bytes, uint64_t requests_limit)
{
    char pairs[VALUES * VALUE_SIZE];
    bool asked[VALUES] = {false};
    struct record record;
    size_t length = 0, i;

    if (!read_record(&record, bytes, RECORDS_HEADER_LENGTH))
        return;
    find_values(asked, record.content, record.content_length);
    for (i = 0; i < VALUES; i++) {
        char value[32];
        int digits = snprintf(value, sizeof value, "%" PRIu64,
                              i == VALUES - 1 ? UINT64_C(0) : requests_limit);

        if (asked[i])
            length += (size_t)snprintf(pairs + length, sizeof pairs - length, "%c%c%s%s",
                                       (int)strlen(value_names[i]), digits, value_names[i], value);
    }
    append_record(out, TYPE_GET_VALUES_RESULT, 0, pairs, length);
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
