/*
 * twilio/rest: no connection in time, or no answer in time. The first leaves time for another attempt; libcurl
 * has one code for both, and what else it tells has changed with its versions.
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

#include "../lib/api_server.h"
#include "support/clock.h"
#include "twilio/rest.h"

enum { CONNECT_TIMEOUT_MS = 200, TIMEOUT_MS = 2000, SHORT_MS = 150 };

/* Who is there. */
enum peer {
    LOSES_SYNS, /* its queue is full: no SYN is answered */
    SAYS_NOTHING /* connected, and never a byte */
};

static struct {
    struct event_base *base;
    struct config config;
    struct rest *rest;
    unsigned done;
    enum rest_status status;
    int64_t elapsed_ms;
    int sockets[8];
    size_t socket_count;
} world;

static char account[] = "AC00000000000000000000000000000001", token[] = "token";

static int keep(int descriptor)
{
    assert_true(descriptor >= 0);
    world.sockets[world.socket_count++] = descriptor;
    return descriptor;
}

/* Room for one, and filled: the next SYN is not answered. Its port. */
static unsigned fill_queue(int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    unsigned i;

    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    for (i = 0; i < 3; i++)
        connect(keep(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), (struct sockaddr *)&address,
                sizeof address);
    return ntohs(address.sin_port);
}

/* Its port; its socket is the first. */
static unsigned listen_as(enum peer peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = keep(socket(AF_INET, SOCK_STREAM, 0));

    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    if (peer == LOSES_SYNS)
        return fill_queue(listener);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

static void begin(char *api_url, char *proxy)
{
    memset(&world, 0, sizeof world);
    world.base = event_base_new();
    world.config = (struct config){.account_sid = account, .auth_token = token, .api_url = api_url,
                                   .proxy = proxy, .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                   .deadline_ms = 4000, .max_pending = 8};
    alarm(20);
}

static void end(void)
{
    alarm(0);
    rest_free(world.rest);
    event_base_free(world.base);
    while (world.socket_count > 0)
        close(world.sockets[--world.socket_count]);
}

static void on_done(void *argument, const struct rest_result *result)
{
    (void)argument;
    world.done++;
    world.status = result->status;
    world.elapsed_ms = result->elapsed_us / 1000;
    event_base_loopbreak(world.base);
}

static void exchange(int64_t timeout_ms)
{
    const struct rest_request order = {.method = REST_POST, .path = "/v1/x", .form = "Identity=bot",
                                     .timeout_ms = timeout_ms, .reply_limit = REST_REPLY_LIMIT};
    unsigned before = world.done;

    if (!world.rest)
        world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
    assert_non_null(rest_start(world.rest, &order, on_done, NULL));
    event_base_dispatch(world.base);
    assert_int_equal(world.done, before + 1);
}

static const struct row {
    const char *name;
    enum peer peer;
    const char *scheme;
    bool proxy; /* that is what the peer is */
    int64_t timeout_ms;
    enum rest_status status;
} rows[] = {
    {"a SYN is lost", LOSES_SYNS, "http", false, TIMEOUT_MS, REST_UNREACHABLE},
    {"a SYN is lost on the way to TLS", LOSES_SYNS, "https", false, TIMEOUT_MS, REST_UNREACHABLE},
    {"the TLS handshake is not answered", SAYS_NOTHING, "https", false, TIMEOUT_MS, REST_UNREACHABLE},
    {"a SYN to the proxy is lost", LOSES_SYNS, "https", true, TIMEOUT_MS, REST_UNREACHABLE},
    {"the proxy does not answer CONNECT", SAYS_NOTHING, "https", true, TIMEOUT_MS, REST_UNREACHABLE},
    {"the deadline is over before the time for the connection is", LOSES_SYNS, "https", false, SHORT_MS,
     REST_UNREACHABLE},
    {"the request is not answered", SAYS_NOTHING, "http", false, 400, REST_TIMEOUT},
    {"the request to the proxy is not answered", SAYS_NOTHING, "http", true, 400, REST_TIMEOUT},
};

static void no_connection_is_told_from_no_answer(void **state)
{
    const struct row *row = *state;
    char api_url[64], proxy[64];
    unsigned port;

    begin(api_url, row->proxy ? proxy : NULL);
    port = listen_as(row->peer);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", port);
    if (row->proxy)
        snprintf(api_url, sizeof api_url, "%s://192.0.2.1", row->scheme);
    else
        snprintf(api_url, sizeof api_url, "%s://127.0.0.1:%u", row->scheme, port);
    exchange(row->timeout_ms);
    assert_int_equal(world.status, row->status);
    if (row->status == REST_UNREACHABLE) /* in the connection's own time, then */
        assert_in_range(world.elapsed_ms, SHORT_MS - 1, 1500);
    end();
}

/* Nothing connects for it: it was there. */
static void a_kept_connection_without_an_answer_is_a_time_out(void **state)
{
    static const struct api_server_step script[] = {
        {200, "", NULL, API_SERVER_ANSWERS}, {200, "", NULL, API_SERVER_HANGS}, {0}};
    char api_url[64];

    (void)state;
    begin(api_url, NULL);
    api_server_begin(world.base, script);
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%u", api_server.port);
    exchange(TIMEOUT_MS);
    assert_int_equal(world.status, REST_OK);
    exchange(400);
    assert_int_equal(world.status, REST_TIMEOUT);
    assert_int_equal(api_server.connections, 1);
    api_server_end();
    end();
}

/* A server of one answer. What comes then finds it cut off from the network: nobody takes new connections. */
static struct {
    struct event *listening, *reading;
    int listener;
    unsigned requests;
    bool keeps; /* the connection, until its second request */
} once;

static void on_request(evutil_socket_t descriptor, short what, void *argument)
{
    static const char kept[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    static const char last[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const char *answer = once.keeps ? kept : last;
    char bytes[8192];

    (void)what;
    (void)argument;
    if (read(descriptor, bytes, sizeof bytes) > 0 && ++once.requests == 1) {
        assert_int_equal(write(descriptor, answer, strlen(answer)), (ssize_t)strlen(answer));
        if (once.keeps)
            return;
    }
    event_del(once.reading);
    shutdown(descriptor, SHUT_RDWR);
}

static void on_arrival(evutil_socket_t descriptor, short what, void *argument)
{
    int connection = accept(descriptor, NULL, NULL);

    (void)what;
    (void)argument;
    event_del(once.listening);
    once.reading = event_new(world.base, keep(connection), EV_READ | EV_PERSIST, on_request, NULL);
    event_add(once.reading, NULL);
}

static const struct lost {
    const char *name;
    bool keeps;
} losses[] = {
    {"the connection before was closed with its answer", false},
    {"the kept connection is cut when it is asked, and a new one is not made", true},
};

/* Neither the exchange before on the same handle counts, nor what was begun on a connection that was gone. */
static void a_new_connection_that_is_not_made_is_told(void **state)
{
    const struct lost *row = *state;
    char api_url[64];

    begin(api_url, NULL);
    memset(&once, 0, sizeof once);
    once.keeps = row->keeps;
    snprintf(api_url, sizeof api_url, "http://127.0.0.1:%u", listen_as(SAYS_NOTHING));
    once.listening = event_new(world.base, world.sockets[0], EV_READ | EV_PERSIST, on_arrival, NULL);
    event_add(once.listening, NULL);
    exchange(TIMEOUT_MS);
    assert_int_equal(world.status, REST_OK);
    fill_queue(world.sockets[0]);
    exchange(TIMEOUT_MS);
    assert_int_equal(once.requests, row->keeps ? 2 : 1);
    assert_int_equal(world.status, REST_UNREACHABLE);
    event_free(once.reading);
    event_free(once.listening);
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, no_connection_is_told_from_no_answer, rows);
    CASES_ADD(&cases, a_kept_connection_without_an_answer_is_a_time_out);
    CASES_ADD_TABLE(&cases, a_new_connection_that_is_not_made_is_told, losses);
    return cases_run(&cases, "restconnect");
}
