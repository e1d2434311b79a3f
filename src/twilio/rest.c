#include "build.h"

#include "twilio/rest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event_struct.h>

#include "support/buffer.h"
#include "support/clock.h"
#include "twilio/resthandle.h"

struct rest_exchange {
    TAILQ_ENTRY(rest_exchange) entry;
    struct rest *rest;
    CURL *easy;
    struct curl_slist *headers; /* only if the order has one of its own */
    struct buffer url;
    struct buffer form;
    struct buffer body;
    bool used_up; /* its handle has options of its own and is not used again */
    int64_t started_us;
    rest_done_fn *done;
    void *argument;
};

TAILQ_HEAD(exchange_queue, rest_exchange);

struct rest {
    const struct config *config;
    struct event_base *base;
    CURLM *multi; /* NULL until the first exchange */
    bool initialised;
    struct curl_slist *headers;
    struct event *timer;
    struct exchange_queue under_way;
    struct exchange_queue spare; /* with their handles, the last used first */
};

/* A socket of libcurl's that we watch for it. */
struct watch {
    struct event event;
    struct rest *rest;
    int what;
    bool added;
};

static void finish(struct rest *rest, CURLMsg *message);

static void collect(struct rest *rest)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(rest->multi, &left)))
        if (message->msg == CURLMSG_DONE)
            finish(rest, message);
}

static void on_socket(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest *rest = ((struct watch *)argument)->rest;
    int action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(rest->multi, descriptor, action, &running);
    collect(rest);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest *rest = argument;
    int running;

    (void)descriptor;
    (void)what;
    curl_multi_socket_action(rest->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(rest);
}

static void forget_socket(struct rest *rest, curl_socket_t descriptor, struct watch *watch)
{
    if (!watch)
        return;
    if (watch->added)
        event_del(&watch->event);
    curl_multi_assign(rest->multi, descriptor, NULL);
    free(watch);
}

/* CURLMOPT_SOCKETFUNCTION: libcurl tells what it waits for. Never fails: -1 would kill the multi
 * handle with all its transfers; one that cannot be watched ends by its own time-out. */
static int watch_socket(CURL *easy, curl_socket_t descriptor, int what, void *argument,
                        void *socket_argument)
{
    struct rest *rest = argument;
    struct watch *watch = socket_argument;
    short events = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        forget_socket(rest, descriptor, watch);
        return 0;
    }
    if (!watch) {
        watch = calloc(1, sizeof *watch);
        if (!watch)
            return 0;
        watch->rest = rest;
        curl_multi_assign(rest->multi, descriptor, watch);
    }
    if (watch->added)
        event_del(&watch->event);
    watch->added = event_assign(&watch->event, rest->base, descriptor, events, on_socket, watch) == 0 &&
                   event_add(&watch->event, NULL) == 0;
    return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int set_timer(CURLM *multi, long milliseconds, void *argument)
{
    struct rest *rest = argument;
    struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

    (void)multi;
    if (milliseconds < 0)
        event_del(rest->timer);
    else
        event_add(rest->timer, &delay);
    return 0;
}

/* CURLOPT_WRITEFUNCTION; taking less than was given ends the transfer. */
static size_t take_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct rest_exchange *exchange = argument;

    buffer_append(&exchange->body, bytes, size * count);
    return buffer_status(&exchange->body) == BUFFER_OK ? size * count : 0;
}

static void free_exchange(struct rest_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    buffer_free(&exchange->url);
    buffer_free(&exchange->form);
    buffer_free(&exchange->body);
    free(exchange);
}

static struct rest_exchange *new_exchange(struct rest *rest)
{
    struct rest_exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return NULL;
    exchange->rest = rest;
    buffer_init(&exchange->url, REST_PATH_LIMIT + 512);
    buffer_init(&exchange->form, REST_REPLY_LIMIT);
    exchange->easy = curl_easy_init();
    if (exchange->easy && resthandle_prepare(exchange->easy, rest->config, rest->headers) &&
        curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK)
        return exchange;
    free_exchange(exchange);
    return NULL;
}

/* Takes it out of libcurl's hands; keeps the handle with its options for the next one,
 * unless this one had options of its own. */
static void put_away(struct rest_exchange *exchange)
{
    struct rest *rest = exchange->rest;

    curl_multi_remove_handle(rest->multi, exchange->easy);
    TAILQ_REMOVE(&rest->under_way, exchange, entry);
    if (exchange->used_up)
        free_exchange(exchange);
    else
        TAILQ_INSERT_HEAD(&rest->spare, exchange, entry);
}

static void finish(struct rest *rest, CURLMsg *message)
{
    struct rest_exchange *exchange = NULL;
    struct rest_result result;
    rest_done_fn *done;
    void *argument;

    (void)rest;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
    resthandle_read(&result, exchange->easy, message->data.result,
                    buffer_status(&exchange->body) == BUFFER_TOO_LARGE);
    result.body = buffer_string(&exchange->body);
    result.body_length = exchange->body.length;
    result.elapsed_us = clock_monotonic_us() - exchange->started_us;
    done = exchange->done;
    argument = exchange->argument;
    exchange->done = NULL;
    /* libcurl is done with the handle before the callback, which may start another exchange; its
     * body and headers are read by then and live on in `exchange` until after it. */
    curl_multi_remove_handle(exchange->rest->multi, exchange->easy);
    if (done)
        done(argument, &result);
    put_away(exchange);
}

static bool apply_order(struct rest_exchange *exchange, const struct rest_order *order)
{
    CURL *easy = exchange->easy;
    const struct config *config = exchange->rest->config;

    buffer_clear(&exchange->url);
    buffer_clear(&exchange->form);
    buffer_clear(&exchange->body);
    exchange->body.ceiling = order->reply_limit;
    buffer_append_string(&exchange->url, order->origin ? order->origin : config->api_url);
    buffer_append_string(&exchange->url, order->path);
    buffer_append_string(&exchange->form, order->form ? order->form : "");
    if (buffer_status(&exchange->url) != BUFFER_OK || buffer_status(&exchange->form) != BUFFER_OK)
        return false;
    if (order->header) {
        exchange->headers = resthandle_headers(order->header);
        if (!exchange->headers ||
            curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers) != CURLE_OK)
            return false;
    }
    exchange->used_up = order->anonymous || order->user || order->header;
    return resthandle_set_request(easy, order, exchange->url.data, &exchange->form);
}

static bool prepare_multi(struct rest *rest)
{
    CURLM *multi = rest->multi;

    /* One connection for each join that may be under way, kept for the next. */
    return curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)rest->config->max_pending) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, rest) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, rest) == CURLM_OK;
}

/* libcurl starts with the first exchange: under CGI most requests need none, and its start costs
 * more than all else they do. */
static bool start_libcurl(struct rest *rest)
{
    if (rest->multi)
        return true;
    if (!rest->initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    rest->initialised = true;
    if (!rest->timer)
        rest->timer = evtimer_new(rest->base, on_timer, rest);
    if (!rest->headers)
        rest->headers = resthandle_headers(NULL);
    if (!rest->timer || !rest->headers)
        return false;
    rest->multi = curl_multi_init();
    if (rest->multi && prepare_multi(rest))
        return true;
    curl_multi_cleanup(rest->multi);
    rest->multi = NULL;
    return false;
}

struct rest_exchange *rest_start(struct rest *rest, const struct rest_order *order,
                                 rest_done_fn *done, void *argument)
{
    struct rest_exchange *exchange;

    if (!start_libcurl(rest))
        return NULL;
    exchange = TAILQ_FIRST(&rest->spare);
    if (exchange)
        TAILQ_REMOVE(&rest->spare, exchange, entry);
    else
        exchange = new_exchange(rest);
    if (!exchange)
        return NULL;
    exchange->done = done;
    exchange->argument = argument;
    exchange->started_us = clock_monotonic_us();
    if (!apply_order(exchange, order) ||
        curl_multi_add_handle(rest->multi, exchange->easy) != CURLM_OK) {
        free_exchange(exchange);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&rest->under_way, exchange, entry);
    return exchange;
}

void rest_cancel(struct rest_exchange *exchange)
{
    put_away(exchange);
}

static void ignore_result(void *argument, const struct rest_result *result)
{
    (void)argument;
    (void)result;
}

void rest_preconnect(struct rest *rest)
{
    struct rest_order order = {
        .method = REST_HEAD,
        .path = "/",
        .timeout_ms = (int64_t)rest->config->deadline_ms,
        .reply_limit = REST_REPLY_LIMIT,
        .anonymous = true,
    };

    rest_start(rest, &order, ignore_result, NULL);
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

static void free_queue(struct exchange_queue *queue)
{
    struct rest_exchange *exchange;

    while ((exchange = TAILQ_FIRST(queue))) {
        TAILQ_REMOVE(queue, exchange, entry);
        free_exchange(exchange);
    }
}

void rest_free(struct rest *rest)
{
    if (!rest)
        return;
    while (!TAILQ_EMPTY(&rest->under_way))
        put_away(TAILQ_FIRST(&rest->under_way));
    free_queue(&rest->spare);
    curl_multi_cleanup(rest->multi);
    curl_slist_free_all(rest->headers);
    if (rest->timer)
        event_free(rest->timer);
    if (rest->initialised)
        curl_global_cleanup();
    free(rest);
}
