/*
 * twilio/rest and twilio/rest_pool: kept connections. Which is taken, which is not used again, and what is sent
 * once more when its server closes one just as it is asked.
 */
#include "build.h"

#include "cases.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "support/clock.h"
#include "twilio/rest.h"

enum { CONNECTIONS = 8, REQUESTS = 16, TIMEOUT_MS = 2000 };

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* What the server does when the next request is there. */
struct step {
    const char *bytes;
    enum { STAYS, CLOSES, RESETS } then;
    const char *later; /* sent a moment afterwards, when the client has read what came first */
};

struct client {
    int descriptor;
    struct event *event;
    char bytes[128 * 1024];
    size_t length;
};

/* A socket that takes little, and nothing at two of three times: TLS, of whose records a part went out, says so, too. */
static struct {
    bool on, breaks;
    unsigned calls, refused;
} narrow;

CURLcode __real_curl_easy_send(CURL *easy, const void *bytes, size_t length, size_t *sent);
CURLcode __wrap_curl_easy_send(CURL *easy, const void *bytes, size_t length, size_t *sent);

CURLcode __wrap_curl_easy_send(CURL *easy, const void *bytes, size_t length, size_t *sent)
{
    if (!narrow.on)
        return __real_curl_easy_send(easy, bytes, length, sent);
    *sent = 0;
    if (++narrow.calls % 3) {
        narrow.refused++;
        return CURLE_AGAIN;
    }
    if (narrow.breaks)
        return CURLE_SEND_ERROR;
    return __real_curl_easy_send(easy, bytes, length < 1000 ? length : 1000, sent);
}

static struct {
    struct event_base *base;
    struct config config;
    struct rest *rest;
    char url[64];
    struct event *listening, *lateness;
    int listener;
    struct client clients[CONNECTIONS];
    unsigned connections;
    const struct step *script;
    const struct step *late;
    const struct client *late_client;
    unsigned requests, over[REQUESTS]; /* which connection each came over, from 0 on */
    char first_lines[REQUESTS][64];
    char last[128 * 1024]; /* the last request, whole */
    unsigned done;
    struct rest_result result;
    char body[64];
} world;

static char account[] = "AC00000000000000000000000000000001", token[] = "token";

/* ---- the server */

static void hang_up(struct client *client, bool resets)
{
    const struct linger at_once = {.l_onoff = 1};

    if (resets)
        setsockopt(client->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    event_free(client->event);
    client->event = NULL;
    close(client->descriptor);
}

static void say(const struct client *client, const char *bytes)
{
    assert_int_equal(write(client->descriptor, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static void on_lateness(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
    say(world.late_client, world.late->later);
}

static void answer(struct client *client)
{
    const struct step *step = world.script;
    const struct timeval moment = {.tv_usec = 20000};

    assert_true(world.requests < REQUESTS);
    world.over[world.requests] = (unsigned)(client - world.clients);
    snprintf(world.first_lines[world.requests], sizeof world.first_lines[0], "%.*s",
             (int)strcspn(client->bytes, "\r"), client->bytes);
    memcpy(world.last, client->bytes, client->length + 1);
    world.requests++;
    client->length = 0;
    if (!step->bytes)
        return; /* the script is over: no answer */
    world.script++;
    say(client, step->bytes);
    if (step->later) {
        world.late = step;
        world.late_client = client;
        event_add(world.lateness, &moment);
    }
    if (step->then != STAYS)
        hang_up(client, step->then == RESETS);
}

/* Requests are small and come in one piece, but for the large one, whose form ends with "$". */
static bool is_whole(const struct client *client)
{
    const char *end = strstr(client->bytes, "\r\n\r\n");

    return end && (!strstr(client->bytes, "A=large") || client->bytes[client->length - 1] == '$');
}

static void on_bytes(evutil_socket_t descriptor, short what, void *argument)
{
    struct client *client = argument;
    ssize_t got = read(descriptor, client->bytes + client->length, sizeof client->bytes - 1 - client->length);

    (void)what;
    if (got <= 0) {
        hang_up(client, false);
        return;
    }
    client->length += (size_t)got;
    client->bytes[client->length] = '\0';
    if (is_whole(client))
        answer(client);
}

static void on_arrival(evutil_socket_t descriptor, short what, void *argument)
{
    struct client *client = &world.clients[world.connections];

    (void)what;
    (void)argument;
    assert_true(world.connections < CONNECTIONS);
    world.connections++;
    client->length = 0;
    client->descriptor = accept(descriptor, NULL, NULL);
    assert_true(client->descriptor >= 0);
    client->event = event_new(world.base, client->descriptor, EV_READ | EV_PERSIST, on_bytes, client);
    event_add(client->event, NULL);
}

static void begin(const struct step *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int small = 4096;

    memset(&world, 0, sizeof world);
    world.script = script;
    world.base = event_base_new();
    world.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(setsockopt(world.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(bind(world.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(world.listener, 8), 0);
    assert_int_equal(getsockname(world.listener, (struct sockaddr *)&address, &length), 0);
    world.listening = event_new(world.base, world.listener, EV_READ | EV_PERSIST, on_arrival, NULL);
    world.lateness = evtimer_new(world.base, on_lateness, NULL);
    event_add(world.listening, NULL);
    snprintf(world.url, sizeof world.url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    world.config = (struct config){.account_sid = account, .auth_token = token, .api_url = world.url,
                                   .connect_timeout_ms = 1000, .deadline_ms = 4000, .max_pending = 8};
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
    alarm(20);
}

static void end(void)
{
    unsigned i;

    alarm(0);
    rest_free(world.rest);
    for (i = 0; i < world.connections; i++)
        if (world.clients[i].event)
            hang_up(&world.clients[i], false);
    event_free(world.listening);
    event_free(world.lateness);
    close(world.listener);
    event_base_free(world.base);
}

/* ---- the client */

static void on_done(void *argument, const struct rest_result *result)
{
    (void)argument;
    world.done++;
    world.result = *result;
    snprintf(world.body, sizeof world.body, "%s", result->body);
    event_base_loopbreak(world.base);
}

static void start(enum rest_method method, bool repeatable)
{
    const struct rest_request request = {.method = method, .path = "/v1/x", .form = "A=1", .timeout_ms = TIMEOUT_MS,
                                         .reply_limit = REST_REPLY_LIMIT, .repeatable = repeatable};

    assert_non_null(rest_start(world.rest, &request, on_done, NULL));
}

static void await(unsigned done)
{
    while (world.done < done)
        event_base_dispatch(world.base);
}

static void exchange(enum rest_method method, bool repeatable)
{
    unsigned before = world.done;

    start(method, repeatable);
    await(before + 1);
}

static void get_ok(void)
{
    exchange(REST_GET, false);
    assert_int_equal(world.result.status, REST_OK);
    assert_string_equal(world.body, "ok");
}

static void let_pass(long milliseconds)
{
    struct timeval delay = {.tv_usec = milliseconds * 1000};

    event_base_loopexit(world.base, &delay);
    event_base_dispatch(world.base);
}

/* ---- sent once more, or not */

static const struct again {
    const char *name;
    struct step then; /* what comes of the second request on the connection */
    enum rest_method method;
    bool repeatable;
    unsigned requests;
    enum rest_status status;
} agains[] = {
    {"GET that finds it closed", {"", CLOSES, NULL}, REST_GET, false, 3, REST_OK},
    {"GET that finds it reset", {"", RESETS, NULL}, REST_GET, false, 3, REST_OK},
    {"HEAD that finds it closed", {"", CLOSES, NULL}, REST_HEAD, false, 3, REST_OK},
    {"POST that may be repeated", {"", CLOSES, NULL}, REST_POST, true, 3, REST_OK},
    {"POST that may not", {"", CLOSES, NULL}, REST_POST, false, 2, REST_UNREACHABLE},
    {"POST that may not, reset", {"", RESETS, NULL}, REST_POST, false, 2, REST_UNREACHABLE},
    {"PATCH", {"", CLOSES, NULL}, REST_PATCH, false, 2, REST_UNREACHABLE},
    {"DELETE", {"", CLOSES, NULL}, REST_DELETE, false, 2, REST_UNREACHABLE},
    {"one byte of an answer came", {"H", CLOSES, NULL}, REST_GET, false, 2, REST_BAD_REPLY},
    {"an answer began and the connection was reset", {"HTTP/1.1 200 OK\r\n", RESETS, NULL}, REST_POST, true, 2, REST_BAD_REPLY},
    {"only 100 came", {"HTTP/1.1 100 Continue\r\n\r\n", CLOSES, NULL}, REST_POST, true, 2, REST_BAD_REPLY},
};

static void it_is_sent_again_only_if_that_does_no_harm(void **state)
{
    const struct again *row = *state;
    const struct step script[] = {{OK, STAYS, NULL}, row->then, {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", STAYS, NULL}, {0}};

    begin(script);
    get_ok();
    exchange(row->method, row->repeatable);
    assert_int_equal(world.result.status, row->status);
    assert_int_equal(world.requests, row->requests);
    assert_int_equal(world.over[1], 0);
    if (row->requests == 3) {
        assert_int_equal(world.over[2], 1);
        assert_string_equal(world.first_lines[1], world.first_lines[2]);
    }
    end();
}

static void it_is_sent_again_once(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {"", CLOSES, NULL}, {"", CLOSES, NULL}, {OK, STAYS, NULL}, {0}};

    (void)state;
    begin(script);
    get_ok();
    exchange(REST_GET, false);
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    assert_int_equal(world.requests, 3);
    end();
}

static void a_new_connection_that_is_closed_is_not_tried_again(void **state)
{
    static const struct step script[] = {{"", CLOSES, NULL}, {OK, STAYS, NULL}, {0}};

    (void)state;
    begin(script);
    exchange(REST_GET, false);
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    assert_non_null(world.result.reason);
    assert_int_equal(world.requests, 1);
    end();
}

/* Two were kept, and both are closed as they are asked: the second is no new one. */
static void what_is_sent_again_goes_over_a_new_connection(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL}, {"", CLOSES, NULL}, {OK, STAYS, NULL}, {0}};

    (void)state;
    begin(script);
    start(REST_GET, false);
    start(REST_GET, false);
    await(2);
    assert_int_equal(world.connections, 2);
    get_ok();
    assert_int_equal(world.connections, 3);
    assert_int_equal(world.over[3], 2);
    end();
}

/* ---- which connection */

static const struct spoilt {
    const char *name;
    struct step first;
} spoilts[] = {
    {"it was told to close", {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", STAYS, NULL}},
    {"the reply ended with the connection", {"HTTP/1.1 200 OK\r\n\r\nok", CLOSES, NULL}},
    {"bytes came with the reply that are none of it", {OK "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad", STAYS, NULL}},
    {"bytes came after the reply that nobody asked for", {OK, STAYS, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"}},
    {"it was closed while it idled", {OK, CLOSES, NULL}},
    {"HTTP/1.0", {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", STAYS, NULL}},
};

static void it_is_not_used_again(void **state)
{
    const struct spoilt *row = *state;
    const struct step script[] = {row->first, {OK, STAYS, NULL}, {0}};

    begin(script);
    get_ok();
    let_pass(60);
    get_ok();
    assert_int_equal(world.requests, 2);
    assert_int_equal(world.over[1], 1);
    end();
}

static void the_last_used_is_taken_first(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL}, {OK, STAYS, NULL}, {OK, STAYS, NULL}, {0}};

    (void)state;
    begin(script);
    start(REST_GET, false);
    start(REST_GET, false);
    await(2);
    get_ok();
    get_ok();
    assert_int_equal(world.connections, 2);
    assert_int_equal(world.over[2], world.over[1]);
    assert_int_equal(world.over[3], world.over[1]);
    end();
}

static void one_after_the_other_use_one(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL}, {OK, STAYS, NULL}, {0}};
    unsigned i;

    (void)state;
    begin(script);
    for (i = 0; i < 3; i++)
        get_ok();
    assert_int_equal(world.connections, 1);
    end();
}

/* No SYN is answered any more: nobody accepts, and the queue is full. */
static void stop_accepting(int *fillers, size_t count)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    size_t i;

    event_del(world.listening);
    assert_int_equal(listen(world.listener, 0), 0);
    assert_int_equal(getsockname(world.listener, (struct sockaddr *)&address, &length), 0);
    for (i = 0; i < count; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers[i], (struct sockaddr *)&address, sizeof address);
    }
}

static void who_waits_gets_one_that_becomes_free(void **state)
{
    static const struct step script[] = {{"HTTP/1.1 200 OK\r\n", STAYS, "Content-Length: 2\r\n\r\nok"}, {OK, STAYS, NULL}, {0}};
    int fillers[3];
    size_t i;

    (void)state;
    begin(script);
    start(REST_GET, false);
    while (world.requests < 1)
        event_base_loop(world.base, EVLOOP_ONCE);
    stop_accepting(fillers, 3);
    start(REST_GET, false);
    await(2);
    assert_int_equal(world.result.status, REST_OK);
    assert_int_equal(world.over[1], 0);
    for (i = 0; i < 3; i++)
        close(fillers[i]);
    end();
}

/* Another used one may be as dead as the first. */
static void what_is_sent_again_takes_no_used_one_that_becomes_free(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL},
        {"HTTP/1.1 200 OK\r\n", STAYS, "Content-Length: 2\r\n\r\nok"}, {"", CLOSES, NULL}, {OK, STAYS, NULL}, {0}};
    int fillers[3];
    size_t i;

    (void)state;
    begin(script);
    start(REST_GET, false);
    start(REST_GET, false);
    await(2);
    stop_accepting(fillers, 3);
    start(REST_GET, false);
    start(REST_GET, false);
    await(3);
    assert_int_equal(world.result.status, REST_OK);
    await(4);
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    assert_int_equal(world.requests, 4);
    for (i = 0; i < 3; i++)
        close(fillers[i]);
    end();
}

static void another_origin_has_connections_of_its_own(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL}, {OK, STAYS, NULL}, {0}};
    struct rest_request request = {.method = REST_GET, .path = "/v1/x", .timeout_ms = TIMEOUT_MS,
                                   .reply_limit = REST_REPLY_LIMIT, .anonymous = true};
    char other[64];

    (void)state;
    begin(script);
    get_ok();
    snprintf(other, sizeof other, "http://localhost%.8s", strrchr(world.url, ':'));
    request.origin = other;
    assert_non_null(rest_start(world.rest, &request, on_done, NULL));
    await(2);
    assert_int_equal(world.result.status, REST_OK);
    assert_int_equal(world.over[1], 1);
    assert_null(strstr(world.last, "Authorization"));
    assert_non_null(strstr(world.last, "Host: localhost:"));
    get_ok();
    assert_int_equal(world.over[2], 0);
    assert_non_null(strstr(world.last, "Authorization"));
    end();
}

/* ---- bytes */

static void a_request_that_does_not_go_out_at_once_waits_for_the_socket(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {OK, STAYS, NULL}, {0}};
    static char form[REST_REPLY_LIMIT];
    struct rest_request request = {.method = REST_POST, .path = "/v1/x", .form = form, .timeout_ms = TIMEOUT_MS,
                                   .reply_limit = REST_REPLY_LIMIT};

    (void)state;
    memset(form, 'x', sizeof form - 1);
    memcpy(form, "A=large", 7);
    form[sizeof form - 2] = '$';
    begin(script);
    narrow.on = true;
    assert_non_null(rest_start(world.rest, &request, on_done, NULL));
    await(1);
    narrow.on = false;
    assert_int_equal(world.result.status, REST_OK);
    assert_true(narrow.refused > 50);
    assert_string_equal(strstr(world.last, "\r\n\r\n") + 4, form);
    get_ok();
    assert_int_equal(world.connections, 1);
    end();
}

static void a_request_that_cannot_be_sent_to_its_end_is_told_at_once(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {0}};
    int64_t begun = clock_monotonic_ms();

    (void)state;
    begin(script);
    narrow.on = narrow.breaks = true;
    exchange(REST_GET, false);
    narrow.on = narrow.breaks = false;
    assert_int_equal(world.result.status, REST_UNREACHABLE);
    assert_true(clock_monotonic_ms() - begun < TIMEOUT_MS);
    end();
}

static void an_answer_in_pieces_is_put_together(void **state)
{
    static const struct step script[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Enc", STAYS, "oding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"},
        {OK, STAYS, NULL}, {0}};

    (void)state;
    begin(script);
    get_ok();
    get_ok();
    assert_int_equal(world.connections, 1);
    end();
}

static void a_header_line_that_would_be_two_is_not_sent(void **state)
{
    static const struct step script[] = {{0}};
    const struct rest_request request = {.method = REST_GET, .path = "/v1/x", .timeout_ms = TIMEOUT_MS,
                                         .reply_limit = REST_REPLY_LIMIT, .header = "X: 1\r\nY: 2"};

    (void)state;
    begin(script);
    assert_null(rest_start(world.rest, &request, on_done, NULL));
    end();
}

static void a_proxy_that_is_asked_for_the_url_gets_its_own_password(void **state)
{
    static const struct step script[] = {{OK, STAYS, NULL}, {0}};
    char proxy[96], api[] = "http://127.0.0.9:80";

    (void)state;
    begin(script);
    snprintf(proxy, sizeof proxy, "http://me:p%%40ss@%.40s", world.url + strlen("http://"));
    world.config.proxy = proxy;
    world.config.api_url = api;
    get_ok();
    assert_string_equal(world.first_lines[0], "GET http://127.0.0.9/v1/x HTTP/1.1");
    assert_non_null(strstr(world.last, "\r\nProxy-Authorization: Basic bWU6cEBzcw==\r\n"));
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, it_is_sent_again_only_if_that_does_no_harm, agains);
    CASES_ADD(&cases, it_is_sent_again_once);
    CASES_ADD(&cases, a_new_connection_that_is_closed_is_not_tried_again);
    CASES_ADD(&cases, what_is_sent_again_goes_over_a_new_connection);
    CASES_ADD_TABLE(&cases, it_is_not_used_again, spoilts);
    CASES_ADD(&cases, the_last_used_is_taken_first);
    CASES_ADD(&cases, one_after_the_other_use_one);
    CASES_ADD(&cases, who_waits_gets_one_that_becomes_free);
    CASES_ADD(&cases, what_is_sent_again_takes_no_used_one_that_becomes_free);
    CASES_ADD(&cases, another_origin_has_connections_of_its_own);
    CASES_ADD(&cases, a_request_that_does_not_go_out_at_once_waits_for_the_socket);
    CASES_ADD(&cases, a_request_that_cannot_be_sent_to_its_end_is_told_at_once);
    CASES_ADD(&cases, an_answer_in_pieces_is_put_together);
    CASES_ADD(&cases, a_header_line_that_would_be_two_is_not_sent);
    CASES_ADD(&cases, a_proxy_that_is_asked_for_the_url_gets_its_own_password);
    return cases_run(&cases, "restkept");
}
