#include "build.h"

#include "twilio/rest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "support/buffer.h"
#include "support/clock.h"
#include "support/origin.h"
#include "twilio/rest_handle.h"
#include "twilio/rest_loop.h"

#ifndef REST_CLOSE_AFTER_IDLE_S     /* shorter for a test */
#define REST_CLOSE_AFTER_IDLE_S 120 /* libcurl does not use connections again that idled for 118 */
#endif

struct rest_exchange {
    TAILQ_ENTRY(rest_exchange) entry;
    struct rest *rest;
    CURL *easy;
    struct curl_slist *headers; /* only if the request asks for others than all have */
    struct buffer target;
    struct buffer form;
    struct buffer body;
    bool used_up; /* its handle has options of its own and is not used again */
    bool connected; /* its request may be on the way */
    int64_t started_us;
    rest_done_fn *done;
    void *argument;
};

TAILQ_HEAD(exchange_queue, rest_exchange);

struct rest {
    const struct config *config;
    struct event_base *base;
    bool initialised;        /* curl_global_init() was called */
    bool whole_urls;         /* as a proxy wants them for http:// */
    struct curl_slist *headers;
    CURLSH *share;           /* TLS sessions, so that a new connection need not begin from nothing */
    struct rest_loop *loop;   /* NULL until the first exchange, and after idling */
    struct event *idle;
    int64_t used_us;         /* when an exchange ended last */
    struct exchange_queue under_way;
    struct exchange_queue spare; /* with their handles, the last used first */
};

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
    rest_handle_free_headers(exchange->headers);
    buffer_free(&exchange->target);
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
    buffer_init(&exchange->target, REST_PATH_LIMIT + 512);
    buffer_init(&exchange->form, REST_REPLY_LIMIT);
    exchange->easy = curl_easy_init();
    if (exchange->easy && rest_handle_prepare(exchange->easy, rest->config, rest->headers) &&
        rest_handle_tell(exchange->easy, &exchange->connected) &&
        curl_easy_setopt(exchange->easy, CURLOPT_SHARE, rest->share) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
        curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange) == CURLE_OK)
        return exchange;
    free_exchange(exchange);
    return NULL;
}

/* Keeps the handle with its options for the next one, unless this one had options of its own. */
static void put_away(struct rest_exchange *exchange)
{
    struct rest *rest = exchange->rest;

    TAILQ_REMOVE(&rest->under_way, exchange, entry);
    rest->used_us = clock_monotonic_us();
    if (exchange->used_up)
        free_exchange(exchange);
    else
        TAILQ_INSERT_HEAD(&rest->spare, exchange, entry);
}

/* The callback may start another exchange; body and headers live on in `exchange` until after it. */
static void finish(void *argument, CURL *easy, CURLcode code)
{
    struct rest_exchange *exchange = NULL;
    struct rest_result result;

    (void)argument;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange);
    rest_handle_read(&result, easy, code, buffer_status(&exchange->body) == BUFFER_TOO_LARGE,
                    exchange->connected);
    result.body = buffer_string(&exchange->body);
    result.body_length = exchange->body.length;
    result.elapsed_us = clock_monotonic_us() - exchange->started_us;
    exchange->done(exchange->argument, &result);
    put_away(exchange);
}

static void free_queue(struct exchange_queue *queue)
{
    struct rest_exchange *exchange;

    while ((exchange = TAILQ_FIRST(queue))) {
        TAILQ_REMOVE(queue, exchange, entry);
        free_exchange(exchange);
    }
}

/* What a burst needed is given back once nobody has called for so long that no connection of it
 * would be used again. */
static void on_idle(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest *rest = argument;
    int64_t idle_s = (clock_monotonic_us() - rest->used_us) / 1000000;
    struct timeval delay = {.tv_sec = REST_CLOSE_AFTER_IDLE_S};

    (void)descriptor;
    (void)what;
    if (TAILQ_EMPTY(&rest->under_way) && idle_s >= REST_CLOSE_AFTER_IDLE_S) {
        free_queue(&rest->spare);
        rest_loop_free(rest->loop);
        rest->loop = NULL;
        return;
    }
    if (TAILQ_EMPTY(&rest->under_way))
        delay.tv_sec -= (time_t)idle_s;
    event_add(rest->idle, &delay);
}

/* With an API key it, otherwise the account itself (Twilio, "REST API best practices"). */
static struct curl_slist *own_headers(const struct config *config, const char *additional)
{
    return rest_handle_headers(config->api_key ? config->api_key : config->account_sid,
                           config->api_key ? config->api_secret : config->auth_token, additional);
}

static bool set_headers(struct rest_exchange *exchange, const struct rest_request *request)
{
    bool added = true;

    if (!request->anonymous && !request->user && !request->header && !request->json)
        return true;
    if (request->anonymous)
        exchange->headers = rest_handle_headers(NULL, NULL, request->header);
    else if (request->user)
        exchange->headers = rest_handle_headers(request->user, request->password, request->header);
    else
        exchange->headers = own_headers(exchange->rest->config, request->header);
    exchange->used_up = true;
    if (exchange->headers && request->json)
        added = rest_handle_add_header(&exchange->headers, "Content-Type: application/json");
    return exchange->headers && added && rest_handle_set_headers(exchange->easy, exchange->headers);
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
static bool is_twilio(const struct config *config, const char *url)
{
    static const char domain[] = ".twilio.com";
    struct origin origin;

    if (!origin_parse(&origin, url, strlen(url)))
        return false;
    if (is_configured(config, &origin))
        return true;
    return origin.https && origin.userinfo_length == 0 && origin.host_length > sizeof domain - 1 &&
           strncasecmp(origin.host + origin.host_length - (sizeof domain - 1), domain,
                       sizeof domain - 1) == 0;
}

static bool set_target(struct rest_exchange *exchange, const struct rest_request *request)
{
    struct rest *rest = exchange->rest;
    bool whole = request->origin || rest->whole_urls;

    buffer_clear(&exchange->target);
    if (whole)
        buffer_append_string(&exchange->target, request->origin ? request->origin : rest->config->api_url);
    buffer_append_string(&exchange->target, request->path);
    if (buffer_status(&exchange->target) != BUFFER_OK)
        return false;
    if (request->origin && !request->anonymous && !is_twilio(rest->config, request->origin))
        return false;
    exchange->used_up = exchange->used_up || request->origin;
    /* What the settings have over http is on this machine. */
    return whole ? rest_handle_set_url(exchange->easy, exchange->target.data, request->origin)
                 : rest_handle_set_target(exchange->easy, exchange->target.data);
}

static bool apply_request(struct rest_exchange *exchange, const struct rest_request *request)
{
    buffer_clear(&exchange->form);
    buffer_clear(&exchange->body);
    exchange->body.ceiling = request->reply_limit;
    buffer_append_string(&exchange->form, request->form ? request->form : "");
    return buffer_status(&exchange->form) == BUFFER_OK && set_headers(exchange, request) &&
           set_target(exchange, request) &&
           rest_handle_set_request(exchange->easy, request, &exchange->form);
}

static bool share_sessions(struct rest *rest)
{
    if (!rest->share)
        rest->share = curl_share_init();
    return rest->share && curl_share_setopt(rest->share, CURLSHOPT_SHARE,
                                            CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

/* libcurl starts with the first exchange: under CGI most requests need none, and its start costs
 * more than all else they do. */
static bool start_libcurl(struct rest *rest)
{
    const struct timeval delay = {.tv_sec = REST_CLOSE_AFTER_IDLE_S};

    if (rest->loop)
        return true;
    if (!rest->initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    rest->initialised = true;
    if (!rest->idle)
        rest->idle = evtimer_new(rest->base, on_idle, rest);
    if (!rest->headers)
        rest->headers = own_headers(rest->config, NULL);
    if (!rest->idle || !rest->headers || !share_sessions(rest))
        return false;
    if (event_add(rest->idle, &delay) != 0)
        return false;
    /* One connection for each join that may be under way, kept for the next. */
    rest->loop = rest_loop_new(rest->base, (long)rest->config->max_pending, finish, rest);
    return rest->loop != NULL;
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

struct rest_exchange *rest_start(struct rest *rest, const struct rest_request *request,
                                 rest_done_fn *done, void *argument)
{
    struct rest_exchange *exchange;

    if (!start_libcurl(rest))
        return NULL;
    exchange = take_exchange(rest);
    if (!exchange)
        return NULL;
    exchange->done = done;
    exchange->argument = argument;
    exchange->connected = false;
    exchange->started_us = clock_monotonic_us();
    if (!rest_loop_prepare(rest->loop, exchange->easy) || !apply_request(exchange, request) ||
        !rest_loop_add(rest->loop, exchange->easy)) {
        free_exchange(exchange);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&rest->under_way, exchange, entry);
    return exchange;
}

void rest_cancel(struct rest_exchange *exchange)
{
    rest_loop_remove(exchange->rest->loop, exchange->easy);
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

/* An http:// API behind a proxy is asked for by whole URLs (RFC 9112, 3.2.2). */
static bool needs_whole_urls(const struct config *config)
{
    struct origin origin;

    return config->proxy && origin_parse(&origin, config->api_url, strlen(config->api_url)) &&
           !origin.https;
}

struct rest *rest_new(const struct config *config, struct event_base *base)
{
    struct rest *rest = calloc(1, sizeof *rest);

    if (!rest)
        return NULL;
    rest->config = config;
    rest->base = base;
    rest->whole_urls = needs_whole_urls(config);
    TAILQ_INIT(&rest->under_way);
    TAILQ_INIT(&rest->spare);
    return rest;
}

void rest_free(struct rest *rest)
{
    if (!rest)
        return;
    while (!TAILQ_EMPTY(&rest->under_way))
        rest_cancel(TAILQ_FIRST(&rest->under_way));
    free_queue(&rest->spare);
    rest_loop_free(rest->loop);
    curl_share_cleanup(rest->share);
    rest_handle_free_headers(rest->headers);
    if (rest->idle)
        event_free(rest->idle);
    if (rest->initialised)
        curl_global_cleanup();
    free(rest);
}
