/* twilio/rest and twilio/rest_handle: what is sent, what is read, and what is made of trouble. */
#include "build.h"

#include "cases.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/api_server.h"
#include "support/clock.h"
#include "twilio/rest.h"

#define S(status, body) {status, body, NULL, API_SERVER_ANSWERS}

enum { TIMEOUT_MS = 2000 };

static struct {
    struct event_base *base;
    struct config config;
    char api_url[API_SERVER_URL_SIZE];
    struct rest *rest;
    unsigned done;
    struct rest_result result;
    char body[2048], date[64];
} world;

static char webhooks_api[] = "http://127.0.0.1:11", events_api[] = "http://127.0.0.1:12";
static void begin(const struct api_server_step *script)
{
    memset(&world, 0, sizeof world);
    api_server_open(&world.base, &world.config, world.api_url, script);
    world.config.webhooks_api_url = webhooks_api;
    world.config.events_api_url = events_api;
}

static void open_rest(void)
{
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
}

static void end(void)
{
    rest_free(world.rest);
    api_server_close(world.base);
}

static void on_done(void *argument, const struct rest_result *result)
{
    assert_ptr_equal(argument, &world);
    world.done++;
    world.result = *result;
    snprintf(world.body, sizeof world.body, "%s", result->body);
    snprintf(world.date, sizeof world.date, "%s", result->date);
    event_base_loopbreak(world.base);
}

static void exchange(const struct rest_request *order)
{
    unsigned before = world.done;

    assert_non_null(rest_start(world.rest, order, on_done, &world));
    assert_int_equal(world.done, before); /* never before it returns */
    event_base_dispatch(world.base);
    assert_int_equal(world.done, before + 1);
}

static bool front_heard;

static void on_front(evutil_socket_t descriptor, short what, void *argument)
{
    char byte;

    (void)what;
    (void)argument;
    front_heard = read(descriptor, &byte, 1) == 1;
    event_base_loopbreak(world.base);
}

static const struct rest_request get = {
    .method = REST_GET, .path = "/v1/x", .timeout_ms = TIMEOUT_MS, .reply_limit = REST_REPLY_LIMIT};

static void a_post_carries_form_credentials_and_no_surprises(void **state)
{
    static const struct api_server_step script[] = {S(201, "{\"sid\":\"MB1\"}"), {0}};
    const struct rest_request order = {.method = REST_POST, .path = "/v1/Participants",
                                     .form = "Identity=bot%20%26%20co", .timeout_ms = TIMEOUT_MS,
                                     .reply_limit = REST_REPLY_LIMIT};
    const struct api_server_request *request;

    (void)state;
    begin(script);
    request = &api_server.requests[0];
    open_rest();
    exchange(&order);
    assert_int_equal(world.result.status, REST_OK);
    assert_int_equal(world.result.http_status, 201);
    assert_string_equal(world.body, "{\"sid\":\"MB1\"}");
    assert_int_equal(world.result.body_length, 13);
    assert_string_equal(request->method, "POST");
    assert_string_equal(request->path, "/v1/Participants");
    assert_string_equal(request->body, "Identity=bot%20%26%20co");
    assert_string_equal(api_server_header(request, "Content-Type"),
        "application/x-www-form-urlencoded");
    /* base64 of account:token */
    assert_string_equal(api_server_header(request, "Authorization"),
                        "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbg==");
    assert_string_equal(api_server_header(request, "Accept"), "application/json");
    assert_non_null(strstr(api_server_header(request, "User-Agent"), "twilio-autojoin/"));
    assert_null(api_server_header(request,
        "X-Twilio-Webhook-Enabled")); /* our own add must not echo */
    end();
}

static void an_api_key_is_preferred_to_the_account(void **state)
{
    static const struct api_server_step script[] = {S(200, "{}"), {0}};
    char key[] = "SK1", secret[] = "s";

    (void)state;
    begin(script);
    world.config.api_key = key;
    world.config.api_secret = secret;
    open_rest();
    exchange(&get);
    assert_string_equal(api_server_header(&api_server.requests[0], "Authorization"),
        "Basic U0sxOnM=");
    end();
}

static void a_large_form_is_sent_whole(void **state)
{
    static const struct api_server_step script[] = {S(201, "{}"), {0}};
    char form[4000];
    struct rest_request order = {.method = REST_POST, .path = "/p", .form = form,
                               .timeout_ms = TIMEOUT_MS, .reply_limit = REST_REPLY_LIMIT};

    (void)state;
    memset(form, 'a', sizeof form - 1);
    form[sizeof form - 1] = '\0';
    begin(script);
    open_rest();
    exchange(&order);
    assert_string_equal(api_server.requests[0].body, form);
    end();
}

static const struct method {
    const char *name;
    struct rest_request order;
    const char *method;
    bool authorized;
} methods[] = {
    {"GET", {.method = REST_GET, .path = "/a"}, "GET", true},
    {"DELETE", {.method = REST_DELETE, .path = "/a"}, "DELETE", true},
    {"HEAD", {.method = REST_HEAD, .path = "/a"}, "HEAD", true},
    {"POST without a form", {.method = REST_POST, .path = "/a"}, "POST", true},
    {"PATCH", {.method = REST_PATCH, .path = "/a"}, "PATCH", true},
    {"anonymous", {.method = REST_GET, .path = "/a", .anonymous = true}, "GET", false},
};

/* On the same handle and connection after each other, nothing of one may stick to the next. */
static void a_method_is_sent_and_forgotten(void **state)
{
    static const struct api_server_step script[] = {S(200, ""), S(201, ""), S(200, ""),
                                                   {0}};
    const struct method *row = *state;
    struct rest_request order = row->order, post = get;

    order.timeout_ms = TIMEOUT_MS;
    order.reply_limit = REST_REPLY_LIMIT;
    post.method = REST_POST;
    post.form = "A=1";
    begin(script);
    open_rest();
    exchange(&order);
    exchange(&post);
    exchange(&get);
    assert_string_equal(api_server.requests[0].method, row->method);
    assert_string_equal(api_server.requests[0].body, "");
    assert_int_equal(api_server_header(&api_server.requests[0], "Authorization") != NULL,
        row->authorized);
    assert_string_equal(api_server.requests[1].method, "POST");
    assert_string_equal(api_server.requests[1].body, "A=1");
    assert_non_null(api_server_header(&api_server.requests[1], "Authorization"));
    assert_string_equal(api_server.requests[2].method, "GET");
    assert_null(api_server_header(&api_server.requests[2], "Content-Type"));
    assert_non_null(api_server_header(&api_server.requests[2], "Authorization"));
    end();
}

static void a_header_is_added_once(void **state)
{
    static const struct api_server_step script[] = {S(200, ""), S(200, ""), {0}};
    struct rest_request order = get;

    (void)state;
    order.header = "X-Probe: 1";
    begin(script);
    open_rest();
    exchange(&order);
    exchange(&get);
    assert_string_equal(api_server_header(&api_server.requests[0], "X-Probe"), "1");
    assert_string_equal(api_server_header(&api_server.requests[0], "Accept"), "application/json");
    assert_null(api_server_header(&api_server.requests[1], "X-Probe"));
    end();
}

/* The Webhooks configuration API takes JSON alone. */
static void a_body_of_json_is_called_that_and_the_next_form_a_form(void **state)
{
    static const struct api_server_step script[] = {S(202, "{}"), S(201, "{}"), {0}};
    struct rest_request order = {.method = REST_PATCH, .path = "/p", .form = "{\"a\":1}", .json = true,
                                 .header = "Idempotency-Key: k", .timeout_ms = TIMEOUT_MS,
                                 .reply_limit = REST_REPLY_LIMIT};
    struct rest_request post = {.method = REST_POST, .path = "/p", .form = "A=1",
                                .timeout_ms = TIMEOUT_MS, .reply_limit = REST_REPLY_LIMIT};

    (void)state;
    begin(script);
    open_rest();
    exchange(&order);
    exchange(&post);
    assert_string_equal(api_server.requests[0].method, "PATCH");
    assert_string_equal(api_server.requests[0].body, "{\"a\":1}");
    assert_string_equal(api_server_header(&api_server.requests[0], "Content-Type"), "application/json");
    assert_string_equal(api_server_header(&api_server.requests[0], "Idempotency-Key"), "k");
    assert_non_null(api_server_header(&api_server.requests[0], "Authorization"));
    assert_string_equal(api_server.requests[1].method, "POST");
    assert_string_equal(api_server_header(&api_server.requests[1], "Content-Type"),
                        "application/x-www-form-urlencoded");
    end();
}

static const struct path {
    const char *name;
    const char *path;
} paths[] = {
    {"an escaped slash", "/v1/Participants/a%2Fb"},
    {"dots", "/v1/Participants/.%2E/x"},
    {"path navigation is not done for us", "/v1/a/../b/./c"},
    {"a query", "/v1/Conversations?State=active&PageSize=100"},
};

static void a_path_is_sent_as_it_is(void **state)
{
    static const struct api_server_step script[] = {S(200, ""), {0}};
    const struct path *row = *state;
    struct rest_request order = get;

    order.path = row->path;
    begin(script);
    open_rest();
    exchange(&order);
    assert_string_equal(api_server.requests[0].path, row->path);
    end();
}

static const struct no_target {
    const char *name;
    const char *path;
} no_targets[] = {
    {"a line break", "/v1/x HTTP/1.1\r\nX: 1"},
    {"a blank", "/v1/x y"},
    {"a byte that is not ASCII", "/v1/\xc3\xa9"},
    {"no slash in front", "v1/x"},
};

static void what_is_no_target_is_not_sent(void **state)
{
    static const struct api_server_step script[] = {{0}};
    const struct no_target *row = *state;
    struct rest_request order = get;

    order.path = row->path;
    begin(script);
    open_rest();
    assert_null(rest_start(world.rest, &order, on_done, &world));
    end();
}

static const struct origin_row {
    const char *name;
    const char *origin;
    bool started;
} origins[] = {
    {"Twilio", "https://chat.twilio.com", true},
    {"somebody else", "https://example.com", false},
    {"who ends alike", "https://eviltwilio.com", false},
    {"nobody", "https://.twilio.com", false},
    {"Twilio in the clear", "http://chat.twilio.com", false},
    {"Twilio as userinfo", "https://chat.twilio.com@example.com", false},
    {"where the settings have the Webhooks API", "http://127.0.0.1:11", true},
    {"where the settings have the Events API", "http://127.0.0.1:12", true},
    {"a neighbour of theirs", "http://127.0.0.1:13", false},
};

static void credentials_go_to_twilio_only(void **state)
{
    static const struct api_server_step script[] = {{0}};
    const struct origin_row *row = *state;
    struct rest_request order = get;
    struct rest_exchange *exchange;

    order.origin = row->origin;
    begin(script);
    open_rest();
    exchange = rest_start(world.rest, &order, on_done, &world);
    assert_int_equal(exchange != NULL, row->started);
    if (exchange)
        rest_cancel(exchange);
    end();
}

static const struct reading {
    const char *name;
    const char *headers;
    const char *request_id;
    int64_t retry_after_s;
    const char *date;
} readings[] = {
    {"nothing", NULL, "", -1, ""},
    {"a request id", "Twilio-Request-Id: RQ0123\r\n", "RQ0123", -1, ""},
    {"a request id in another case", "twilio-request-id: RQ0123\r\n", "RQ0123", -1, ""},
    {"an endless request id",
     "Twilio-Request-Id: RQ01234567890123456789012345678901234567890123456789"
     "0123456789012345678901\r\n",
     "RQ0123456789012345678901234567890123456789012345678901234567890", -1, ""},
    {"a request id with a blank", "Twilio-Request-Id: RQ1 level=error\r\n", "RQ1", -1, ""},
    {"a request id with an escape", "Twilio-Request-Id: RQ\x1b[2J\r\n", "RQ", -1, ""},
    {"seconds to wait", "Retry-After: 3\r\n", "", 3, ""},
    {"no time to wait", "Retry-After: 0\r\n", "", -1, ""},
    {"seven hours to wait", "Retry-After: 25200\r\n", "", 25200, ""},
    {"more than a day to wait", "Retry-After: 99999999999999999999999\r\n", "", 86400, ""},
    {"a date long gone", "Retry-After: Tue, 01 Sep 2015 08:00:00 GMT\r\n", "", -1, ""},
    {"a date far ahead", "Retry-After: Thu, 01 Jan 2037 08:00:00 GMT\r\n", "", 86400, ""},
    {"less than no time", "Retry-After: -3\r\n", "", -1, ""},
    {"nothing that can be read", "Retry-After: soon\r\n", "", -1, ""},
    {"a date", "Date: Tue, 01 Sep 2026 08:00:00 GMT\r\n", "", -1, "Tue, 01 Sep 2026 08:00:00 GMT"},
};

static void headers_are_read(void **state)
{
    const struct reading *row = *state;
    const struct api_server_step script[] = {{429, "", row->headers, 0}, {0}};

    begin(script);
    open_rest();
    exchange(&get);
    assert_int_equal(world.result.http_status, 429);
    assert_string_equal(world.result.request_id, row->request_id);
    assert_int_equal(world.result.retry_after_s, row->retry_after_s);
    assert_string_equal(world.date, row->date);
    end();
}

static const struct trouble {
    const char *name;
    struct api_server_step step;
    enum rest_status status;
} troubles[] = {
    {"the connection is cut", {200, "", NULL, API_SERVER_CUTS}, REST_UNREACHABLE},
    {"the reply is cut short", {200, "{\"sid\"", NULL, API_SERVER_CUTS_SHORT}, REST_BAD_REPLY},
    {"the reply is too large", {200, "", NULL, API_SERVER_FLOODS}, REST_TOO_LARGE},
    {"it is not HTTP", {200, "hello\r\n", NULL, API_SERVER_BABBLES}, REST_BAD_REPLY},
    {"no answer in time", {200, "", NULL, API_SERVER_HANGS}, REST_TIMEOUT},
};

static void trouble_is_told_apart(void **state)
{
    const struct trouble *row = *state;
    const struct api_server_step script[] = {row->step, S(200, "fine"), {0}};
    struct rest_request order = get;

    order.timeout_ms = 300;
    begin(script);
    open_rest();
    exchange(&order);
    assert_int_equal(world.result.status, row->status);
    assert_non_null(world.result.reason);
    exchange(&get); /* and the next one is not harmed */
    assert_int_equal(world.result.status, REST_OK);
    assert_string_equal(world.body, "fine");
    end();
}

static void a_time_out_is_kept_to_a_tick_of_the_clock(void **state)
{
    static const struct api_server_step script[] = {{200, "", NULL, API_SERVER_HANGS}, {0}};
    struct rest_request order = get;
    int64_t begun = clock_monotonic_ms();

    (void)state;
    order.timeout_ms = 250;
    begin(script);
    open_rest();
    exchange(&order);
    /* libevent's timers go by CLOCK_MONOTONIC_COARSE, which is behind by up to a tick: 4 ms with HZ=250. */
    assert_in_range(clock_monotonic_ms() - begun, 250 - 4, 450);
    assert_in_range(world.result.elapsed_us, 250000 - 4000, 450000);
    end();
}

static void nobody_listening_is_unreachable(void **state)
{
    static const struct api_server_step script[] = {{0}};

    (void)state;
    begin(script);
    api_server_end(); /* its port is free now */
    open_rest();
    exchange(&get);
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    assert_int_equal(world.result.http_status, 0);
    end();
}

/* A server that speaks no TLS is not proved to be Twilio: nothing may be sent to it. */
static void without_tls_nothing_is_sent_to_an_https_address(void **state)
{
    static const struct api_server_step script[] = {S(200, ""), {0}};

    (void)state;
    begin(script);
    world.config.connect_timeout_ms = 200;
    snprintf(world.api_url, sizeof world.api_url, "https://127.0.0.1:%u", api_server.port);
    open_rest();
    exchange(&get);
    assert_int_equal(api_server.count, 0);
    assert_int_equal(world.result.http_status, 0);
    assert_int_not_equal(world.result.status, REST_OK);
    end();
}

static void a_redirect_is_not_followed(void **state)
{
    char location[128];
    struct api_server_step script[] = {{302, "", location, 0}, S(200, "followed"), {0}};

    (void)state;
    begin(script);
    snprintf(location, sizeof location, "Location: http://127.0.0.1:%u/elsewhere\r\n",
        api_server.port);
    open_rest();
    exchange(&get);
    assert_int_equal(world.result.http_status, 302);
    assert_int_equal(api_server.count, 1);
    end();
}

static void connections_are_kept(void **state)
{
    static const struct api_server_step script[] = {S(200, ""), S(404, ""), S(503, ""),
                                                   S(200, ""), {0}};
    unsigned i;

    (void)state;
    begin(script);
    open_rest();
    for (i = 0; i < 4; i++)
        exchange(&get);
    assert_int_equal(api_server.count, 4);
    assert_int_equal(api_server.connections, 1);
    end();
}

static bool turn_until(const unsigned *value, unsigned wanted)
{
    int64_t until = clock_monotonic_ms() + 2000;
    static const struct timeval tick = {.tv_usec = 5000};

    while (*value < wanted && clock_monotonic_ms() < until) {
        event_base_loopexit(world.base, &tick);
        event_base_dispatch(world.base);
    }
    return *value >= wanted;
}

static void preconnect_opens_the_connection_of_the_first_exchange(void **state)
{
    static const struct api_server_step script[] = {S(404, ""), S(200, ""), {0}};
    unsigned i;

    (void)state;
    begin(script);
    open_rest();
    rest_preconnect(world.rest);
    assert_true(turn_until(&api_server.sent, 1));
    for (i = 0; i < 10; i++) /* and is taken */
        event_base_loop(world.base, EVLOOP_NONBLOCK);
    assert_null(api_server_header(&api_server.requests[0], "Authorization"));
    exchange(&get);
    assert_int_equal(api_server.connections, 1);
    end();
}

static void many_are_under_way_at_once(void **state)
{
    static const struct api_server_step script[] = {
        {200, "", NULL, API_SERVER_HANGS}, S(200, ""), S(200, ""), S(200, ""), {0}};
    struct rest_request slow = get;
    unsigned i;

    (void)state;
    slow.timeout_ms = 400;
    begin(script);
    open_rest();
    assert_non_null(rest_start(world.rest, &slow, on_done, &world));
    assert_true(turn_until(&api_server.count, 1));
    for (i = 0; i < 3; i++)
        exchange(&get); /* while the first one hangs */
    assert_int_equal(world.result.status, REST_OK);
    event_base_dispatch(world.base);
    assert_int_equal(world.done, 4);
    assert_int_equal(world.result.status, REST_TIMEOUT);
    end();
}

static void a_cancelled_exchange_calls_nobody(void **state)
{
    static const struct api_server_step script[] = {{200, "", NULL, API_SERVER_HANGS},
        S(200, "next"), {0}};
    struct rest_exchange *hanging;

    (void)state;
    begin(script);
    open_rest();
    hanging = rest_start(world.rest, &get, on_done, &world);
    assert_true(turn_until(&api_server.count, 1));
    rest_cancel(hanging);
    exchange(&get);
    assert_int_equal(world.done, 1);
    assert_string_equal(world.body, "next");
    end();
}

static void what_is_under_way_at_the_end_calls_nobody(void **state)
{
    static const struct api_server_step script[] = {{200, "", NULL, API_SERVER_HANGS}, {0}};

    (void)state;
    begin(script);
    open_rest();
    rest_start(world.rest, &get, on_done, &world);
    assert_true(turn_until(&api_server.count, 1));
    end();
    assert_int_equal(world.done, 0);
}

/* libcurl closes a socket that is still connecting without a word; its number comes again. */
static void a_socket_closed_while_connecting_makes_no_later_one_deaf(void **state)
{
    static const struct api_server_step script[] = {{0}};
    struct rest_request order = {.method = REST_GET, .path = "/v1/x", .timeout_ms = TIMEOUT_MS,
                               .reply_limit = REST_REPLY_LIMIT, .anonymous = true};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), pairs[6];
    char full[64];
    unsigned i;

    (void)state;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    for (i = 0; i < 3; i++) /* nobody else gets an answer from it; far from the numbers that come again */
        connect(fcntl(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), F_DUPFD, 300),
                (struct sockaddr *)&address, sizeof address);
    snprintf(full, sizeof full, "http://127.0.0.1:%u", ntohs(address.sin_port));
    begin(script);
    world.config.connect_timeout_ms = 300;
    open_rest();
    order.origin = full;
    exchange(&order);
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    order.origin = "http://no-such-host.invalid"; /* a resolver's sockets take the number */
    exchange(&order);
    for (i = 0; i < 6; i += 2)
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs + i), 0);
    for (i = 0; i < 6; i++) {
        struct timeval limit = {.tv_sec = 1};
        struct event *event = event_new(world.base, pairs[i], EV_READ | EV_ET, on_front, NULL);

        assert_int_equal(event_add(event, NULL), 0);
        assert_int_equal(write(pairs[i ^ 1], "x", 1), 1);
        front_heard = false;
        event_base_loopexit(world.base, &limit);
        event_base_dispatch(world.base);
        assert_true(front_heard);
        event_free(event);
    }
    end();
}

/* nginx passes a Proxy: header on as HTTP_PROXY; no such variable is heeded. */
static void no_proxy_variable_is_heeded(void **state)
{
    static const struct api_server_step script[] = {S(200, "direct"), {0}};
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                        "all_proxy", "ALL_PROXY"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    begin(script);
    open_rest();
    exchange(&get);
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    assert_int_equal(world.result.status, REST_OK);
    assert_string_equal(world.body, "direct");
    end();
}

static void the_configured_proxy_is_used(void **state)
{
    static const struct api_server_step script[] = {S(200, "by proxy"), {0}};
    char proxy[64], api_url[] = "http://127.0.0.9:1";

    (void)state;
    begin(script);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", api_server.port);
    world.config.proxy = proxy;
    world.config.api_url = api_url;
    open_rest();
    exchange(&get);
    assert_string_equal(world.body, "by proxy");
    assert_string_equal(api_server.requests[0].path, "http://127.0.0.9:1/v1/x");
    end();
}

static void a_path_beyond_the_limit_is_not_started(void **state)
{
    static const struct api_server_step script[] = {{0}};
    static char path[REST_PATH_LIMIT + 1024];
    struct rest_request order = get;

    (void)state;
    memset(path, '/', sizeof path - 1);
    order.path = path;
    begin(script);
    open_rest();
    assert_null(rest_start(world.rest, &order, on_done, &world));
    assert_int_equal(world.done, 0);
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, a_post_carries_form_credentials_and_no_surprises);
    CASES_ADD(&cases, an_api_key_is_preferred_to_the_account);
    CASES_ADD(&cases, a_large_form_is_sent_whole);
    CASES_ADD_TABLE(&cases, a_method_is_sent_and_forgotten, methods);
    CASES_ADD(&cases, a_header_is_added_once);
    CASES_ADD(&cases, a_body_of_json_is_called_that_and_the_next_form_a_form);
    CASES_ADD_TABLE(&cases, a_path_is_sent_as_it_is, paths);
    CASES_ADD_TABLE(&cases, headers_are_read, readings);
    CASES_ADD_TABLE(&cases, trouble_is_told_apart, troubles);
    CASES_ADD(&cases, a_time_out_is_kept_to_a_tick_of_the_clock);
    CASES_ADD(&cases, nobody_listening_is_unreachable);
    CASES_ADD(&cases, without_tls_nothing_is_sent_to_an_https_address);
    CASES_ADD(&cases, a_redirect_is_not_followed);
    CASES_ADD(&cases, connections_are_kept);
    CASES_ADD(&cases, preconnect_opens_the_connection_of_the_first_exchange);
    CASES_ADD(&cases, many_are_under_way_at_once);
    CASES_ADD(&cases, a_cancelled_exchange_calls_nobody);
    CASES_ADD(&cases, what_is_under_way_at_the_end_calls_nobody);
    CASES_ADD(&cases, a_socket_closed_while_connecting_makes_no_later_one_deaf);
    CASES_ADD_TABLE(&cases, what_is_no_target_is_not_sent, no_targets);
    CASES_ADD_TABLE(&cases, credentials_go_to_twilio_only, origins);
    CASES_ADD(&cases, no_proxy_variable_is_heeded);
    CASES_ADD(&cases, the_configured_proxy_is_used);
    CASES_ADD(&cases, a_path_beyond_the_limit_is_not_started);
    return cases_run(&cases, "rest");
}
