/*
 * gateway/records, and then libfcgi. However the bytes are cut, the judgement is the same; and
 * whatever is judged a whole request, libfcgi (best built with AddressSanitizer: tests/fuzz/libfcgi)
 * reads to its last byte. FCGI_GET_VALUES before it is answered by records, and libfcgi does not see it.
 *
 * The first byte of an input says in which pieces it comes.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "gateway/libfcgi.h"
#include "gateway/records.h"
#include "gateway/request.h"

enum { BODY_LIMIT = 4096 };

static enum records_status judge_whole(struct records *records, const uint8_t *bytes, size_t length)
{
    records_begin(records, BODY_LIMIT);
    return records_judge(records, bytes, length);
}

/* As it comes over a slow connection, up to the first answer that is final. */
static enum records_status judge_pieces(struct records *records, const uint8_t *bytes,
                                        size_t length, size_t piece)
{
    enum records_status status = RECORDS_PARTIAL;
    size_t at = 0;

    records_begin(records, BODY_LIMIT);
    while (status == RECORDS_PARTIAL && at < length) {
        at += piece < length - at ? piece : length - at;
        status = records_judge(records, bytes, at);
    }
    return status;
}

/* Bytes behind the end are only known to be too many once they are there. */
static void assert_same(enum records_status whole, enum records_status pieces,
                        const struct records *a, const struct records *b)
{
    if (whole == RECORDS_BAD) {
        PROPERTY(a->wrong && *a->wrong, "what is bad has a reason");
        return;
    }
    PROPERTY(whole == pieces, "the same judgement in pieces");
    PROPERTY(a->at == b->at && a->body_length == b->body_length && a->phase == b->phase &&
                 a->request_id == b->request_id && a->keep_connection == b->keep_connection,
             "the same finding in pieces");
}

static void show_libfcgi(const struct records *records, const uint8_t *bytes, size_t length,
                         bool oversize)
{
    FCGX_Request fcgi;
    struct request request;
    char *body;
    enum libfcgi_status status =
        libfcgi_read_bytes(&fcgi, bytes, length, records->body_length, oversize, &body);

    PROPERTY(status == LIBFCGI_OK, "libfcgi reads what was judged whole");
    request_read_variables(&request, fcgi.envp);
    PROPERTY(oversize || body, "with its body");
    PROPERTY(fcgi.requestId == records->request_id, "with its id");
    libfcgi_release(&fcgi);
    free(body);
}

/* One stream of the records, put together; up to the empty record that ends it. */
static size_t take_stream(struct buffer *stream, unsigned type, uint16_t request_id,
                          const unsigned char *bytes, size_t length)
{
    size_t at = 0, content = 1;

    while (content > 0) {
        PROPERTY(length - at >= RECORDS_HEADER_LENGTH, "a record's header");
        PROPERTY(bytes[at] == 1 && bytes[at + 1] == type, "a record of that stream");
        PROPERTY((bytes[at + 2] << 8 | bytes[at + 3]) == request_id, "of that request");
        content = (size_t)(bytes[at + 4] << 8 | bytes[at + 5]);
        PROPERTY(length - at - RECORDS_HEADER_LENGTH >= content + bytes[at + 6], "and all of it");
        buffer_append(stream, bytes + at + RECORDS_HEADER_LENGTH, content);
        at += RECORDS_HEADER_LENGTH + content + bytes[at + 6];
    }
    return at;
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

/* Read as a web server reads it: the log, the answer once, the end, and not a byte more. */
static void assert_reply(uint16_t request_id, const uint8_t *bytes, size_t length)
{
    struct buffer out, text, log, read_text, read_log, *all[] = {&out, &text, &log, &read_text, &read_log};
    const unsigned char *reply;
    size_t at = 0, i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_init(all[i], 4 * 1024 * 1024);
    buffer_append(&text, bytes, length);
    buffer_append(&log, bytes, length / 2);
    records_reply(&out, request_id, &text, &log);
    PROPERTY(buffer_status(&out) == BUFFER_OK && out.length % 8 == 0, "a reply of whole records");
    reply = (const unsigned char *)out.data;
    if (log.length > 0)
        at = take_stream(&read_log, 7, request_id, reply, out.length);
    at += take_stream(&read_text, 6, request_id, reply + at, out.length - at);
    PROPERTY(is_same(&text, &read_text) && is_same(&log, &read_log), "answer and log as they are");
    PROPERTY(out.length - at == 16 && reply[at + 1] == 3 && reply[at + 5] == 8 &&
                 memcmp(reply + at + 8, "\0\0\0\0\0\0\0", 8) == 0,
             "the end, once");
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_free(all[i]);
}

/* Each of the three names once at most, and only if it stands in the question. */
static void assert_values(const uint8_t *question, size_t length)
{
    static const struct {
        const char *pair, *name;
    } known[] = {{"\16\3FCGI_MAX_CONNS512", "FCGI_MAX_CONNS"},
                 {"\15\3FCGI_MAX_REQS512", "FCGI_MAX_REQS"},
                 {"\17\1FCGI_MPXS_CONNS0", "FCGI_MPXS_CONNS"}};
    const unsigned char *answer;
    size_t at = RECORDS_HEADER_LENGTH, end, i;
    struct buffer out;

    buffer_init(&out, 256);
    records_values(&out, question, 512);
    PROPERTY(buffer_status(&out) == BUFFER_OK && out.length >= RECORDS_HEADER_LENGTH &&
                 out.length % 8 == 0,
             "a small answer");
    answer = (const unsigned char *)out.data;
    PROPERTY(answer[0] == 1 && answer[1] == 10 && answer[2] == 0 && answer[3] == 0,
             "of FCGI_GET_VALUES_RESULT");
    end = at + (size_t)(answer[4] << 8 | answer[5]);
    PROPERTY(end + answer[6] == out.length, "that is one record");
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t size = strlen(known[i].pair);

        if (end - at < size || memcmp(answer + at, known[i].pair, size) != 0)
            continue;
        at += size;
        PROPERTY(memmem(question, length, known[i].name, strlen(known[i].name)), "only what is asked");
    }
    PROPERTY(at == end, "and nothing else");
    buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool prepared;
    struct records whole, pieces;
    enum records_status status;

    if (!prepared && !libfcgi_prepare())
        abort();
    prepared = true;
    if (size < 1 || size > RECORDS_REQUEST_LIMIT)
        return 0;
    status = judge_whole(&whole, data + 1, size - 1);
    assert_same(status, judge_pieces(&pieces, data + 1, size - 1, (size_t)data[0] + 1), &whole,
                &pieces);
    if (status == RECORDS_VALUES) {
        assert_values(data + 1, whole.at);
        data += whole.at;
        size -= whole.at;
        status = judge_whole(&whole, data + 1, size - 1);
    }
    if (status == RECORDS_WHOLE || status == RECORDS_OVERSIZE)
        show_libfcgi(&whole, data + 1, size - 1, status == RECORDS_OVERSIZE);
    assert_reply(whole.request_id, data + 1, size - 1);
    return 0;
}
