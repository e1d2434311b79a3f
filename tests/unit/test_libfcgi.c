/*
 * gateway/libfcgi: how libfcgi is made to read from a descriptor that it did not accept. It
 * rests on libfcgi's inside; these tests fail if an update changes that.
 */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgibytes.h"
#include "gateway/libfcgi.h"
#include "gateway/records.h"
#include "support/jitter.h"

enum { FRONT, US };

static int ends[2];
static struct buffer bytes;

static const char *const variables[] = {"REQUEST_METHOD=POST", "REQUEST_URI=/webhooks/twilio",
                                        "TWICE=1", "TWICE=2", "EMPTY=", NULL};

static void begin(void)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    buffer_init(&bytes, 1024 * 1024);
    alarm(10); /* a read that waits ends the test */
}

static void end(void)
{
    alarm(0);
    close(ends[FRONT]);
    close(ends[US]);
    buffer_free(&bytes);
}

static void send_bytes(size_t length)
{
    assert_int_equal(send(ends[FRONT], bytes.data, length, MSG_NOSIGNAL), length);
}

static bool is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

static size_t bytes_waiting(int descriptor)
{
    static char seen[4096];
    ssize_t count = recv(descriptor, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);

    return count > 0 ? (size_t)count : 0;
}

static void assert_request(FCGX_Request *fcgi, const char *body, const char *expected)
{
    assert_string_equal(FCGX_GetParam("REQUEST_METHOD", fcgi->envp), "POST");
    assert_string_equal(FCGX_GetParam("REQUEST_URI", fcgi->envp), "/webhooks/twilio");
    assert_string_equal(FCGX_GetParam("EMPTY", fcgi->envp), "");
    assert_memory_equal(body, expected, strlen(expected));
}

static void a_request_is_read_whole(void **state)
{
    FCGX_Request fcgi;
    char *body;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "hello", 5);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 5, false, &body), LIBFCGI_OK);
    assert_request(&fcgi, body, "hello");
    assert_int_equal(bytes_waiting(ends[US]), 0); /* the record that ends the body is taken too */
    libfcgi_release(&fcgi);
    free(body);
    end();
}

static void the_descriptor_stays_open_and_nothing_is_written(void **state)
{
    FCGX_Request fcgi;
    char *body;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "hello", 5);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 5, false, &body), LIBFCGI_OK);
    libfcgi_release(&fcgi);
    assert_true(is_open(ends[US]));
    assert_int_equal(bytes_waiting(ends[FRONT]), 0);
    assert_int_equal(send(ends[US], "x", 1, MSG_NOSIGNAL), 1); /* not even shut down */
    free(body);
    end();
}

static void a_second_request_on_the_same_descriptor_reads_right(void **state)
{
    unsigned i;

    (void)state;
    begin();
    for (i = 0; i < 5; i++) {
        char text[64], *body;
        size_t length;
        FCGX_Request fcgi;

        length = (size_t)snprintf(text, sizeof text, "this is body number %u", i);
        buffer_clear(&bytes);
        fcgibytes_request(&bytes, i + 1, FCGI_KEEP, variables, text, length);
        send_bytes(bytes.length);
        assert_int_equal(libfcgi_read(&fcgi, ends[US], length, false, &body), LIBFCGI_OK);
        assert_request(&fcgi, body, text);
        libfcgi_release(&fcgi);
        free(body);
        assert_int_equal(bytes_waiting(ends[US]), 0);
    }
    end();
}

static void variables_given_twice_are_both_seen(void **state)
{
    FCGX_Request fcgi;
    unsigned twice = 0;
    char *body, **variable;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "", 0);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 0, false, &body), LIBFCGI_OK);
    for (variable = fcgi.envp; *variable; variable++)
        twice += strncmp(*variable, "TWICE=", 6) == 0;
    assert_int_equal(twice, 2);
    libfcgi_release(&fcgi);
    free(body);
    end();
}

static void an_empty_body_is_read(void **state)
{
    FCGX_Request fcgi;
    char *body;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "", 0);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 0, false, &body), LIBFCGI_OK);
    assert_non_null(body);
    assert_int_equal(bytes_waiting(ends[US]), 0);
    libfcgi_release(&fcgi);
    free(body);
    end();
}

static void a_body_of_64_kib_is_read(void **state)
{
    static char large[64 * 1024];
    FCGX_Request fcgi;
    size_t i;
    char *body;

    (void)state;
    begin();
    for (i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 256);
    fcgibytes_request(&bytes, 1, 0, variables, large, sizeof large);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], sizeof large, false, &body), LIBFCGI_OK);
    assert_memory_equal(body, large, sizeof large);
    libfcgi_release(&fcgi);
    free(body);
    end();
}

/* Never shown to libfcgi by `records`; but if it were, it must come back and not wait. */
static void half_a_request_comes_back(void **state)
{
    size_t length, whole;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "hello", 5);
    whole = bytes.length;
    end();
    for (length = 0; length < whole; length += 5) {
        FCGX_Request fcgi;
        char *body;

        begin();
        fcgibytes_request(&bytes, 1, 0, variables, "hello", 5);
        send_bytes(length);
        assert_int_equal(libfcgi_read(&fcgi, ends[US], 5, false, &body), LIBFCGI_FAILED);
        assert_null(body);
        assert_false(is_open(ends[US])); /* libfcgi has closed it, as the header says */
        end();
    }
}

static void a_body_that_differs_from_what_was_judged_fails(void **state)
{
    FCGX_Request fcgi;
    char *body;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, "hello", 5);
    send_bytes(bytes.length);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 4, false, &body), LIBFCGI_FAILED);
    assert_null(body);
    end();
}

static void of_an_oversize_request_the_variables_are_read(void **state)
{
    static char large[100 * 1024];
    FCGX_Request fcgi;
    char *body;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, 0, variables, large, sizeof large);
    send_bytes(16 * 1024);
    assert_int_equal(libfcgi_read(&fcgi, ends[US], 0, true, &body), LIBFCGI_OK);
    assert_null(body);
    assert_string_equal(FCGX_GetParam("REQUEST_METHOD", fcgi.envp), "POST");
    libfcgi_release(&fcgi);
    assert_true(is_open(ends[US]));
    end();
}

static unsigned count_descriptors(void)
{
    unsigned count = 0;
    int descriptor;

    for (descriptor = 0; descriptor < 256; descriptor++)
        count += is_open(descriptor);
    return count;
}

static void bytes_that_were_taken_are_read_and_nothing_stays_open(void **state)
{
    unsigned before = count_descriptors();
    FCGX_Request fcgi;
    char *body;

    (void)state;
    buffer_init(&bytes, 1024 * 1024);
    fcgibytes_request(&bytes, 7, FCGI_KEEP, variables, "hello", 5);
    assert_int_equal(libfcgi_read_bytes(&fcgi, bytes.data, bytes.length, 5, false, &body),
                     LIBFCGI_OK);
    assert_request(&fcgi, body, "hello");
    libfcgi_release(&fcgi);
    free(body);
    assert_int_equal(count_descriptors(), before);
    assert_int_equal(libfcgi_read_bytes(&fcgi, bytes.data, bytes.length / 2, 5, false, &body),
                     LIBFCGI_FAILED);
    assert_null(body);
    assert_int_equal(count_descriptors(), before);
    buffer_free(&bytes);
}

/* A well-formed request in records and padding of random lengths. */
static void append_random_request(struct jitter *jitter, const struct buffer *pairs,
    const char *body,
                                  size_t body_length)
{
    const struct {
        unsigned type;
        const char *bytes;
        size_t length;
    } streams[] = {{FCGI_PARAMETERS, pairs->data, pairs->length}, {FCGI_INPUT, body, body_length}};
    size_t i, at;

    fcgibytes_begin(&bytes, 1, 1, FCGI_KEEP);
    for (i = 0; i < 2; i++) {
        for (at = 0; at < streams[i].length;) {
            size_t part = 1 + (size_t)jitter_below(jitter, 1 + jitter_below(jitter, 300));

            if (part > streams[i].length - at)
                part = streams[i].length - at;
            fcgibytes_record(&bytes, streams[i].type, 1, streams[i].bytes + at, part,
                             (unsigned)jitter_below(jitter, 256));
            at += part;
        }
        fcgibytes_record(&bytes, streams[i].type, 1, "", 0, 0);
    }
}

/* Whatever `records` lets through, libfcgi must understand in the same way: to the last byte. */
static void what_records_calls_whole_libfcgi_reads_whole(void **state)
{
    struct jitter jitter;
    struct buffer pairs;
    unsigned i;

    (void)state;
    jitter_init(&jitter);
    print_message("seed %016llx\n", (unsigned long long)jitter.state);
    buffer_init(&pairs, 4096);
    fcgibytes_pair(&pairs, "REQUEST_METHOD", "POST");
    fcgibytes_pair(&pairs, "REQUEST_URI", "/webhooks/twilio");
    fcgibytes_pair(&pairs, "EMPTY", "");
    begin();
    for (i = 0; i < 1000; i++) {
        char text[1000], *body;
        size_t length = (size_t)jitter_below(&jitter, sizeof text), at;
        struct records records;
        FCGX_Request fcgi;

        for (at = 0; at < length; at++)
            text[at] = (char)jitter_next(&jitter);
        buffer_clear(&bytes);
        append_random_request(&jitter, &pairs, text, length);
        records_begin(&records, sizeof text);
        assert_int_equal(records_judge(&records, (const unsigned char *)bytes.data, bytes.length),
                         RECORDS_WHOLE);
        send_bytes(bytes.length);
        assert_int_equal(libfcgi_read(&fcgi, ends[US], records.body_length, false, &body),
                         LIBFCGI_OK);
        assert_request(&fcgi, body, "");
        assert_int_equal(records.body_length, length);
        assert_memory_equal(body, text, length);
        assert_int_equal(bytes_waiting(ends[US]), 0);
        libfcgi_release(&fcgi);
        free(body);
    }
    end();
    buffer_free(&pairs);
}

/* Of one request with any one bit changed, `records` and libfcgi must not differ either. */
static void a_changed_bit_that_records_lets_through_does_no_harm(void **state)
{
    unsigned through = 0, bit;
    size_t length;

    (void)state;
    begin();
    fcgibytes_request(&bytes, 1, FCGI_KEEP, variables, "hello", 5);
    length = bytes.length;
    end();
    for (bit = 0; bit < 8 * length; bit++) {
        struct records records;
        FCGX_Request fcgi;
        char *body;

        begin();
        fcgibytes_request(&bytes, 1, FCGI_KEEP, variables, "hello", 5);
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
        records_begin(&records, 1000);
        if (records_judge(&records, (const unsigned char *)bytes.data, bytes.length) ==
            RECORDS_WHOLE) {
            through++;
            send_bytes(bytes.length);
            if (libfcgi_read(&fcgi, ends[US], records.body_length, false, &body) !=
                LIBFCGI_OK)
                fail_msg("libfcgi refuses bit %u of byte %u", bit % 8, bit / 8);
            assert_int_equal(bytes_waiting(ends[US]), 0);
            libfcgi_release(&fcgi);
            free(body);
        }
        end();
    }
    assert_true(through > 100); /* names, values and body may hold anything but NUL */
}

/* LIBFCGI_OS_CLOSE_POLL_TIMEOUT is for libfcgi alone: nobody else's environment changes. */
static void the_environment_is_as_it_was(void **state)
{
    (void)state;
    assert_null(getenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT"));
}

int main(void)
{
    static struct cases cases;

    if (!libfcgi_prepare()) {
        fputs("libfcgi does not start\n", stderr);
        return 99;
    }
    CASES_ADD(&cases, a_request_is_read_whole);
    CASES_ADD(&cases, the_descriptor_stays_open_and_nothing_is_written);
    CASES_ADD(&cases, a_second_request_on_the_same_descriptor_reads_right);
    CASES_ADD(&cases, variables_given_twice_are_both_seen);
    CASES_ADD(&cases, an_empty_body_is_read);
    CASES_ADD(&cases, a_body_of_64_kib_is_read);
    CASES_ADD(&cases, half_a_request_comes_back);
    CASES_ADD(&cases, a_body_that_differs_from_what_was_judged_fails);
    CASES_ADD(&cases, of_an_oversize_request_the_variables_are_read);
    CASES_ADD(&cases, bytes_that_were_taken_are_read_and_nothing_stays_open);
    CASES_ADD(&cases, what_records_calls_whole_libfcgi_reads_whole);
    CASES_ADD(&cases, a_changed_bit_that_records_lets_through_does_no_harm);
    CASES_ADD(&cases, the_environment_is_as_it_was);
    return cases_run(&cases, "libfcgi");
}
