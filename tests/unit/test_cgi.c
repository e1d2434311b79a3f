/* gateway/cgi: one request from pipes, its answer and its log line back (RFC 3875). */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cgi.h"
#include "support/clock.h"

enum { LIMIT = 1000 };

/* One run: what the program was given, what it saw and what came back. */
static struct {
    int input[2], output[2], errors[2];
    struct event_base *base;
    struct request seen;
    char body[LIMIT + 2], method[16];
    unsigned served;
    bool deferred;
    struct exchange *exchange;
    struct event *timer;
    char text[4096], log[4096];
} run;

static void reply(struct exchange *exchange)
{
    exchange->response = (struct response){.status = 200, .body = "{\"result\":\"joined\"}"};
    buffer_append_string(&exchange->log, "a log line\n");
    exchange_reply(exchange);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
    reply(run.exchange);
}

static void serve(void *application, struct exchange *exchange)
{
    static const struct timeval soon = {.tv_usec = 20000};

    assert_ptr_equal(application, &run);
    run.served++;
    run.seen = exchange->request; /* its pointers are good until the answer only */
    snprintf(run.method, sizeof run.method, "%s",
             request_text(&exchange->request, VARIABLE_REQUEST_METHOD));
    if (exchange->request.body)
        memcpy(run.body, exchange->request.body, exchange->request.body_length);
    run.exchange = exchange;
    if (run.deferred)
        event_add(run.timer, &soon);
    else
        reply(exchange);
}

static void begin(void)
{
    memset(&run, 0, sizeof run);
    run.base = event_base_new();
    run.timer = evtimer_new(run.base, on_timer, NULL);
    assert_int_equal(pipe2(run.input, O_CLOEXEC), 0);
    assert_int_equal(pipe2(run.output, O_CLOEXEC), 0);
    assert_int_equal(pipe2(run.errors, O_CLOEXEC), 0);
    alarm(10);
}

static void read_all(int descriptor, char *text, size_t size)
{
    ssize_t count = read(descriptor, text, size - 1);

    text[count > 0 ? count : 0] = '\0';
}

static enum cgi_status serve_once(const char *content_length, const char *body, size_t length,
                                  bool closed)
{
    char length_entry[64];
    char method[] = "REQUEST_METHOD=POST";
    char *variables[] = {method, content_length ? length_entry : NULL, NULL};
    struct cgi_options options = {.base = run.base,
                                  .variables = variables,
                                  .body_limit = LIMIT,
                                  .input = run.input[0],
                                  .output = run.output[1],
                                  .errors = run.errors[1],
                                  .serve = serve,
                                  .application = &run};
    enum cgi_status status;

    snprintf(length_entry, sizeof length_entry, "CONTENT_LENGTH=%s",
        content_length ? content_length : "");
    assert_int_equal(write(run.input[1], body, length), length);
    if (closed) {
        close(run.input[1]);
        run.input[1] = -1;
    }
    status = cgi_run(&options);
    close(run.output[1]);
    close(run.errors[1]);
    read_all(run.output[0], run.text, sizeof run.text);
    read_all(run.errors[0], run.log, sizeof run.log);
    return status;
}

static void end(void)
{
    alarm(0);
    close(run.input[0]);
    if (run.input[1] >= 0)
        close(run.input[1]);
    close(run.output[0]);
    close(run.errors[0]);
    event_free(run.timer);
    event_base_free(run.base);
}

static char long_body[LIMIT + 500];

static const struct row {
    const char *name;
    const char *content_length;
    size_t length; /* of what comes */
    bool closed;   /* the input ends behind it */
    enum request_body state;
    size_t kept;
} rows[] = {
    {"just what was promised", "50", 50, true, REQUEST_BODY_WHOLE, 50},
    {"what was promised, and the input stays open", "50", 50, false, REQUEST_BODY_WHOLE, 50},
    {"nothing", "0", 0, false, REQUEST_BODY_WHOLE, 0},
    {"less than promised", "50", 10, true, REQUEST_BODY_SHORT, 10},
    {"nothing of what was promised", "50", 0, true, REQUEST_BODY_SHORT, 0},
    {"no length: up to the end (chunked, mod_cgid)", NULL, 50, true, REQUEST_BODY_WHOLE, 50},
    {"an empty length (nginx): up to the end", "", 50, true, REQUEST_BODY_WHOLE, 50},
    {"no length and no body", NULL, 0, true, REQUEST_BODY_WHOLE, 0},
    {"just the limit", "1000", LIMIT, true, REQUEST_BODY_WHOLE, LIMIT},
    {"one byte beyond the limit", "1001", LIMIT + 1, true, REQUEST_BODY_TOO_LARGE, 0},
    {"no length, just the limit", NULL, LIMIT, true, REQUEST_BODY_WHOLE, LIMIT},
    {"no length, one byte beyond the limit", NULL, LIMIT + 1, true, REQUEST_BODY_TOO_LARGE, 0},
    {"a length that is none", "x", 50, true, REQUEST_BODY_BAD_LENGTH, 0},
    {"a negative length", "-2", 50, true, REQUEST_BODY_BAD_LENGTH, 0},
    {"-1, as Caddy says", "-1", 50, true, REQUEST_BODY_WHOLE, 50},
    {"-1, one byte beyond the limit", "-1", LIMIT + 1, true, REQUEST_BODY_TOO_LARGE, 0},
};

static void a_body_is_read(void **state)
{
    const struct row *row = *state;

    begin();
    assert_int_equal(serve_once(row->content_length, long_body, row->length, row->closed), CGI_OK);
    assert_int_equal(run.served, 1);
    assert_int_equal(run.seen.body_state, row->state);
    if (row->state == REQUEST_BODY_WHOLE || row->state == REQUEST_BODY_SHORT) {
        assert_int_equal(run.seen.body_length, row->kept);
        assert_memory_equal(run.body, long_body, row->kept);
    }
    assert_string_equal(run.method, "POST");
    end();
}

/* RFC 3875, 4.2: what stands behind the body is not ours. */
static void not_a_byte_more_than_promised_is_read(void **state)
{
    char rest[16];

    (void)state;
    begin();
    assert_int_equal(serve_once("5", "helloNEXT", 9, false), CGI_OK);
    assert_int_equal(read(run.input[0], rest, sizeof rest), 4);
    assert_memory_equal(rest, "NEXT", 4);
    end();
}

static void the_answer_and_the_log_line_are_written(void **state)
{
    (void)state;
    begin();
    assert_int_equal(serve_once("0", "", 0, true), CGI_OK);
    assert_string_equal(run.text,
                        "Status: 200 OK\r\nContent-Type: application/json\r\n"
                        "Cache-Control: no-store\r\nContent-Length: 19\r\n\r\n"
                        "{\"result\":\"joined\"}");
    assert_string_equal(run.log, "a log line\n");
    end();
}

static void an_answer_that_comes_later_is_waited_for(void **state)
{
    (void)state;
    begin();
    run.deferred = true;
    assert_int_equal(serve_once("0", "", 0, true), CGI_OK);
    assert_memory_equal(run.text, "Status: 200 OK\r\n", 16);
    end();
}

/* Apache's mod_cgid loses the answer if what it sends is not taken. */
static void an_oversize_body_is_thrown_away(void **state)
{
    char rest[16];

    (void)state;
    begin();
    assert_int_equal(serve_once("1500", long_body, 1500, true), CGI_OK);
    assert_int_equal(run.seen.body_state, REQUEST_BODY_TOO_LARGE);
    assert_int_equal(read(run.input[0], rest, sizeof rest), 0);
    end();
}

static void the_request_begins_when_its_body_is_there(void **state)
{
    int64_t before = clock_monotonic_us();

    (void)state;
    begin();
    assert_int_equal(serve_once("0", "", 0, true), CGI_OK);
    assert_in_range(run.seen.begun_us, before, clock_monotonic_us());
    end();
}

static void an_answer_that_nobody_takes_is_told(void **state)
{
    char method[] = "REQUEST_METHOD=POST", content_length[] = "CONTENT_LENGTH=0";
    char *variables[] = {method, content_length, NULL};
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct cgi_options options;

    (void)state;
    if (full < 0)
        skip(); /* no such device here */
    begin();
    options = (struct cgi_options){.base = run.base, .variables = variables, .body_limit = LIMIT,
                                   .input = run.input[0], .output = full, .errors = run.errors[1],
                                   .serve = serve, .application = &run};
    assert_int_equal(cgi_run(&options), CGI_NOT_WRITTEN);
    close(full);
    close(run.output[1]);
    close(run.errors[1]);
    end();
}

int main(void)
{
    static struct cases cases;
    size_t i;

    for (i = 0; i < sizeof long_body; i++)
        long_body[i] = (char)('a' + i % 26);
    CASES_ADD_TABLE(&cases, a_body_is_read, rows);
    CASES_ADD(&cases, not_a_byte_more_than_promised_is_read);
    CASES_ADD(&cases, the_answer_and_the_log_line_are_written);
    CASES_ADD(&cases, an_answer_that_comes_later_is_waited_for);
    CASES_ADD(&cases, an_oversize_body_is_thrown_away);
    CASES_ADD(&cases, the_request_begins_when_its_body_is_there);
    CASES_ADD(&cases, an_answer_that_nobody_takes_is_told);
    return cases_run(&cases, "cgi");
}
