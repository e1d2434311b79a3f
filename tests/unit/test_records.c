/*
 * gateway/records: only one whole, well-formed request is ever shown to libfcgi, which waits for
 * ever, overflows or aborts on others.
 */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "fcgibytes.h"
#include "gateway/records.h"

enum { ID = 1, LIMIT = 1024 };

static struct buffer bytes, pairs;

static enum records_status judge(struct records *records, size_t length)
{
    records_begin(records, LIMIT);
    return records_judge(records, (const unsigned char *)buffer_string(&bytes), length);
}

static void begin(void)
{
    buffer_init(&bytes, 1024 * 1024);
    buffer_init(&pairs, 1024 * 1024);
}

static void end(void)
{
    buffer_free(&bytes);
    buffer_free(&pairs);
}

static const char *const variables[] = {"REQUEST_METHOD=POST", "CONTENT_LENGTH=11", "EMPTY=",
                                        "REQUEST_URI=/webhooks/twilio", NULL};

static void append_good_request(unsigned id, unsigned flags)
{
    fcgibytes_request(&bytes, id, flags, variables, "hello world", 11);
}

static void a_good_request_is_whole(void **state)
{
    struct records records;

    (void)state;
    begin();
    append_good_request(0x1234, FCGI_KEEP);
    assert_int_equal(judge(&records, bytes.length), RECORDS_WHOLE);
    assert_int_equal(records.request_id, 0x1234);
    assert_true(records.keep_connection);
    assert_int_equal(records.body_length, 11);
    end();
}

static void without_the_flag_the_connection_is_not_kept(void **state)
{
    struct records records;

    (void)state;
    begin();
    append_good_request(ID, 0xfe); /* the other flags mean nothing */
    assert_int_equal(judge(&records, bytes.length), RECORDS_WHOLE);
    assert_false(records.keep_connection);
    end();
}

static void every_beginning_of_a_good_request_is_partial(void **state)
{
    struct records records;
    size_t length;

    (void)state;
    begin();
    append_good_request(ID, 0);
    for (length = 0; length < bytes.length; length++)
        assert_int_equal(judge(&records, length), RECORDS_PARTIAL);
    end();
}

/* As bytes drip in, the same judgement goes on where it was. */
static void byte_by_byte_it_becomes_whole(void **state)
{
    struct records records;
    size_t length;

    (void)state;
    begin();
    append_good_request(ID, 0);
    records_begin(&records, LIMIT);
    for (length = 0; length < bytes.length; length++)
        assert_int_equal(records_judge(&records, (const unsigned char *)bytes.data, length),
                         RECORDS_PARTIAL);
    assert_int_equal(records_judge(&records, (const unsigned char *)bytes.data, bytes.length),
                     RECORDS_WHOLE);
    assert_int_equal(records.body_length, 11);
    end();
}

/* The stream of parameters cut by record borders at every place. */
static void parameters_may_be_cut_anywhere(void **state)
{
    char large[200];
    size_t cut;

    (void)state;
    begin();
    memset(large, 'v', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    fcgibytes_pair(&pairs, "A", "1");
    fcgibytes_pair(&pairs, "LARGE", large);
    fcgibytes_pair(&pairs, large, "x");
    fcgibytes_pair(&pairs, "", "");
    for (cut = 1; cut < pairs.length; cut++) {
        struct records records;

        buffer_clear(&bytes);
        fcgibytes_begin(&bytes, ID, 1, 0);
        fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, pairs.data, cut, cut % 8);
        fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, pairs.data + cut, pairs.length - cut, 0);
        fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
        fcgibytes_record(&bytes, FCGI_INPUT, ID, "", 0, 0);
        assert_int_equal(judge(&records, bytes.length), RECORDS_WHOLE);
    }
    end();
}

static void parameters_of_one_byte_a_record_are_taken(void **state)
{
    struct records records;
    size_t i;

    (void)state;
    begin();
    fcgibytes_pair(&pairs, "REQUEST_METHOD", "POST");
    fcgibytes_begin(&bytes, ID, 1, 0);
    for (i = 0; i < pairs.length; i++)
        fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, pairs.data + i, 1, 0);
    fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
    fcgibytes_record(&bytes, FCGI_INPUT, ID, "", 0, 0);
    assert_int_equal(judge(&records, bytes.length), RECORDS_WHOLE);
    end();
}

static void no_parameters_and_no_body_are_whole(void **state)
{
    struct records records;

    (void)state;
    begin();
    fcgibytes_begin(&bytes, ID, 1, 0);
    fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
    fcgibytes_record(&bytes, FCGI_INPUT, ID, "", 0, 0);
    assert_int_equal(judge(&records, bytes.length), RECORDS_WHOLE);
    assert_int_equal(records.body_length, 0);
    end();
}

/* What comes where, one record after another; judged whole. */
static const struct shape {
    const char *name;
    struct {
        unsigned type, id;
        const char *content;
        size_t length;
        unsigned padding;
    } records[8];
    enum records_status status;
} shapes[] = {
#define BEGIN {FCGI_BEGIN, ID, "\0\1\0\0\0\0\0", 8, 0}
#define NO_PARAMETERS {FCGI_PARAMETERS, ID, "", 0, 0}
#define NO_BODY {FCGI_INPUT, ID, "", 0, 0}
    {"padding of 255 bytes behind a body", {BEGIN, NO_PARAMETERS, {FCGI_INPUT, ID, "b", 1, 255},
     NO_BODY}, RECORDS_WHOLE},
    {"two records of body", {BEGIN, NO_PARAMETERS, {FCGI_INPUT, ID, "b", 1, 7},
     {FCGI_INPUT, ID, "c", 1, 0}, NO_BODY}, RECORDS_WHOLE},
    /* Measured: where a stream begins or ends, libfcgi takes padding for the next record, so that
     * even FCGI_GET_VALUES, which overflows its stack, could hide there. */
    {"padding behind the beginning", {{FCGI_BEGIN, ID, "\0\1\0\0\0\0\0", 8, 8}, NO_PARAMETERS,
     NO_BODY}, RECORDS_BAD},
    {"padding behind the end of the body", {BEGIN, NO_PARAMETERS, {FCGI_INPUT, ID, "", 0, 8}},
     RECORDS_BAD},
    {"padding behind the end of the parameters", {BEGIN, {FCGI_PARAMETERS, ID, "", 0, 8}, NO_BODY},
     RECORDS_BAD},
    {"FCGI_GET_VALUES", {{FCGI_GETVALUES, 0, "\0\0", 2, 0}}, RECORDS_VALUES},
    {"FCGI_GET_VALUES with padding", {{FCGI_GETVALUES, 0, "\0\0", 2, 6}}, RECORDS_VALUES},
    {"FCGI_GET_VALUES for nothing", {{FCGI_GETVALUES, 0, "", 0, 0}}, RECORDS_VALUES},
    {"FCGI_GET_VALUES with an id", {{FCGI_GETVALUES, ID, "\0\0", 2, 0}}, RECORDS_BAD},
    {"FCGI_GET_VALUES behind the beginning", {BEGIN, {FCGI_GETVALUES, 0, "\0\0", 2, 0}},
     RECORDS_BAD},
    {"FCGI_GET_VALUES behind the parameters", {BEGIN, NO_PARAMETERS, {FCGI_GETVALUES, 0, "", 0, 0}},
     RECORDS_BAD},
    {"an unknown management record", {{99, 0, "", 0, 0}}, RECORDS_BAD},
    {"type 0", {{0, ID, "", 0, 0}}, RECORDS_BAD},
    {"type 12", {{12, ID, "", 0, 0}}, RECORDS_BAD},
    {"an abort first", {{FCGI_ABORT, ID, "", 0, 0}}, RECORDS_BAD},
    {"an abort behind the beginning", {BEGIN, {FCGI_ABORT, ID, "", 0, 0}}, RECORDS_BAD},
    {"an abort among the parameters", {BEGIN, {FCGI_PARAMETERS, ID, "\1\1AB", 4, 0},
     {FCGI_ABORT, ID, "", 0, 0}}, RECORDS_BAD},
    {"an abort among the body", {BEGIN, NO_PARAMETERS, {FCGI_INPUT, ID, "b", 1, 0},
     {FCGI_ABORT, ID, "", 0, 0}}, RECORDS_BAD},
    {"id 0", {{FCGI_BEGIN, 0, "\0\1\0\0\0\0\0", 8, 0}}, RECORDS_BAD},
    {"parameters of another id", {BEGIN, {FCGI_PARAMETERS, 2, "", 0, 0}}, RECORDS_BAD},
    {"a body of another id", {BEGIN, NO_PARAMETERS, {FCGI_INPUT, 2, "", 0, 0}}, RECORDS_BAD},
    {"a second beginning", {BEGIN, BEGIN}, RECORDS_BAD},
    {"a second beginning of another id", {BEGIN, {FCGI_BEGIN, 2, "\0\1\0\0\0\0\0", 8, 0}},
     RECORDS_BAD},
    {"no beginning", {NO_PARAMETERS}, RECORDS_BAD},
    {"an authorizer", {{FCGI_BEGIN, ID, "\0\2\0\0\0\0\0", 8, 0}}, RECORDS_BAD},
    {"role 9", {{FCGI_BEGIN, ID, "\0\11\0\0\0\0\0", 8, 0}}, RECORDS_BAD},
    {"role 257", {{FCGI_BEGIN, ID, "\1\1\0\0\0\0\0", 8, 0}}, RECORDS_BAD},
    {"a beginning of 7 bytes", {{FCGI_BEGIN, ID, "\0\1\0\0\0\0\0", 7, 0}}, RECORDS_BAD},
    {"a beginning of 9 bytes", {{FCGI_BEGIN, ID, "\0\1\0\0\0\0\0\0", 9, 0}}, RECORDS_BAD},
    {"an empty beginning", {{FCGI_BEGIN, ID, "", 0, 0}}, RECORDS_BAD},
    {"a body among the parameters", {BEGIN, {FCGI_PARAMETERS, ID, "\1\1AB", 4, 0}, NO_BODY},
     RECORDS_BAD},
    {"parameters behind their end", {BEGIN, NO_PARAMETERS, {FCGI_PARAMETERS, ID, "\1\1AB", 4, 0}},
     RECORDS_BAD},
    {"an answer", {BEGIN, {FCGI_OUTPUT, ID, "x", 1, 0}}, RECORDS_BAD},
    {"bytes behind the end", {BEGIN, NO_PARAMETERS, NO_BODY, NO_BODY}, RECORDS_BAD},
    {"a second request at once", {BEGIN, NO_PARAMETERS, NO_BODY, BEGIN, NO_PARAMETERS, NO_BODY},
     RECORDS_BAD},
    {"parameters that end within lengths", {BEGIN, {FCGI_PARAMETERS, ID, "\1", 1, 0}, NO_PARAMETERS,
     NO_BODY}, RECORDS_BAD},
    {"parameters that end within a name", {BEGIN, {FCGI_PARAMETERS, ID, "\4\1AB", 4, 0},
     NO_PARAMETERS, NO_BODY}, RECORDS_BAD},
    {"parameters that end within a long length", {BEGIN, {FCGI_PARAMETERS, ID, "\200\0", 2, 0},
     NO_PARAMETERS, NO_BODY}, RECORDS_BAD},
    {"a NUL in a name", {BEGIN, {FCGI_PARAMETERS, ID, "\3\1A\0B1", 6, 0}, NO_PARAMETERS, NO_BODY},
     RECORDS_BAD},
    {"a NUL in a value", {BEGIN, {FCGI_PARAMETERS, ID, "\1\3A1\0002", 6, 0}, NO_PARAMETERS,
     NO_BODY}, RECORDS_BAD},
    {"a name of 2 GiB less 2", {BEGIN, {FCGI_PARAMETERS, ID, "\377\377\377\376\1AB", 7, 0}},
     RECORDS_BAD},
    {"lengths whose sum overflows 32 bits",
     {BEGIN, {FCGI_PARAMETERS, ID, "\377\377\377\377\377\377\377\377A", 9, 0}}, RECORDS_BAD},
    {"a length of four bytes that is small",
     {BEGIN, {FCGI_PARAMETERS, ID, "\200\0\0\1\200\0\0\1AB", 10, 0}, NO_PARAMETERS, NO_BODY},
      RECORDS_WHOLE},
#undef BEGIN
#undef NO_PARAMETERS
#undef NO_BODY
};

static void a_shape_is_judged(void **state)
{
    const struct shape *row = *state;
    struct records records;
    size_t i;

    begin();
    for (i = 0; i < 8 && (row->records[i].content || row->records[i].type); i++)
        fcgibytes_record(&bytes, row->records[i].type, row->records[i].id, row->records[i].content,
                         row->records[i].length, row->records[i].padding);
    assert_int_equal(judge(&records, bytes.length), row->status);
    if (row->status == RECORDS_BAD)
        assert_non_null(records.wrong);
    end();
}

/* What is bad stays bad in whatever pieces it comes, and a bad beginning is never whole. */
static void a_shape_is_judged_the_same_byte_by_byte(void **state)
{
    const struct shape *row = *state;
    enum records_status status = RECORDS_PARTIAL;
    struct records records;
    size_t i, length;

    begin();
    for (i = 0; i < 8 && (row->records[i].content || row->records[i].type); i++)
        fcgibytes_record(&bytes, row->records[i].type, row->records[i].id, row->records[i].content,
                         row->records[i].length, row->records[i].padding);
    records_begin(&records, LIMIT);
    for (length = 1; length <= bytes.length; length++) {
        status = records_judge(&records, (const unsigned char *)bytes.data, length);
        if (status == RECORDS_BAD)
            break;
        assert_true(status == RECORDS_PARTIAL || row->status == RECORDS_WHOLE || row->status == RECORDS_VALUES ||
                    length < bytes.length);
    }
    assert_int_equal(status, row->status);
    end();
}

static const char question[] = "\16\0FCGI_MAX_CONNS\17\0FCGI_MPXS_CONNS\15\0FCGI_MAX_REQS";

static const struct asking {
    const char *name;
    const char *content;
    size_t length;
    const char *answer; /* its content */
} askings[] = {
    {"all, as haproxy asks", question, sizeof question - 1,
     "\16\3FCGI_MAX_CONNS512\15\3FCGI_MAX_REQS512\17\1FCGI_MPXS_CONNS0"},
    {"one", "\17\0FCGI_MPXS_CONNS", 17, "\17\1FCGI_MPXS_CONNS0"},
    {"one in long lengths", "\200\0\0\17\200\0\0\0FCGI_MPXS_CONNS", 23, "\17\1FCGI_MPXS_CONNS0"},
    {"one with a value", "\17\1FCGI_MPXS_CONNS7", 18, "\17\1FCGI_MPXS_CONNS0"},
    {"nothing", "", 0, ""},
    {"others", "\1\0A\16\0FCGI_MAX_CONNX\15\0FCGI_MAX_CONN", 34, ""},
    {"one twice and another", "\15\0FCGI_MAX_REQS\15\0FCGI_MAX_REQS\3\0ABC", 35,
     "\15\3FCGI_MAX_REQS512"},
    {"one, and a name that is cut off", "\15\0FCGI_MAX_REQS\17\0FCGI_MPXS_CONN", 31,
     "\15\3FCGI_MAX_REQS512"},
    {"a name of 2 GiB", "\377\377\377\377\377\377\377\377FCGI_MAX_REQS", 21, ""},
    {"a value of 2 GiB", "\15\377\377\377\377FCGI_MAX_REQS", 18, ""},
    {"half a length", "\15\200\0", 3, ""},
};

/* libfcgi 2.4.2 overflows its stack on names that are repeated: nobody but us answers. */
static void values_are_answered(void **state)
{
    const struct asking *row = *state;
    struct records records;
    struct buffer out;
    char *exact;

    begin();
    buffer_init(&out, 256);
    fcgibytes_record(&bytes, FCGI_GETVALUES, 0, row->content, row->length, 3);
    append_good_request(ID, 0); /* which may lie behind it */
    assert_int_equal(judge(&records, bytes.length), RECORDS_VALUES);
    assert_int_equal(records.at, 8 + row->length + 3);
    exact = malloc(records.at); /* so that a sanitizer sees a byte too far */
    memcpy(exact, bytes.data, records.at);
    records_values(&out, (const unsigned char *)exact, 512);
    free(exact);
    assert_int_equal(buffer_status(&out), BUFFER_OK);
    assert_memory_equal(out.data, "\1\12\0\0\0", 5);
    assert_int_equal((unsigned char)out.data[5], strlen(row->answer));
    assert_memory_equal(out.data + 8, row->answer, strlen(row->answer));
    assert_int_equal(out.length, 8 + (strlen(row->answer) + 7) / 8 * 8);
    buffer_free(&out);
    end();
}

static void a_long_question_is_bad(void **state)
{
    static const char zeros[RECORDS_VALUES_LIMIT + 1];
    struct records records;

    (void)state;
    begin();
    fcgibytes_record(&bytes, FCGI_GETVALUES, 0, zeros, sizeof zeros - 1, 0);
    assert_int_equal(judge(&records, bytes.length), RECORDS_VALUES);
    buffer_clear(&bytes);
    fcgibytes_record(&bytes, FCGI_GETVALUES, 0, zeros, sizeof zeros, 0);
    assert_int_equal(judge(&records, 8), RECORDS_BAD);
    end();
}

static void another_version_is_bad_from_its_first_byte(void **state)
{
    struct records records;
    size_t at;

    (void)state;
    begin();
    append_good_request(ID, 0);
    bytes.data[0] = 2;
    assert_int_equal(judge(&records, 1), RECORDS_BAD);
    bytes.data[0] = 1;
    at = 16; /* the second record */
    bytes.data[at] = 0;
    assert_int_equal(judge(&records, bytes.length), RECORDS_BAD);
    end();
}

static void http_is_not_fastcgi(void **state)
{
    struct records records;

    (void)state;
    begin();
    buffer_append_string(&bytes, "POST /webhooks/twilio HTTP/1.1\r\n\r\n");
    assert_int_equal(judge(&records, bytes.length), RECORDS_BAD);
    end();
}

/* Parameters of just so many bytes: one pair, in records of 32 KiB. */
static enum records_status judge_parameters(size_t total)
{
    struct records records;
    enum records_status status;
    size_t at = 0, value = total - 9; /* one byte of length, four more, and "NAME" */
    char head[9];

    begin();
    head[0] = 4;
    head[1] = (char)(0x80 | value >> 24);
    head[2] = (char)(value >> 16);
    head[3] = (char)(value >> 8);
    head[4] = (char)value;
    memcpy(head + 5, "NAME", 4);
    buffer_append(&pairs, head, sizeof head);
    while (pairs.length < total)
        buffer_append_char(&pairs, 'v');
    fcgibytes_begin(&bytes, ID, 1, 0);
    while (at < total) {
        size_t part = total - at < 32768 ? total - at : 32768;

        fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, pairs.data + at, part, 0);
        at += part;
    }
    fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
    fcgibytes_record(&bytes, FCGI_INPUT, ID, "", 0, 0);
    status = judge(&records, bytes.length);
    end();
    return status;
}

static void parameters_of_64_kib_are_taken(void **state)
{
    (void)state;
    assert_int_equal(judge_parameters(RECORDS_PARAMETERS_LIMIT), RECORDS_WHOLE);
}

static void parameters_of_one_byte_more_are_not(void **state)
{
    (void)state;
    assert_int_equal(judge_parameters(RECORDS_PARAMETERS_LIMIT + 1), RECORDS_BAD);
}

static enum records_status judge_body(struct records *records, size_t length, bool ended)
{
    static char body[LIMIT + 1];
    enum records_status status;

    begin();
    fcgibytes_begin(&bytes, ID, 1, FCGI_KEEP);
    fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
    fcgibytes_record(&bytes, FCGI_INPUT, ID, body, 1, 0);
    fcgibytes_record(&bytes, FCGI_INPUT, ID, body, length - 1, 0);
    if (ended)
        fcgibytes_record(&bytes, FCGI_INPUT, ID, "", 0, 0);
    status = judge(records, bytes.length);
    end();
    return status;
}

static void a_body_of_just_the_limit_is_taken(void **state)
{
    struct records records;

    (void)state;
    assert_int_equal(judge_body(&records, LIMIT, true), RECORDS_WHOLE);
    assert_int_equal(records.body_length, LIMIT);
}

static void a_body_of_one_byte_more_is_oversize(void **state)
{
    struct records records;

    (void)state;
    assert_int_equal(judge_body(&records, LIMIT + 1, true), RECORDS_OVERSIZE);
    assert_int_equal(judge_body(&records, LIMIT + 1, false), RECORDS_OVERSIZE);
    assert_int_equal(records.request_id, ID);
}

/* The 413 need not wait for the rest. */
static void an_oversize_body_is_known_by_its_header(void **state)
{
    struct records records;

    (void)state;
    begin();
    fcgibytes_begin(&bytes, ID, 1, 0);
    fcgibytes_record(&bytes, FCGI_PARAMETERS, ID, "", 0, 0);
    buffer_append(&bytes, "\1\5\0\1\xff\xff\0\0", 8);
    assert_int_equal(judge(&records, bytes.length - 1), RECORDS_PARTIAL);
    assert_int_equal(judge(&records, bytes.length), RECORDS_OVERSIZE);
    end();
}

static const struct replying {
    const char *name;
    size_t response, log;
} replyings[] = {
    {"a response without a log line", 100, 0},
    {"a response and a log line", 100, 300},
    {"no response at all", 0, 10},
    {"a length that is a multiple of 8", 64, 8},
    {"a response larger than a record holds", 200000, 70000},
    {"a response of just a record", 65528, 1},
};

static void a_reply_is_read_by_others(void **state)
{
    const struct replying *row = *state;
    struct buffer response, log, out;
    struct fcgireply reply;
    size_t i;

    buffer_init(&response, 1024 * 1024);
    buffer_init(&log, 1024 * 1024);
    buffer_init(&out, 2 * 1024 * 1024);
    for (i = 0; i < row->response; i++)
        buffer_append_char(&response, (char)('a' + i % 26));
    for (i = 0; i < row->log; i++)
        buffer_append_char(&log, (char)('A' + i % 26));
    records_reply(&out, 0xabcd, &response, &log);
    assert_true(fcgireply_read(&reply, out.data, out.length, 0xabcd));
    assert_int_equal(reply.length, out.length);
    assert_int_equal(reply.output.length, row->response);
    assert_string_equal(buffer_string(&reply.output), buffer_string(&response));
    assert_string_equal(buffer_string(&reply.errors), buffer_string(&log));
    assert_true(reply.output_closed);
    assert_int_equal(reply.application_status, 0);
    assert_int_equal(reply.protocol_status, 0);
    fcgireply_free(&reply);
    buffer_free(&response);
    buffer_free(&log);
    buffer_free(&out);
}

/* Any byte changed: a judgement of some kind, and never one byte read that is not there. */
static void a_changed_byte_does_no_harm(void **state)
{
    struct records records;
    size_t at;
    unsigned value;

    (void)state;
    begin();
    append_good_request(ID, 0);
    for (at = 0; at < bytes.length; at++) {
        char kept = bytes.data[at];

        for (value = 0; value < 256; value++) {
            char *exact = malloc(bytes.length); /* so that a sanitizer sees a byte too far */

            bytes.data[at] = (char)value;
            memcpy(exact, bytes.data, bytes.length);
            records_begin(&records, LIMIT);
            records_judge(&records, (const unsigned char *)exact, bytes.length);
            free(exact);
        }
        bytes.data[at] = kept;
    }
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, a_good_request_is_whole);
    CASES_ADD(&cases, without_the_flag_the_connection_is_not_kept);
    CASES_ADD(&cases, every_beginning_of_a_good_request_is_partial);
    CASES_ADD(&cases, byte_by_byte_it_becomes_whole);
    CASES_ADD(&cases, parameters_may_be_cut_anywhere);
    CASES_ADD(&cases, parameters_of_one_byte_a_record_are_taken);
    CASES_ADD(&cases, no_parameters_and_no_body_are_whole);
    CASES_ADD_TABLE(&cases, a_shape_is_judged, shapes);
    CASES_ADD_TABLE(&cases, a_shape_is_judged_the_same_byte_by_byte, shapes);
    CASES_ADD_TABLE(&cases, values_are_answered, askings);
    CASES_ADD(&cases, a_long_question_is_bad);
    CASES_ADD(&cases, another_version_is_bad_from_its_first_byte);
    CASES_ADD(&cases, http_is_not_fastcgi);
    CASES_ADD(&cases, parameters_of_64_kib_are_taken);
    CASES_ADD(&cases, parameters_of_one_byte_more_are_not);
    CASES_ADD(&cases, a_body_of_just_the_limit_is_taken);
    CASES_ADD(&cases, a_body_of_one_byte_more_is_oversize);
    CASES_ADD(&cases, an_oversize_body_is_known_by_its_header);
    CASES_ADD_TABLE(&cases, a_reply_is_read_by_others, replyings);
    CASES_ADD(&cases, a_changed_byte_does_no_harm);
    return cases_run(&cases, "records");
}
