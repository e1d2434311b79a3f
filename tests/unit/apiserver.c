#include "build.h"

#include "apiserver.h"

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

struct apiserver apiserver;

static struct event_base *loop;
static struct evconnlistener *listener;
static const struct apiserver_step *script;
static unsigned at;
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

static void send_reply(struct peer *peer, const struct apiserver_step *step)
{
    struct evbuffer *out = bufferevent_get_output(peer->stream);
    static char flood[100 * 1024];
    size_t length = step->how == APISERVER_FLOODS ? sizeof flood : strlen(step->body);

    if (step->how == APISERVER_BABBLES) {
        evbuffer_add_printf(out, "220 mail.example.com ESMTP\r\n%s", step->body);
        peer->closing = true;
        return;
    }
    evbuffer_add_printf(out, "HTTP/1.1 %d Scripted\r\nContent-Length: %zu\r\n%s\r\n", step->status,
                        length + (step->how == APISERVER_CUTS_SHORT ? 10 : 0),
                        step->headers ? step->headers : "");
    evbuffer_add(out, step->how == APISERVER_FLOODS ? flood : step->body, length);
    peer->closing = step->how == APISERVER_CUTS_SHORT;
}

static void answer(struct peer *peer)
{
    static const struct apiserver_step over = {.status = 599, .body = "the script is over"};
    const struct apiserver_step *step = script[at].status ? &script[at++] : &over;

    switch (step->how) {
    case APISERVER_HANGS:
        break;
    case APISERVER_CUTS:
        drop(peer);
        break;
    case APISERVER_ANSWERS:
    case APISERVER_CUTS_SHORT:
    case APISERVER_FLOODS:
    case APISERVER_BABBLES:
        send_reply(peer, step);
        break;
    }
}

const char *apiserver_header(const struct apiserver_request *request, const char *name)
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

/* Takes one whole request off the input; false if it is not there yet. */
static bool take_request(struct peer *peer)
{
    struct evbuffer *in = bufferevent_get_input(peer->stream);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    struct apiserver_request *request = &apiserver.requests[apiserver.count];
    const char *content_length;
    size_t head, body;

    if (end.pos < 0 || apiserver.count == APISERVER_REQUESTS_LIMIT)
        return false;
    *request = (struct apiserver_request){.connection = peer->number};
    head = (size_t)end.pos + 4;
    if (head >= sizeof request->head)
        abort();
    evbuffer_copyout(in, request->head, head);
    content_length = apiserver_header(request, "Content-Length");
    body = content_length ? (size_t)strtoul(content_length, NULL, 10) : 0;
    if (evbuffer_get_length(in) < head + body || body >= sizeof request->body)
        return false;
    evbuffer_drain(in, head);
    evbuffer_remove(in, request->body, body);
    if (sscanf(request->head, "%15s %4095s", request->method, request->path) != 2)
        abort();
    apiserver.count++;
    return true;
}

static void on_input(struct bufferevent *stream, void *argument)
{
    struct peer *peer = argument;

    (void)stream;
    while (peer->stream && take_request(peer))
        answer(peer);
}

static void on_sent(struct bufferevent *stream, void *argument)
{
    struct peer *peer = argument;

    (void)stream;
    apiserver.sent++;
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
    struct peer *peer = &peers[apiserver.connections % PEERS_LIMIT];

    (void)listening;
    (void)address;
    (void)length;
    (void)argument;
    if (peer->stream)
        abort();
    *peer = (struct peer){.number = ++apiserver.connections};
    peer->stream = bufferevent_socket_new(loop, descriptor, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer->stream, on_input, on_sent, on_end, peer);
    bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
}

void apiserver_begin(struct event_base *base, const struct apiserver_step *steps)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    memset(&apiserver, 0, sizeof apiserver);
    memset(peers, 0, sizeof peers);
    loop = base;
    script = steps;
    at = 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = evconnlistener_new_bind(base, on_connection, NULL,
                                       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
                                       (const struct sockaddr *)&address, sizeof address);
    if (!listener || getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address,
                                 &length) != 0)
        abort();
    apiserver.port = ntohs(address.sin_port);
}

void apiserver_end(void)
{
    unsigned i;

    for (i = 0; i < PEERS_LIMIT; i++)
        if (peers[i].stream)
            drop(&peers[i]);
    if (listener)
        evconnlistener_free(listener);
    listener = NULL;
}
