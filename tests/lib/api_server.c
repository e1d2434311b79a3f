#include "build.h"

#include "api_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

enum { PEERS_LIMIT = 128 };

struct api_server api_server;

static struct event_base *loop;
static struct evconnlistener *listener;
static const struct api_server_step *script;
static unsigned at;
static api_server_answer_fn *answer_of; /* NULL: the script answers */
static struct peer {
    struct bufferevent *stream;
    unsigned number;
    bool closing; /* once all is sent */
} peers[PEERS_LIMIT];

static void drop(struct peer *peer)
{
    bufferevent_free(peer->stream);
    peer->stream = NULL;
}

static void send_reply(struct peer *peer, const struct api_server_step *step)
{
    struct evbuffer *out = bufferevent_get_output(peer->stream);
    static char flood[100 * 1024];
    size_t length = step->how == API_SERVER_FLOODS ? sizeof flood : strlen(step->body);

    if (step->how == API_SERVER_BABBLES) {
        evbuffer_add_printf(out, "220 mail.example.com ESMTP\r\n%s", step->body);
        peer->closing = true;
        return;
    }
    evbuffer_add_printf(out, "HTTP/1.1 %d Scripted\r\nContent-Length: %zu\r\n%s\r\n", step->status,
                        length + (step->how == API_SERVER_CUTS_SHORT ? 10 : 0),
                        step->headers ? step->headers : "");
    evbuffer_add(out, step->how == API_SERVER_FLOODS ? flood : step->body, length);
    peer->closing = step->how == API_SERVER_CUTS_SHORT;
}

static const struct api_server_step *next_step(const struct api_server_request *request)
{
    static const struct api_server_step over = {.status = 599, .body = "the script is over"};

    if (answer_of)
        return answer_of(request);
    return script[at].status ? &script[at++] : &over;
}

static void answer(struct peer *peer, const struct api_server_request *request)
{
    const struct api_server_step *step = next_step(request);

    switch (step->how) {
    case API_SERVER_HANGS:
        break;
    case API_SERVER_CUTS:
        drop(peer);
        break;
    case API_SERVER_ANSWERS:
    case API_SERVER_CUTS_SHORT:
    case API_SERVER_FLOODS:
    case API_SERVER_BABBLES:
        send_reply(peer, step);
        break;
    }
}

const char *api_server_header(const struct api_server_request *request, const char *name)
{
    static char value[2048];
    const char *line;
    size_t length = strlen(name);

    for (line = strstr(request->head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) != 0 || line[2 + length] != ':')
            continue;
        snprintf(value, sizeof value, "%s", line + 2 + length + 1 + strspn(line + 3 + length, " "));
        value[strcspn(value, "\r\n")] = '\0';
        return value;
    }
    return NULL;
}

/* Takes one whole request off the input; NULL if it is not there yet. */
static const struct api_server_request *take_request(struct peer *peer)
{
    struct evbuffer *in = bufferevent_get_input(peer->stream);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    struct api_server_request *request = &api_server.requests[answer_of ? 0 : api_server.count];
    const char *content_length;
    size_t head, body;

    if (end.pos < 0 || (!answer_of && api_server.count == API_SERVER_REQUESTS_LIMIT))
        return NULL;
    *request = (struct api_server_request){.connection = peer->number};
    head = (size_t)end.pos + 4;
    if (head >= sizeof request->head)
        abort();
    evbuffer_copyout(in, request->head, head);
    content_length = api_server_header(request, "Content-Length");
    body = content_length ? (size_t)strtoul(content_length, NULL, 10) : 0;
    if (evbuffer_get_length(in) < head + body || body >= sizeof request->body)
        return NULL;
    evbuffer_drain(in, head);
    evbuffer_remove(in, request->body, body);
    if (sscanf(request->head, "%15s %4095s", request->method, request->path) != 2)
        abort();
    api_server.count++;
    return request;
}

static void on_input(struct bufferevent *stream, void *argument)
{
    struct peer *peer = argument;
    const struct api_server_request *request;

    (void)stream;
    while (peer->stream && (request = take_request(peer)) != NULL)
        answer(peer, request);
}

static void on_sent(struct bufferevent *stream, void *argument)
{
    struct peer *peer = argument;

    (void)stream;
    api_server.sent++;
    if (peer->closing)
        drop(peer);
}

static void on_end(struct bufferevent *stream, short what, void *argument)
{
    (void)stream;
    (void)what;
    drop(argument);
}

static void on_connection(struct evconnlistener *listening, evutil_socket_t descriptor,
                          struct sockaddr *address, int length, void *argument)
{
    struct peer *peer = peers;

    (void)listening;
    (void)address;
    (void)length;
    (void)argument;
    while (peer < peers + PEERS_LIMIT && peer->stream)
        peer++;
    if (peer == peers + PEERS_LIMIT)
        abort();
    *peer = (struct peer){.number = ++api_server.connections};
    peer->stream = bufferevent_socket_new(loop, descriptor, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer->stream, on_input, on_sent, on_end, peer);
    bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
}

/* The requests are not static memory, in which LeakSanitizer would look in every process. */
static void start(struct event_base *base, unsigned requests)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    free(api_server.requests);
    memset(&api_server, 0, sizeof api_server);
    memset(peers, 0, sizeof peers);
    loop = base;
    api_server.requests = calloc(requests, sizeof *api_server.requests);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = evconnlistener_new_bind(base, on_connection, NULL,
                                       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
                                       (const struct sockaddr *)&address, sizeof address);
    if (!api_server.requests || !listener ||
        getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length) != 0)
        abort();
    api_server.port = ntohs(address.sin_port);
}

void api_server_begin(struct event_base *base, const struct api_server_step *steps)
{
    script = steps;
    at = 0;
    answer_of = NULL;
    start(base, API_SERVER_REQUESTS_LIMIT);
}

void api_server_begin_with(struct event_base *base, api_server_answer_fn *answer_it)
{
    answer_of = answer_it;
    start(base, 1);
}

void api_server_end(void)
{
    unsigned i;

    for (i = 0; i < PEERS_LIMIT; i++)
        if (peers[i].stream)
            drop(&peers[i]);
    if (listener)
        evconnlistener_free(listener);
    listener = NULL;
}

void api_server_open(struct event_base **base, struct config *config, char url[API_SERVER_URL_SIZE],
                     const struct api_server_step *steps)
{
    static char account[] = "AC00000000000000000000000000000001", token[] = "token";

    *base = event_base_new();
    api_server_begin(*base, steps);
    snprintf(url, API_SERVER_URL_SIZE, "http://127.0.0.1:%u", api_server.port);
    *config = (struct config){.account_sid = account, .auth_token = token, .api_url = url,
                              .connect_timeout_ms = 1000, .deadline_ms = 4000, .max_pending = 8};
    alarm(20);
}

void api_server_close(struct event_base *base)
{
    alarm(0);
    api_server_end();
    event_base_free(base);
}
