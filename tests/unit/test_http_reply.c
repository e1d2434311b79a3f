/* twilio/http_reply: what is read of a reply, however its bytes are split, and what is none. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "twilio/http_reply.h"

enum { BODY_LIMIT = 64 };

#define LINE(text) text "\r\n"
#define OK LINE("HTTP/1.1 200 OK")
#define CHUNKED OK LINE("Transfer-Encoding: chunked") LINE("")

/* What a reply comes to. */
struct outcome {
    enum http_reply_status status;
    int code;
    const char *body;
    bool keeps;
    size_t over; /* bytes at the end that are not of the reply */
};

static const struct row {
    const char *name;
    const char *bytes;
    struct outcome outcome;
    bool head;
    bool ends; /* the connection, after these bytes */
} rows[] = {
    {"a length", OK LINE("Content-Length: 2") LINE("") "{}", {HTTP_REPLY_WHOLE, 200, "{}", true, 0}, 0, 0},
    {"no body", LINE("HTTP/1.1 503 Service Unavailable") LINE("content-length:0") LINE(""),
     {HTTP_REPLY_WHOLE, 503, "", true, 0}, 0, 0},
    {"no reason phrase", LINE("HTTP/1.1 200 ") LINE("Content-Length: 0") LINE(""), {HTTP_REPLY_WHOLE, 200, "", true, 0}, 0, 0},
    {"no reason phrase, and no blank", LINE("HTTP/1.1 200") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", true, 0}, 0, 0},
    {"blanks around a value", OK LINE("Content-Length: \t 2 \t") LINE("") "{}", {HTTP_REPLY_WHOLE, 200, "{}", true, 0}, 0, 0},
    {"the same length twice", OK LINE("Content-Length: 2") LINE("Content-Length: 2") LINE("") "{}",
     {HTTP_REPLY_WHOLE, 200, "{}", true, 0}, 0, 0},
    {"bytes behind the body", OK LINE("Content-Length: 2") LINE("") "{}HTTP", {HTTP_REPLY_WHOLE, 200, "{}", true, 4}, 0, 0},
    {"a body of its limit", OK LINE("Content-Length: 64") LINE("") "0123456789012345678901234567890123456789012345678901234567890123",
     {HTTP_REPLY_WHOLE, 200, "0123456789012345678901234567890123456789012345678901234567890123", true, 0}, 0, 0},
    {"chunks", CHUNKED LINE("3") LINE("abc") LINE("0A") LINE("0123456789") LINE("0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "abc0123456789", true, 0}, 0, 0},
    {"chunks with line ends in them", CHUNKED LINE("4") LINE("\r\n\r\n") LINE("000") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "\r\n\r\n", true, 0}, 0, 0},
    {"a chunk's extension", CHUNKED LINE("1;a=\"b\"") LINE("x") LINE("0 ; c") LINE(""), {HTTP_REPLY_WHOLE, 200, "x", true, 0}, 0, 0},
    {"trailers", CHUNKED LINE("1") LINE("x") LINE("0") LINE("Content-Length: 7") LINE("Connection: close") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "x", true, 0}, 0, 0},
    {"bytes behind the chunks", CHUNKED LINE("0") LINE("") "\n", {HTTP_REPLY_WHOLE, 200, "", true, 1}, 0, 0},
    {"to the connection's end", OK LINE("") "all of it", {HTTP_REPLY_WHOLE, 200, "all of it", false, 0}, 0, 1},
    {"nothing to the connection's end", OK LINE(""), {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 1},
    {"HEAD", OK LINE("Content-Length: 999999999999999999999999") LINE(""), {HTTP_REPLY_WHOLE, 200, "", true, 0}, 1, 0},
    {"HEAD of what would be chunks", CHUNKED, {HTTP_REPLY_WHOLE, 200, "", true, 0}, 1, 0},
    {"HEAD without a length", OK LINE(""), {HTTP_REPLY_WHOLE, 200, "", true, 0}, 1, 0},
    {"204", LINE("HTTP/1.1 204 No Content") LINE(""), {HTTP_REPLY_WHOLE, 204, "", true, 0}, 0, 0},
    {"204 with a length of nothing", LINE("HTTP/1.1 204 No Content") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 204, "", true, 0}, 0, 0},
    {"204 with a length", LINE("HTTP/1.1 204 No Content") LINE("Content-Length: 2") LINE("") "{}",
     {HTTP_REPLY_WHOLE, 204, "", false, 2}, 0, 0},
    {"304", LINE("HTTP/1.1 304 Not Modified") LINE("Content-Length: 7") LINE(""), {HTTP_REPLY_WHOLE, 304, "", true, 0}, 0, 0},
    {"100 and 103 before it", LINE("HTTP/1.1 100 Continue") LINE("") LINE("HTTP/1.1 103 Early Hints") LINE("Link: x") LINE("")
     LINE("HTTP/1.1 201 Created") LINE("Content-Length: 1") LINE("") "x", {HTTP_REPLY_WHOLE, 201, "x", true, 0}, 0, 0},
    {"told to close", OK LINE("Connection: Close") LINE("Content-Length: 0") LINE(""), {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 0},
    {"told to close among others", OK LINE("Connection: a,\tclose") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 0},
    {"told to close in the second of two", OK LINE("Connection: a") LINE("Connection: close") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 0},
    {"not told to close", OK LINE("Connection: keep-alive, disclose") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", true, 0}, 0, 0},
    {"HTTP/1.0 closes", LINE("HTTP/1.0 200 OK") LINE("Content-Length: 0") LINE(""), {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 0},
    {"HTTP/1.0 that stays", LINE("HTTP/1.0 200 OK") LINE("Connection: Keep-Alive") LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", true, 0}, 0, 0},
    {"told to close before it", LINE("HTTP/1.1 100 Continue") LINE("Connection: close") LINE("") OK LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", false, 0}, 0, 0},
    {"HTTP/1.0 before it says nothing of the next", LINE("HTTP/1.0 100 Continue") LINE("") OK LINE("Content-Length: 0") LINE(""),
     {HTTP_REPLY_WHOLE, 200, "", true, 0}, 0, 0},

    {"no byte", "", {HTTP_REPLY_CUT, 0, "", false, 0}, 0, 1},
    {"cut in the status line", "HTTP/1.1 2", {HTTP_REPLY_CUT, 0, "", false, 0}, 0, 1},
    {"cut in the head", OK LINE("Content-Length: 1"), {HTTP_REPLY_CUT, 200, "", false, 0}, 0, 1},
    {"cut in the body", OK LINE("Content-Length: 3") LINE("") "ab", {HTTP_REPLY_CUT, 200, "", false, 0}, 0, 1},
    {"cut in a chunk", CHUNKED LINE("3") "ab", {HTTP_REPLY_CUT, 200, "", false, 0}, 0, 1},
    {"cut before the last chunk", CHUNKED LINE("2") LINE("ab"), {HTTP_REPLY_CUT, 200, "", false, 0}, 0, 1},
    {"cut in the trailers", CHUNKED LINE("0") "A: b\r\n", {HTTP_REPLY_CUT, 200, "", false, 0}, 0, 1},
    {"cut after 100", LINE("HTTP/1.1 100 Continue") LINE(""), {HTTP_REPLY_CUT, 0, "", false, 0}, 0, 1},

    {"a length over the limit", OK LINE("Content-Length: 65") LINE(""), {HTTP_REPLY_TOO_LARGE, 200, "", false, 0}, 0, 0},
    {"a length beyond all numbers", OK LINE("Content-Length: 99999999999999999999999999") LINE(""),
     {HTTP_REPLY_TOO_LARGE, 200, "", false, 0}, 0, 0},
    {"chunks over the limit", CHUNKED LINE("1") LINE("x") LINE("40"), {HTTP_REPLY_TOO_LARGE, 200, "", false, 0}, 0, 0},
    {"a chunk beyond all numbers", CHUNKED LINE("10000000000000000000000001"), {HTTP_REPLY_TOO_LARGE, 200, "", false, 0}, 0, 0},

    {"not HTTP", LINE("hello"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"SSH", LINE("SSH-2.0-OpenSSH_9.2p1"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"an empty line first", LINE("") OK, {HTTP_REPLY_BAD, 0, "", false, sizeof OK - 1}, 0, 0},
    {"HTTP/2", LINE("HTTP/2 200"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"HTTP/1.2", LINE("HTTP/1.2 200 OK"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"in small letters", LINE("http/1.1 200 OK"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"two blanks before the status", LINE("HTTP/1.1  200 OK"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"a status of two digits", LINE("HTTP/1.1 20"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"a status of four digits", LINE("HTTP/1.1 2000 OK"), {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"a status that is none", LINE("HTTP/1.1 600 OK"), {HTTP_REPLY_BAD, 600, "", false, 0}, 0, 0},
    {"another protocol from now on", LINE("HTTP/1.1 101 Switching Protocols"), {HTTP_REPLY_BAD, 101, "", false, 0}, 0, 0},
    {"a line that ends with LF", "HTTP/1.1 200 OK\n", {HTTP_REPLY_BAD, 0, "", false, 0}, 0, 0},
    {"a header that ends with LF", OK "A: b\n", {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a head that ends with LF", OK "\n", {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a bare CR in a header", OK LINE("A: b\rContent-Length: 0"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"two CRs", OK "A: b\r\r\n", {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a folded line", OK LINE("A: b") LINE(" Content-Length: 0"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a folded line of a tab", OK LINE("A: b") LINE("\tc"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a blank before the colon", OK LINE("Content-Length : 0"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"no colon", OK LINE("Content-Length"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"no name", OK LINE(": x"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a name that is no token", OK LINE("Content(Length: 0"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a length and chunks", OK LINE("Content-Length: 5") LINE("Transfer-Encoding: chunked") LINE(""),
     {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a length and chunks for HEAD", OK LINE("Transfer-Encoding: chunked") LINE("Content-Length: 5") LINE(""),
     {HTTP_REPLY_BAD, 200, "", false, 0}, 1, 0},
    {"two lengths that differ", OK LINE("Content-Length: 5") LINE("Content-Length: 6"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a list of lengths", OK LINE("Content-Length: 5, 5"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a length with a sign", OK LINE("Content-Length: +5"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"less than nothing", OK LINE("Content-Length: -1"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a hexadecimal length", OK LINE("Content-Length: 0x5"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"an empty length", OK LINE("Content-Length:"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"chunked twice", OK LINE("Transfer-Encoding: chunked") LINE("Transfer-Encoding: chunked"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"compressed chunks", OK LINE("Transfer-Encoding: gzip, chunked"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"identity", OK LINE("Transfer-Encoding: identity"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"almost chunked", OK LINE("Transfer-Encoding: xchunked"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"chunks in HTTP/1.0", LINE("HTTP/1.0 200 OK") LINE("Transfer-Encoding: chunked"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"chunks in 204", LINE("HTTP/1.1 204 No Content") LINE("Transfer-Encoding: chunked") LINE(""),
     {HTTP_REPLY_BAD, 204, "", false, 0}, 0, 0},
    {"a length in 100", LINE("HTTP/1.1 100 Continue") LINE("Content-Length: 5") LINE(""), {HTTP_REPLY_BAD, 100, "", false, 0}, 0, 0},
    {"an empty chunk size", CHUNKED LINE(""), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk size that is no number", CHUNKED LINE("g"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk size with a prefix", CHUNKED LINE("0x5"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk size with a sign", CHUNKED LINE("-1"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a blank before a chunk size", CHUNKED LINE(" 5"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a blank behind a chunk size", CHUNKED LINE("5 "), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk size that ends with LF", CHUNKED "1\nx\r\n", {HTTP_REPLY_BAD, 200, "", false, 3}, 0, 0},
    {"a bare CR in a chunk's extension", CHUNKED LINE("1;\rx"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk longer than its size", CHUNKED LINE("1") "xy\r\n", {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a chunk without its line end", CHUNKED LINE("1") "x1\r\n", {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
    {"a folded trailer", CHUNKED LINE("0") LINE("A: b") LINE(" c"), {HTTP_REPLY_BAD, 200, "", false, 0}, 0, 0},
};

static struct http_reply reply;

static void begin(bool head)
{
    http_reply_init(&reply);
    http_reply_begin(&reply, head, BODY_LIMIT);
}

/* Each piece in a block of its own size, so that a sanitizer sees a read behind its end. How many were taken. */
static size_t feed(const char *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    enum http_reply_status status;
    size_t taken;

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    status = http_reply_feed(&reply, copy, length, &taken);
    assert_int_equal(status, reply.status);
    assert_true(taken <= length);
    free(copy);
    return taken;
}

static void judge(const struct row *row, size_t taken)
{
    if (row->ends)
        http_reply_end(&reply);
    assert_int_equal(reply.status, row->outcome.status);
    assert_int_equal(reply.code, row->outcome.code);
    assert_string_equal(buffer_string(&reply.body), row->outcome.body);
    assert_int_equal(reply.keeps, row->outcome.keeps);
    assert_int_equal(reply.begun, *row->bytes != '\0');
    assert_int_equal(reply.reason == NULL, reply.status == HTTP_REPLY_WHOLE || reply.status == HTTP_REPLY_MORE);
    assert_int_equal(taken, strlen(row->bytes) - row->outcome.over);
    http_reply_free(&reply);
}

static void it_is_read_in_whatever_pieces(void **state)
{
    const struct row *row = *state;
    size_t length = strlen(row->bytes), taken, i;

    for (i = 0; i <= length; i++) {
        begin(row->head);
        taken = feed(row->bytes, i);
        taken += feed(row->bytes + i, length - i);
        judge(row, taken);
    }
    begin(row->head);
    for (taken = i = 0; i < length; i++)
        taken += feed(row->bytes + i, 1);
    judge(row, taken);
}

static void read_all(const char *bytes)
{
    feed(bytes, strlen(bytes));
}

static void what_is_wanted_of_the_headers_is_kept(void **state)
{
    (void)state;
    begin(false);
    read_all(LINE("HTTP/1.1 100 Continue") LINE("Date: before") LINE("") LINE("HTTP/1.1 429 Too Many Requests")
             LINE("date: \t Tue, 01 Sep 2026 08:00:00 GMT ") LINE("Date: again") LINE("RETRY-AFTER: 3")
             LINE("Twilio-Request-Id: RQ1") LINE("X-Twilio-Request-Id: RQ2") LINE("Transfer-Encoding: Chunked")
             LINE("") LINE("0") LINE("Retry-After: 4") LINE(""));
    assert_int_equal(reply.status, HTTP_REPLY_WHOLE);
    assert_string_equal(reply.date, "Tue, 01 Sep 2026 08:00:00 GMT");
    assert_string_equal(reply.retry_after, "3");
    assert_string_equal(reply.request_id, "RQ1");
    http_reply_free(&reply);
}

static void a_long_field_is_cut_to_fit(void **state)
{
    (void)state;
    begin(false);
    read_all(OK LINE("Twilio-Request-Id: 0123456789012345678901234567890123456789012345678901234567890123456789"));
    assert_string_equal(reply.request_id, "012345678901234567890123456789012345678901234567890123456789012");
    http_reply_free(&reply);
}

static void an_empty_field_hides_the_next_of_its_name(void **state)
{
    (void)state;
    begin(false);
    read_all(OK LINE("Retry-After:  ") LINE("Retry-After: 3"));
    assert_string_equal(reply.retry_after, "");
    http_reply_free(&reply);
}

static void nothing_of_one_reply_sticks_to_the_next(void **state)
{
    (void)state;
    begin(true);
    read_all(LINE("HTTP/1.0 200 OK") LINE("Date: x") LINE("Retry-After: 3") LINE("Twilio-Request-Id: RQ")
             LINE("Content-Length: 5") LINE("Connection: close") LINE(""));
    assert_int_equal(reply.status, HTTP_REPLY_WHOLE);
    http_reply_begin(&reply, false, BODY_LIMIT);
    assert_false(reply.begun);
    read_all(CHUNKED LINE("1") LINE("y") "zz\r\n");
    assert_int_equal(reply.status, HTTP_REPLY_BAD);
    http_reply_begin(&reply, false, BODY_LIMIT);
    assert_null(reply.reason);
    read_all(OK LINE("Content-Length: 1") LINE("") "x");
    assert_int_equal(reply.status, HTTP_REPLY_WHOLE);
    assert_true(reply.keeps);
    assert_string_equal(reply.date, "");
    assert_string_equal(reply.retry_after, "");
    assert_string_equal(reply.request_id, "");
    assert_string_equal(buffer_string(&reply.body), "x");
    http_reply_free(&reply);
}

static void a_nul_in_the_head_is_bad(void **state)
{
    static const char bytes[] = OK "A: b\0c\r\n";

    (void)state;
    begin(false);
    feed(bytes, sizeof bytes - 1);
    assert_int_equal(reply.status, HTTP_REPLY_BAD);
    http_reply_free(&reply);
}

static void a_nul_in_the_body_is_a_byte(void **state)
{
    static const char bytes[] = OK LINE("Content-Length: 3") LINE("") "a\0b";

    (void)state;
    begin(false);
    feed(bytes, sizeof bytes - 1);
    assert_int_equal(reply.status, HTTP_REPLY_WHOLE);
    assert_int_equal(reply.body.length, 3);
    assert_memory_equal(reply.body.data, "a\0b", 4);
    http_reply_free(&reply);
}

/* A status line and headers "A: xxx" of this length, and whether they are taken. */
static enum http_reply_status read_line_of(size_t length, size_t piece)
{
    static char line[2 * HTTP_REPLY_LINE_LIMIT];
    size_t i;

    begin(false);
    read_all(OK);
    memset(line, 'x', length);
    memcpy(line, "A: ", 3);
    memcpy(line + length - 2, "\r\n", 2);
    for (i = 0; i < length; i += piece)
        feed(line + i, length - i < piece ? length - i : piece);
    http_reply_free(&reply);
    return reply.status;
}

static void a_line_has_its_limit(void **state)
{
    (void)state;
    assert_int_equal(read_line_of(HTTP_REPLY_LINE_LIMIT, SIZE_MAX / 4), HTTP_REPLY_MORE);
    assert_int_equal(read_line_of(HTTP_REPLY_LINE_LIMIT, 1000), HTTP_REPLY_MORE);
    assert_int_equal(read_line_of(HTTP_REPLY_LINE_LIMIT + 1, SIZE_MAX / 4), HTTP_REPLY_BAD);
    assert_int_equal(read_line_of(HTTP_REPLY_LINE_LIMIT + 1, 1000), HTTP_REPLY_BAD);
}

/* A line that never ends is given up once it is too long. */
static void an_endless_line_is_bad(void **state)
{
    size_t i;

    (void)state;
    begin(false);
    for (i = 0; i < HTTP_REPLY_LINE_LIMIT && reply.status == HTTP_REPLY_MORE; i++)
        read_all("x");
    assert_int_equal(reply.status, HTTP_REPLY_MORE);
    read_all("x");
    assert_int_equal(reply.status, HTTP_REPLY_BAD);
    http_reply_free(&reply);
}

static const struct endless {
    const char *name;
    const char *first;
    const char *again;
    size_t limit; /* of `again` */
    enum http_reply_status status;
} endless[] = {
    {"headers", OK, LINE("A: b"), HTTP_REPLY_LINES_LIMIT - 1, HTTP_REPLY_BAD},
    {"trailers", CHUNKED LINE("0"), LINE("A: b"), HTTP_REPLY_LINES_LIMIT - 2, HTTP_REPLY_BAD},
    {"informational replies", "", LINE("HTTP/1.1 102 Processing") LINE(""), HTTP_REPLY_LINES_LIMIT, HTTP_REPLY_BAD},
    {"a body to the end", OK LINE(""), "x", BODY_LIMIT, HTTP_REPLY_TOO_LARGE},
    {"chunks", CHUNKED, LINE("1") LINE("x"), BODY_LIMIT, HTTP_REPLY_TOO_LARGE},
};

static void what_never_ends_is_given_up(void **state)
{
    const struct endless *row = *state;
    size_t i;

    begin(false);
    read_all(row->first);
    for (i = 0; i < row->limit; i++) {
        assert_int_equal(reply.status, HTTP_REPLY_MORE);
        read_all(row->again);
    }
    assert_int_equal(reply.status, HTTP_REPLY_MORE);
    read_all(row->again);
    assert_int_equal(reply.status, row->status);
    http_reply_free(&reply);
}

/* Whoever breaks it may have kept back the rest. */
static void a_reply_to_the_end_is_not_whole_if_the_connection_breaks(void **state)
{
    (void)state;
    begin(false);
    read_all(OK LINE("") "all of it");
    assert_int_equal(http_reply_break(&reply), HTTP_REPLY_CUT);
    assert_int_equal(reply.body.length, 0);
    assert_int_equal(http_reply_end(&reply), HTTP_REPLY_CUT);
    http_reply_free(&reply);
}

static void chunks_have_their_limit(void **state)
{
    size_t i;

    (void)state;
    http_reply_init(&reply);
    http_reply_begin(&reply, false, 2 * HTTP_REPLY_CHUNKS_LIMIT);
    read_all(CHUNKED);
    for (i = 0; i < HTTP_REPLY_CHUNKS_LIMIT; i++)
        read_all(LINE("1") LINE("x"));
    assert_int_equal(reply.status, HTTP_REPLY_MORE);
    read_all(LINE("1") LINE("x"));
    assert_int_equal(reply.status, HTTP_REPLY_BAD);
    http_reply_free(&reply);
}

static void a_chunks_first_line_has_its_limit(void **state)
{
    char line[HTTP_REPLY_CHUNK_LINE_LIMIT + 2];

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "1;", 2);
    line[HTTP_REPLY_CHUNK_LINE_LIMIT + 1] = '\0';
    begin(false);
    read_all(CHUNKED);
    read_all(line);
    assert_int_equal(reply.status, HTTP_REPLY_BAD);
    http_reply_free(&reply);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, it_is_read_in_whatever_pieces, rows);
    CASES_ADD(&cases, what_is_wanted_of_the_headers_is_kept);
    CASES_ADD(&cases, a_long_field_is_cut_to_fit);
    CASES_ADD(&cases, an_empty_field_hides_the_next_of_its_name);
    CASES_ADD(&cases, nothing_of_one_reply_sticks_to_the_next);
    CASES_ADD(&cases, a_nul_in_the_head_is_bad);
    CASES_ADD(&cases, a_nul_in_the_body_is_a_byte);
    CASES_ADD(&cases, a_line_has_its_limit);
    CASES_ADD(&cases, an_endless_line_is_bad);
    CASES_ADD_TABLE(&cases, what_never_ends_is_given_up, endless);
    CASES_ADD(&cases, a_reply_to_the_end_is_not_whole_if_the_connection_breaks);
    CASES_ADD(&cases, chunks_have_their_limit);
    CASES_ADD(&cases, a_chunks_first_line_has_its_limit);
    return cases_run(&cases, "httpreply");
}
