#include "build.h"

#include "gateway/cgi.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"

enum {
    BODY_TIMEOUT_MS = 5000,
    DRAIN_WITHIN_MS = 2000,
    DRAIN_LIMIT = 2 * 1024 * 1024,
    RESPONSE_LIMIT = 4096,
    LOG_LIMIT = 4 * 1024 * 1024, /* a line for each event of a request of Event Streams */
};

struct cgi {
    struct exchange exchange; /* first: the exchange's address is ours */
    struct event_base *base;
    bool replied;
};

/* Reads once, at most `room` bytes, not after `until_ms`; 0 at the end or when time is up. */
static size_t read_part(int descriptor, char *bytes, size_t room, int64_t until_ms)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLIN};
    int64_t left = until_ms - clock_monotonic_ms();
    ssize_t count;

    if (left <= 0 || poll(&ready, 1, (int)left) <= 0)
        return 0;
    do
        count = read(descriptor, bytes, room);
    while (count < 0 && errno == EINTR);
    return count > 0 ? (size_t)count : 0;
}

/* Reads what CONTENT_LENGTH promises and not a byte more (RFC 3875, 4.2); without one (a chunked
 * body under mod_cgid), up to the end. An oversize body is thrown away after the reply. */
static bool read_body(struct request *request, const struct cgi_options *options)
{
    uint64_t promised;
    size_t wanted, length = 0;
    bool known, plain = request_content_length(request, &known, &promised);
    int64_t until = clock_monotonic_ms() + BODY_TIMEOUT_MS;

    /* A GET has no length, and the end of what is no body may never come (RFC 3875, 4.2). */
    if (plain && !known && strcmp(request_text(request, VARIABLE_REQUEST_METHOD), "POST") != 0)
        return true;
    if (!plain || (known && promised > options->body_limit)) {
        request->body_state = request_judge_body(request, 0, options->body_limit);
        return true;
    }
    wanted = known ? (size_t)promised : options->body_limit + 1;
    request->body = malloc(wanted + 1);
    if (!request->body)
        return false;
    while (length < wanted) {
        size_t count = read_part(options->input, request->body + length, wanted - length, until);

        if (count == 0)
            break;
        length += count;
    }
    request->body_length = length;
    request->body_state = request_judge_body(request, length, options->body_limit);
    return true;
}

static void take_reply(struct exchange *exchange)
{
    struct cgi *cgi = (struct cgi *)exchange;

    cgi->replied = true;
    event_base_loopbreak(cgi->base);
}

/* Apache's mod_cgid gives the client an empty reply if its body is not taken. */
static void drain(int descriptor)
{
    char part[16 * 1024];
    int64_t until = clock_monotonic_ms() + DRAIN_WITHIN_MS;
    size_t drained = 0, count;

    do {
        count = read_part(descriptor, part, sizeof part, until);
        drained += count;
    } while (count > 0 && drained < DRAIN_LIMIT);
}

static enum cgi_status write_reply(const struct cgi_options *options, struct exchange *exchange)
{
    struct buffer text;
    enum cgi_status status = CGI_OK;

    /* The log first: lighttpd ends a CGI program as soon as it has the whole answer. */
    buffer_write_all(options->errors, &exchange->log);
    buffer_init(&text, RESPONSE_LIMIT);
    response_render(&exchange->response, &text);
    if (buffer_status(&text) != BUFFER_OK)
        status = CGI_NO_MEMORY;
    else if (!buffer_write_all(options->output, &text))
        status = CGI_NOT_WRITTEN;
    buffer_free(&text);
    return status;
}

enum cgi_status cgi_run(const struct cgi_options *options)
{
    struct cgi cgi = {.exchange = {.reply = take_reply}, .base = options->base};
    enum cgi_status status = CGI_NO_MEMORY;

    buffer_init(&cgi.exchange.log, LOG_LIMIT);
    request_read_variables(&cgi.exchange.request, options->variables);
    if (!read_body(&cgi.exchange.request, options))
        goto out;
    cgi.exchange.request.begun_us = clock_monotonic_us();
    options->serve(options->application, &cgi.exchange);
    if (!cgi.replied)
        event_base_dispatch(options->base);
    if (cgi.replied)
        status = write_reply(options, &cgi.exchange);
    if (cgi.exchange.request.body_state == REQUEST_BODY_TOO_LARGE)
        drain(options->input);
out:
    free(cgi.exchange.request.body);
    buffer_free(&cgi.exchange.log);
    return status;
}
