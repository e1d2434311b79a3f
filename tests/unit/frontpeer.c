#include "build.h"

#include "frontpeer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/clock.h"

enum { TICK_MS = 5 };

struct frontpeer_world frontpeer_world;

void frontpeer_begin(void)
{
    memset(&frontpeer_world, 0, sizeof frontpeer_world);
    frontpeer_world.base = event_base_new();
    if (!frontpeer_world.base || pipe2(frontpeer_world.log_ends, O_NONBLOCK | O_CLOEXEC) != 0)
        abort();
    frontpeer_world.log = (struct log){.format = LOG_FORMAT_LOGFMT,
                                       .level = LOG_LEVEL_DEBUG,
                                       .descriptor = frontpeer_world.log_ends[1]};
    alarm(60); /* a loop that never comes back ends the test */
}

void frontpeer_end(void)
{
    alarm(0);
    event_base_free(frontpeer_world.base);
    close(frontpeer_world.log_ends[0]);
    close(frontpeer_world.log_ends[1]);
}

static void answer(struct exchange *exchange)
{
    exchange->response = (struct response){.status = 200, .body = "{\"status\":\"ok\"}"};
    buffer_append_string(&exchange->log, "a log line\n");
    exchange_reply(exchange);
}

void frontpeer_serve(void *application, struct exchange *exchange)
{
    struct frontpeer_world *world = application;
    const struct request *request = &exchange->request;

    world->served++;
    world->body_state = request->body_state;
    world->body_length = request->body_length;
    if (request->body_length > 0)
        memcpy(world->body, request->body, request->body_length);
    snprintf(world->uri, sizeof world->uri, "%s", request_text(request, VARIABLE_REQUEST_URI));
    if (!world->deferred) {
        answer(exchange);
        return;
    }
    if (world->held_count == FRONTPEER_HELD_LIMIT)
        abort();
    world->held[world->held_count++] = exchange;
}

void frontpeer_answer(void)
{
    struct exchange *oldest = frontpeer_world.held[0];

    if (frontpeer_world.held_count == 0)
        abort();
    frontpeer_world.held_count--;
    memmove(frontpeer_world.held, frontpeer_world.held + 1,
            frontpeer_world.held_count * sizeof oldest);
    answer(oldest);
}

const char *frontpeer_logged(void)
{
    static char text[8192];
    ssize_t count = read(frontpeer_world.log_ends[0], text, sizeof text - 1);

    text[count > 0 ? count : 0] = '\0';
    return text;
}

static void on_tick(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
}

bool frontpeer_turn(frontpeer_condition *condition, void *argument, int64_t within_ms)
{
    static const struct timeval tick = {.tv_usec = TICK_MS * 1000};
    int64_t until = clock_monotonic_ms() + within_ms;
    struct event *ticking = event_new(frontpeer_world.base, -1, EV_PERSIST, on_tick, NULL);
    bool held;

    event_add(ticking, &tick); /* wakes the loop so that the other end is looked at */
    while (!(held = condition(argument)) && clock_monotonic_ms() < until)
        event_base_loop(frontpeer_world.base, EVLOOP_ONCE);
    event_free(ticking);
    return held;
}

void frontpeer_turn_once(void)
{
    event_base_loop(frontpeer_world.base, EVLOOP_NONBLOCK);
}

void frontpeer_connect(struct frontpeer *peer, int descriptor)
{
    *peer = (struct frontpeer){.descriptor = descriptor};
    buffer_init(&peer->got, 1024 * 1024);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

void frontpeer_close(struct frontpeer *peer)
{
    if (peer->descriptor >= 0)
        close(peer->descriptor);
    peer->descriptor = -1;
    buffer_free(&peer->got);
}

struct sending {
    struct frontpeer *peer;
    const char *bytes;
    size_t left;
};

static bool send_more(void *argument)
{
    struct sending *sending = argument;

    while (sending->left > 0) {
        ssize_t sent = send(sending->peer->descriptor, sending->bytes, sending->left,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0)
            return errno != EAGAIN; /* a connection that was closed takes no more */
        sending->bytes += sent;
        sending->left -= (size_t)sent;
    }
    return true;
}

void frontpeer_send(struct frontpeer *peer, const char *bytes, size_t length)
{
    struct sending sending = {peer, bytes, length};

    frontpeer_turn(send_more, &sending, 5000);
}

static void receive(struct frontpeer *peer)
{
    char part[4096];
    ssize_t count;

    while ((count = recv(peer->descriptor, part, sizeof part, MSG_DONTWAIT)) > 0)
        buffer_append(&peer->got, part, (size_t)count);
    if (count == 0 || errno != EAGAIN)
        peer->closed = true;
}

bool frontpeer_has_reply(struct frontpeer *peer, unsigned id)
{
    struct fcgireply reply;
    bool whole;

    receive(peer);
    whole = fcgireply_read(&reply, buffer_string(&peer->got), peer->got.length, id);
    fcgireply_free(&reply);
    return whole;
}

struct awaiting {
    struct frontpeer *peer;
    unsigned id;
};

static bool reply_is_there(void *argument)
{
    const struct awaiting *awaiting = argument;

    return frontpeer_has_reply(awaiting->peer, awaiting->id) || awaiting->peer->closed;
}

bool frontpeer_await_reply(struct frontpeer *peer, unsigned id, struct fcgireply *result)
{
    struct awaiting awaiting = {peer, id};
    struct fcgireply reply;
    bool whole;

    frontpeer_turn(reply_is_there, &awaiting, 2000);
    whole = fcgireply_read(&reply, buffer_string(&peer->got), peer->got.length, id);
    if (whole) {
        memmove(peer->got.data, peer->got.data + reply.length, peer->got.length - reply.length);
        peer->got.length -= reply.length;
    }
    if (result)
        *result = reply;
    else
        fcgireply_free(&reply);
    return whole;
}

static bool is_closed(void *argument)
{
    struct frontpeer *peer = argument;

    receive(peer);
    return peer->closed;
}

bool frontpeer_await_close(struct frontpeer *peer, int64_t within_ms)
{
    return frontpeer_turn(is_closed, peer, within_ms);
}

const struct buffer *frontpeer_request(unsigned id, unsigned flags, const char *uri,
    size_t body_length)
{
    static struct buffer bytes;
    static char body[1024 * 1024], uri_entry[300], length_entry[64], storage[1280 * 1024];
    const char *variables[] = {"REQUEST_METHOD=POST", uri_entry, length_entry, NULL};
    struct buffer built;
    size_t i;

    for (i = 0; i < body_length; i++)
        body[i] = (char)('a' + i % 26);
    snprintf(uri_entry, sizeof uri_entry, "REQUEST_URI=%s", uri);
    snprintf(length_entry, sizeof length_entry, "CONTENT_LENGTH=%zu", body_length);
    buffer_init(&built, sizeof storage);
    fcgibytes_request(&built, id, flags, variables, body, body_length);
    if (built.length > sizeof storage)
        abort();
    memcpy(storage, built.data, built.length);
    bytes = (struct buffer){.data = storage, .length = built.length};
    buffer_free(&built);
    return &bytes;
}
