#include "build.h"

#include "twilio/rest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "support/buffer.h"
#include "support/clock.h"
#include "support/origin.h"
#include "twilio/http_reply.h"
#include "twilio/http_request.h"
#include "twilio/rest_connection.h"
#include "twilio/rest_outcome.h"
#include "twilio/rest_pool.h"

#ifndef REST_CLOSE_AFTER_IDLE_S     /* shorter for a test */
#define REST_CLOSE_AFTER_IDLE_S 120 /* Twilio's side closes sooner, most likely */
#endif

enum {
    REQUEST_LIMIT = REST_PATH_LIMIT + HTTP_REQUEST_LINES_LIMIT + REST_REPLY_LIMIT + 4096,
    READ_SIZE = 16 * 1024, /* one TLS record, so that nothing of it stays behind */
    IDLE_LOOKS = 4         /* in the time after which what is idle is given back */
};

struct rest_exchange {
    TAILQ_ENTRY(rest_exchange) entry;
    struct rest *rest;
    struct rest_claim claim;
    struct rest_connection *connection; /* NULL while it waits for one */
    struct event deadline;
    struct buffer request;
    struct buffer origin; /* what `claim` points to, unless that is AUTOJOIN_API_URL */
    size_t sent;
    struct http_reply reply;
    bool repeatable;
    bool ending; /* the event is for the outcome, not for the deadline */
    enum rest_status outcome;
    const char *reason;
    int64_t started_us, used_us;
    rest_done_fn *done;
    void *argument;
};

TAILQ_HEAD(exchange_queue, rest_exchange);

struct rest {
    const struct config *config;
    struct event_base *base;
    bool initialised;        /* curl_global_init() was called */
    struct buffer lines, anonymous_lines; /* of every request with our credentials, or without any */
    struct rest_pool *pool;  /* NULL until the first exchange, and after idling */
    struct event *idle;
    struct exchange_queue under_way;
    struct exchange_queue spare; /* with their memory, the last used first */
};

/* ---- how it ends */

static void free_exchange(struct rest_exchange *exchange)
{
    buffer_free(&exchange->request);
    buffer_free(&exchange->origin);
    http_reply_free(&exchange->reply);
    free(exchange);
}

/* Keeps its memory for the next one, but nothing of what was sent. */
static void put_away(struct rest_exchange *exchange)
{
    struct rest *rest = exchange->rest;

    event_del(&exchange->deadline);
    TAILQ_REMOVE(&rest->under_way, exchange, entry);
    exchange->used_us = clock_monotonic_us();
    if (exchange->request.data)
        explicit_bzero(exchange->request.data, exchange->request.length);
    TAILQ_INSERT_HEAD(&rest->spare, exchange, entry);
}

/* Of nobody's use any more: what waits is withdrawn, what is connected is closed unless it may stay. */
static void let_go(struct rest_exchange *exchange, bool keeps)
{
    struct rest_connection *connection = exchange->connection;

    exchange->connection = NULL;
    if (connection)
        rest_pool_give_back(exchange->rest->pool, connection, keeps);
    else if (exchange->claim.attempt)
        rest_pool_withdraw(exchange->rest->pool, &exchange->claim);
}

/* The callback may start another exchange, over the same connection; the reply lives on until after it. */
static void finish(struct rest_exchange *exchange, enum rest_status status, const char *reason)
{
    struct rest_result result;
    bool keeps = status == REST_OK && exchange->reply.keeps && exchange->sent == exchange->request.length;

    let_go(exchange, keeps);
    rest_outcome_read(&result, &exchange->reply);
    result.status = status;
    result.reason = reason;
    result.elapsed_us = clock_monotonic_us() - exchange->started_us;
    exchange->done(exchange->argument, &result);
    put_away(exchange);
}

/* The same from the event loop, for where nobody may be called back. */
static void finish_later(struct rest_exchange *exchange, enum rest_status status, const char *reason)
{
    exchange->ending = true;
    exchange->outcome = status;
    exchange->reason = reason;
    event_active(&exchange->deadline, EV_TIMEOUT, 1);
}

/* Without a connection not even that was made in its own, shorter time, after which there may be time for another
 * attempt (one lost SYN must not cost a join). */
static void on_deadline(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest_exchange *exchange = argument;

    (void)descriptor;
    (void)what;
    if (exchange->ending)
        finish(exchange, exchange->outcome, exchange->reason);
    else if (exchange->connection)
        finish(exchange, REST_TIMEOUT, "Twilio did not answer in time");
    else
        finish(exchange, REST_UNREACHABLE, "no connection to Twilio in time");
}

static void finish_reply(struct rest_exchange *exchange)
{
    const char *reason;
    enum rest_status status = rest_outcome_of_reply(&exchange->reply, &reason);

    finish(exchange, status, reason);
}

/* ---- sending and reading */

/* The server may have closed a kept connection just when it was asked: once more over a new one, if no byte of an
 * answer came, and if it does no harm that this may be the second time. Whether it waits for one now. */
static bool send_again(struct rest_exchange *exchange)
{
    if (exchange->reply.begun || !exchange->repeatable || !exchange->connection->used)
        return false;
    let_go(exchange, false);
    exchange->claim.fresh = true; /* so that this is once */
    return rest_pool_wait(exchange->rest->pool, &exchange->claim);
}

/* No reply can come any more. */
static void meet_end(struct rest_exchange *exchange, bool broken)
{
    if (send_again(exchange))
        return;
    if (broken)
        http_reply_break(&exchange->reply);
    else
        http_reply_end(&exchange->reply);
    finish_reply(exchange);
}

/* False if the connection is of no use any more. */
static bool send_on(struct rest_exchange *exchange)
{
    while (exchange->sent < exchange->request.length) {
        size_t sent;
        enum rest_io io = rest_connection_send(exchange->connection, exchange->request.data + exchange->sent,
                                               exchange->request.length - exchange->sent, &sent);

        exchange->sent += sent;
        if (io != REST_IO_DONE)
            return io == REST_IO_AGAIN;
    }
    return true;
}

/* What comes behind the reply was not asked for: the next request might be answered by it. `broken`: the request
 * cannot be sent any more, but an answer to what was sent may be there. */
static void read_on(struct rest_exchange *exchange, bool broken)
{
    char bytes[READ_SIZE];
    enum rest_io io;
    size_t received, taken;

    while ((io = rest_connection_receive(exchange->connection, bytes, sizeof bytes, &received)) == REST_IO_DONE) {
        if (http_reply_feed(&exchange->reply, bytes, received, &taken) == HTTP_REPLY_MORE)
            continue;
        exchange->reply.keeps =
            exchange->reply.keeps && taken == received && rest_connection_is_quiet(exchange->connection);
        finish_reply(exchange);
        return;
    }
    if (io != REST_IO_AGAIN || broken)
        meet_end(exchange, io != REST_IO_ENDED);
}

static void on_ready(struct rest_connection *connection, void *argument)
{
    struct rest_exchange *exchange = argument;

    (void)connection;
    if (!exchange->ending)
        read_on(exchange, !send_on(exchange));
}

/* Nobody is called back from here. */
static void send_over(struct rest_exchange *exchange, struct rest_connection *connection)
{
    exchange->connection = connection;
    exchange->sent = 0;
    rest_connection_listen(connection, on_ready, exchange);
    if (send_on(exchange) || send_again(exchange))
        return;
    finish_later(exchange, REST_UNREACHABLE, "the connection was closed before the request was sent");
}

static void on_given(void *argument, struct rest_connection *connection, CURLcode code)
{
    struct rest_exchange *exchange = argument;
    const char *reason;
    enum rest_status status;

    if (connection) {
        send_over(exchange, connection);
        return;
    }
    status = rest_outcome_of_connecting(code, &reason);
    finish(exchange, status, reason);
}

/* ---- how it begins */

static struct rest_exchange *new_exchange(struct rest *rest)
{
    struct rest_exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return NULL;
    exchange->rest = rest;
    exchange->claim.given = on_given;
    exchange->claim.argument = exchange;
    buffer_init_secret(&exchange->request, REQUEST_LIMIT);
    buffer_init(&exchange->origin, REST_PATH_LIMIT);
    http_reply_init(&exchange->reply);
    if (event_assign(&exchange->deadline, rest->base, -1, 0, on_deadline, exchange) == 0)
        return exchange;
    free_exchange(exchange);
    return NULL;
}

static struct rest_exchange *take_exchange(struct rest *rest)
{
    struct rest_exchange *exchange = TAILQ_FIRST(&rest->spare);

    if (exchange)
        TAILQ_REMOVE(&rest->spare, exchange, entry);
    else
        exchange = new_exchange(rest);
    return exchange;
}

/* Whether the settings have one of Twilio's APIs there. */
static bool is_configured(const struct config *config, const struct origin *origin)
{
    const char *const urls[] = {config->api_url, config->webhooks_api_url, config->events_api_url};
    struct origin api;
    size_t i;

    for (i = 0; i < sizeof urls / sizeof urls[0]; i++)
        if (urls[i] && origin_parse(&api, urls[i], strlen(urls[i])) && origin_same(&api, origin))
            return true;
    return false;
}

/* Our credentials are Twilio's, and nobody else's. */
static bool is_twilio(const struct config *config, const struct origin *origin)
{
    static const char domain[] = ".twilio.com";

    if (is_configured(config, origin))
        return true;
    return origin->https && origin->host_length > sizeof domain - 1 &&
           strncasecmp(origin->host + origin->host_length - (sizeof domain - 1), domain, sizeof domain - 1) == 0;
}

static bool set_origin(struct rest_exchange *exchange, const struct rest_request *request, struct origin *origin)
{
    const struct config *config = exchange->rest->config;

    buffer_clear(&exchange->origin);
    if (request->origin)
        buffer_append_string(&exchange->origin, request->origin);
    exchange->claim.origin = request->origin ? buffer_string(&exchange->origin) : config->api_url;
    return buffer_status(&exchange->origin) == BUFFER_OK &&
           http_request_is_origin(origin, exchange->claim.origin) &&
           (!request->origin || request->anonymous || is_twilio(config, origin));
}

/* With an API key it, otherwise the account itself (Twilio, "REST API best practices"). A proxy that is asked for
 * the whole URL wants its own. */
static bool make_lines(struct buffer *lines, const struct config *config, bool anonymous)
{
    const char *user = config->api_key ? config->api_key : config->account_sid;

    return http_request_lines(lines, anonymous ? NULL : user, config->api_key ? config->api_secret : config->auth_token);
}

static bool write_request(struct rest_exchange *exchange, const struct rest_request *request)
{
    struct rest *rest = exchange->rest;
    struct buffer own;
    struct origin origin;
    bool written, whole;

    if (!set_origin(exchange, request, &origin))
        return false;
    whole = rest->config->proxy && !origin.https;
    if (!request->user && !whole)
        return http_request_write(&exchange->request, request, &origin, false,
                                  request->anonymous ? &rest->anonymous_lines : &rest->lines);
    written = (request->user && !request->anonymous ? http_request_lines(&own, request->user, request->password)
                                                    : make_lines(&own, rest->config, request->anonymous)) &&
              (!whole || http_request_authorize_proxy(&own, rest->config->proxy)) &&
              http_request_write(&exchange->request, request, &origin, whole, &own);
    http_request_free_lines(&own);
    return written;
}

/* Nothing is to be sent twice that might have arrived: what a kept connection has to say is heard before. */
static struct rest_connection *take_connection(struct rest_exchange *exchange)
{
    struct rest_pool *pool = exchange->rest->pool;
    struct rest_connection *connection;
    size_t received;
    char byte;

    while ((connection = rest_pool_take(pool, exchange->claim.origin))) {
        if (exchange->repeatable ||
            rest_connection_receive(connection, &byte, sizeof byte, &received) == REST_IO_AGAIN)
            break;
        rest_pool_give_back(pool, connection, false);
    }
    return connection;
}

static bool set_deadline(struct rest_exchange *exchange, int64_t timeout_ms)
{
    int64_t left_ms = timeout_ms > 0 ? timeout_ms : 1;
    struct timeval delay = {.tv_sec = (time_t)(left_ms / 1000), .tv_usec = (suseconds_t)(left_ms % 1000 * 1000)};

    return event_add(&exchange->deadline, &delay) == 0;
}

static bool begin_exchange(struct rest_exchange *exchange, const struct rest_request *request)
{
    struct rest_connection *connection;

    exchange->started_us = clock_monotonic_us();
    exchange->ending = exchange->claim.fresh = false;
    exchange->repeatable = request->repeatable || request->method == REST_GET || request->method == REST_HEAD;
    exchange->sent = 0;
    http_reply_begin(&exchange->reply, request->method == REST_HEAD, request->reply_limit);
    if (!write_request(exchange, request) || !set_deadline(exchange, request->timeout_ms))
        return false;
    connection = take_connection(exchange);
    if (connection)
        send_over(exchange, connection);
    return connection || rest_pool_wait(exchange->rest->pool, &exchange->claim);
}

/* What a burst needed is given back once it was not needed for so long. */
static void on_idle(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest *rest = argument;
    int64_t since_us = clock_monotonic_us() - (int64_t)REST_CLOSE_AFTER_IDLE_S * 1000000;
    struct rest_exchange *exchange;

    (void)descriptor;
    (void)what;
    while ((exchange = TAILQ_LAST(&rest->spare, exchange_queue)) && exchange->used_us <= since_us) {
        TAILQ_REMOVE(&rest->spare, exchange, entry);
        free_exchange(exchange);
    }
    if (rest_pool_close_idle(rest->pool, since_us) || !TAILQ_EMPTY(&rest->under_way) || !TAILQ_EMPTY(&rest->spare))
        return;
    rest_pool_free(rest->pool);
    rest->pool = NULL;
    event_del(rest->idle);
}

/* libcurl starts with the first exchange: under CGI most requests need none, and its start costs
 * more than all else they do. */
static bool start_libcurl(struct rest *rest)
{
    const int64_t look_us = (int64_t)REST_CLOSE_AFTER_IDLE_S * 1000000 / IDLE_LOOKS;
    const struct timeval delay = {.tv_sec = (time_t)(look_us / 1000000), .tv_usec = (suseconds_t)(look_us % 1000000)};

    if (rest->pool)
        return true;
    if (!rest->initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    rest->initialised = true;
    if (!rest->idle)
        rest->idle = event_new(rest->base, -1, EV_PERSIST, on_idle, rest);
    if (!rest->idle || event_add(rest->idle, &delay) != 0)
        return false;
    rest->pool = rest_pool_new(rest->config, rest->base);
    return rest->pool != NULL;
}

static bool make_all_lines(struct rest *rest)
{
    if (rest->lines.data && rest->anonymous_lines.data)
        return true;
    http_request_free_lines(&rest->lines);
    http_request_free_lines(&rest->anonymous_lines);
    if (make_lines(&rest->lines, rest->config, false) && make_lines(&rest->anonymous_lines, rest->config, true))
        return true;
    http_request_free_lines(&rest->lines);
    http_request_free_lines(&rest->anonymous_lines);
    return false;
}

struct rest_exchange *rest_start(struct rest *rest, const struct rest_request *request,
                                 rest_done_fn *done, void *argument)
{
    struct rest_exchange *exchange;

    if (!make_all_lines(rest) || !start_libcurl(rest))
        return NULL;
    exchange = take_exchange(rest);
    if (!exchange)
        return NULL;
    exchange->done = done;
    exchange->argument = argument;
    TAILQ_INSERT_TAIL(&rest->under_way, exchange, entry);
    if (begin_exchange(exchange, request))
        return exchange;
    put_away(exchange);
    return NULL;
}

void rest_cancel(struct rest_exchange *exchange)
{
    let_go(exchange, false);
    put_away(exchange);
}

static void ignore_result(void *argument, const struct rest_result *result)
{
    (void)argument;
    (void)result;
}

void rest_preconnect(struct rest *rest)
{
    struct rest_request request = {
        .method = REST_HEAD,
        .path = "/",
        .timeout_ms = (int64_t)rest->config->deadline_ms,
        .reply_limit = REST_REPLY_LIMIT,
        .anonymous = true,
    };

    rest_start(rest, &request, ignore_result, NULL);
}

struct rest *rest_new(const struct config *config, struct event_base *base)
{
    struct rest *rest = calloc(1, sizeof *rest);

    if (!rest)
        return NULL;
    rest->config = config;
    rest->base = base;
    TAILQ_INIT(&rest->under_way);
    TAILQ_INIT(&rest->spare);
    return rest;
}

void rest_free(struct rest *rest)
{
    struct rest_exchange *exchange;

    if (!rest)
        return;
    while (!TAILQ_EMPTY(&rest->under_way))
        rest_cancel(TAILQ_FIRST(&rest->under_way));
    while ((exchange = TAILQ_FIRST(&rest->spare))) {
        TAILQ_REMOVE(&rest->spare, exchange, entry);
        free_exchange(exchange);
    }
    rest_pool_free(rest->pool);
    http_request_free_lines(&rest->lines);
    http_request_free_lines(&rest->anonymous_lines);
    if (rest->idle)
        event_free(rest->idle);
    if (rest->initialised)
        curl_global_cleanup();
    free(rest);
}
