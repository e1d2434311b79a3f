#include "build.h"

#include "gateway/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "gateway/fcgirequest.h"
#include "gateway/records.h"
#include "support/clock.h"

enum {
    WHOLE_WITHIN_MS = 5000,  /* from the connection's first look to a whole request */
    DRAIN_WITHIN_MS = 2000,  /* an oversize body, so that its 413 arrives ... */
    DRAIN_LIMIT = 2 * 1024 * 1024,
    SWEEP_MS = 250,
    TURN_LIMIT = 16,         /* requests of one connection before others have a turn */
    RESPONSE_LIMIT = 4096,
    LOG_LIMIT = 16 * 1024,
    COMPLAINT_EVERY_MS = 1000,
};

enum state { WAITING, IDLE, SERVING, DRAINING, CLOSED };

struct connection {
    struct exchange exchange; /* first: the exchange's address is ours */
    struct connections *set;
    TAILQ_ENTRY(connection) entry;
    enum state state;
    int descriptor;
    bool watched;   /* `event` is added */
    bool advancing; /* advance() is on the stack and will go on */
    bool keep;      /* FCGI_KEEP_CONN */
    bool oversize;
    uint16_t request_id;
    int64_t since_ms; /* of WAITING and DRAINING */
    size_t drained;
    struct records records; /* how far `taken` was judged */
    struct buffer taken;    /* of a request that comes in pieces */
    FCGX_Request fcgi;
    struct event event;
};

static void advance(struct connection *connection);

static struct connection_queue *queue_of(struct connection *connection)
{
    switch (connection->state) {
    case WAITING:
        return &connection->set->waiting;
    case IDLE:
        return &connection->set->idle;
    case SERVING:
        return &connection->set->serving;
    case DRAINING:
        return &connection->set->draining;
    case CLOSED:
        break;
    }
    return NULL;
}

static void enter(struct connection *connection, enum state state)
{
    struct connections *set = connection->set;

    if (queue_of(connection))
        TAILQ_REMOVE(queue_of(connection), connection, entry);
    connection->state = state;
    if (queue_of(connection))
        TAILQ_INSERT_TAIL(queue_of(connection), connection, entry);
    if (state == WAITING || state == DRAINING) {
        struct timeval delay = {.tv_usec = SWEEP_MS * 1000};

        connection->since_ms = clock_monotonic_ms();
        if (!event_pending(set->sweep, EV_TIMEOUT, NULL))
            event_add(set->sweep, &delay);
    }
}

/* A peer that talks nonsense can do so often: one line a second is enough. */
static void complain(struct connection *connection, const char *reason)
{
    struct connections *set = connection->set;
    int64_t now = clock_monotonic_ms();

    if (now - set->complained_ms < COMPLAINT_EVERY_MS)
        return;
    set->complained_ms = now;
    log_event(set->options.log, LOG_LEVEL_WARN, "closed a gateway connection", "reason", reason,
              NULL);
}

static void release(struct connection *connection)
{
    struct connections *set = connection->set;

    if (connection->watched)
        event_del(&connection->event);
    if (connection->descriptor >= 0)
        close(connection->descriptor);
    buffer_free(&connection->exchange.log);
    buffer_free(&connection->taken);
    free(connection);
    set->count--;
    set->options.changed(set);
}

/* Ends a connection; its memory goes once nobody on the stack holds it. */
static void end(struct connection *connection)
{
    enter(connection, CLOSED);
    if (!connection->advancing)
        release(connection);
}

static void forget_request(struct connection *connection)
{
    fcgirequest_release(&connection->fcgi);
    free(connection->exchange.request.body);
    connection->exchange.request.body = NULL;
    buffer_clear(&connection->exchange.log);
}

/* One send() for the whole reply: log lines, response and end. A new connection's socket
 * buffer always takes it; on a kept one whose peer does not read, it may not. */
static bool send_reply(struct connection *connection)
{
    struct connections *set = connection->set;
    ssize_t sent;

    buffer_clear(&set->response);
    buffer_clear(&set->reply);
    response_render(&connection->exchange.response, &set->response);
    records_reply(&set->reply, connection->request_id, &set->response, &connection->exchange.log);
    if (buffer_status(&set->response) != BUFFER_OK || buffer_status(&set->reply) != BUFFER_OK)
        return false;
    do
        sent = send(connection->descriptor, set->reply.data, set->reply.length,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)set->reply.length;
}

static void on_reply(struct exchange *exchange)
{
    struct connection *connection = (struct connection *)exchange;
    bool sent = send_reply(connection);

    if (!sent) /* the front has gone, and the log line with it */
        log_write_text(connection->set->options.log, &exchange->log);
    forget_request(connection);
    if (sent && connection->oversize) {
        shutdown(connection->descriptor, SHUT_WR);
        enter(connection, DRAINING);
    } else if (sent && connection->keep && !connection->set->stopping) {
        enter(connection, IDLE);
        connection->set->options.changed(connection->set);
    } else {
        end(connection);
        return;
    }
    if (!connection->advancing)
        advance(connection);
}

/* Has libfcgi read the request, from the socket or from what was taken from it. */
static enum fcgirequest_status read_request(struct connection *connection,
                                            const struct records *records, bool oversize)
{
    enum fcgirequest_status status;
    char **body = &connection->exchange.request.body;

    if (connection->taken.length == 0) {
        status = fcgirequest_read(&connection->fcgi, connection->descriptor, records->body_length,
                                  oversize, body);
        if (status == FCGIREQUEST_FAILED)
            connection->descriptor = -1; /* libfcgi has closed it */
    } else {
        status = fcgirequest_read_bytes(&connection->fcgi, connection->taken.data,
                                        connection->taken.length, records->body_length, oversize,
                                        body);
        buffer_free(&connection->taken);
    }
    return status;
}

static void serve(struct connection *connection, const struct records *records, bool oversize)
{
    struct request *request = &connection->exchange.request;
    enum fcgirequest_status status = read_request(connection, records, oversize);

    if (status != FCGIREQUEST_OK) {
        complain(connection, status == FCGIREQUEST_FAILED ? "libfcgi refused the request"
                                                          : "out of memory");
        end(connection);
        return;
    }
    connection->request_id = records->request_id;
    connection->keep = records->keep_connection;
    connection->oversize = oversize;
    request_read_variables(request, connection->fcgi.envp);
    request->body_length = oversize ? 0 : records->body_length;
    request->body_state =
        oversize ? REQUEST_BODY_TOO_LARGE
                 : request_judge_body(request, records->body_length,
                                      connection->set->options.body_limit);
    request->begun_us = clock_monotonic_us();
    enter(connection, SERVING);
    connection->set->options.serve(connection->set->options.application, &connection->exchange);
}

/* Receives at most `room` bytes into the scratch area. True if there is something; otherwise `moved`
 * tells whether the connection ended. */
static bool receive(struct connection *connection, int flags, size_t room, size_t *length,
                    bool *moved)
{
    ssize_t count;

    do
        count = recv(connection->descriptor, connection->set->scratch, room, flags | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    *moved = count == 0 || (count < 0 && errno != EAGAIN);
    *length = count > 0 ? (size_t)count : 0;
    if (*moved)
        end(connection);
    return count > 0;
}

/* Acts on a judgement. True if the connection moved on; false if more bytes are needed. */
static bool act(struct connection *connection, const struct records *records,
                enum records_status status)
{
    switch (status) {
    case RECORDS_PARTIAL:
        return false;
    case RECORDS_WHOLE:
        serve(connection, records, false);
        return true;
    case RECORDS_OVERSIZE:
        serve(connection, records, true);
        return true;
    case RECORDS_BAD:
        break;
    }
    complain(connection, records->wrong);
    end(connection);
    return true;
}

/* Takes the next piece of a request, and no more than fits: what lies behind an oversize body's
 * beginning is drained after the 413. */
static bool take(struct connection *connection)
{
    size_t room = RECORDS_REQUEST_LIMIT - connection->taken.length, length;
    bool moved;

    if (room == 0) {
        complain(connection, "a request in too many small records");
        end(connection);
        return true;
    }
    if (!receive(connection, 0, room, &length, &moved))
        return moved;
    buffer_append(&connection->taken, connection->set->scratch, length);
    if (buffer_status(&connection->taken) != BUFFER_OK) {
        complain(connection, "out of memory");
        end(connection);
        return true;
    }
    return act(connection, &connection->records,
               records_judge(&connection->records,
                             (const unsigned char *)connection->taken.data,
                             connection->taken.length));
}

/* Looks at the beginning of a request without taking it; takes it unless it is whole. */
static bool look(struct connection *connection)
{
    struct connections *set = connection->set;
    struct records records;
    enum records_status status;
    size_t length;
    bool moved;

    if (connection->taken.length > 0)
        return take(connection);
    if (!receive(connection, MSG_PEEK, RECORDS_REQUEST_LIMIT, &length, &moved))
        return moved;
    if (connection->state == IDLE)
        enter(connection, WAITING);
    records_begin(&records, set->options.body_limit);
    status = records_judge(&records, set->scratch, length);
    if (status != RECORDS_PARTIAL)
        return act(connection, &records, status);
    records_begin(&connection->records, set->options.body_limit);
    return take(connection);
}

/* Throws away what comes. True if the connection moved on. */
static bool drain(struct connection *connection)
{
    size_t length;
    bool moved;

    while (receive(connection, 0, RECORDS_REQUEST_LIMIT, &length, &moved)) {
        connection->drained += length;
        if (connection->drained > DRAIN_LIMIT) {
            end(connection);
            return true;
        }
    }
    return moved;
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    advance(argument);
}

/* Edge-triggered: level-triggered, half a request left unread would wake us without end. So
 * whoever stops looking while bytes may lie there must come back by himself. */
static void watch(struct connection *connection)
{
    if (connection->watched)
        return;
    if (event_assign(&connection->event, connection->set->options.base, connection->descriptor,
                     EV_READ | EV_ET | EV_PERSIST, on_readable, connection) != 0 ||
        event_add(&connection->event, NULL) != 0) {
        complain(connection, "out of memory");
        end(connection);
        return;
    }
    connection->watched = true;
}

/* Moves a connection on as far as it goes without waiting. A piece that did not complete the
 * request may be followed by another already: only an empty socket ends the turn. */
static void advance(struct connection *connection)
{
    unsigned turns;

    if (connection->state == SERVING)
        return; /* looked at again after its reply */
    connection->advancing = true;
    for (turns = 0; turns < TURN_LIMIT; turns++) {
        size_t before = connection->taken.length;
        bool moved = connection->state == DRAINING ? drain(connection) : look(connection);

        if (connection->state == SERVING || connection->state == CLOSED)
            break;
        if (!moved && connection->taken.length == before)
            break;
    }
    if (connection->state != CLOSED && connection->state != SERVING)
        watch(connection);
    connection->advancing = false;
    if (connection->state == CLOSED)
        release(connection);
    else if (turns == TURN_LIMIT)
        event_active(&connection->event, EV_READ, 0);
}

static void end_overdue(struct connection_queue *queue, int64_t within_ms, const char *reason)
{
    int64_t now = clock_monotonic_ms();
    struct connection *connection;

    while ((connection = TAILQ_FIRST(queue)) && now - connection->since_ms >= within_ms) {
        if (reason)
            complain(connection, reason);
        end(connection);
    }
}

static void on_sweep(evutil_socket_t descriptor, short what, void *argument)
{
    struct connections *set = argument;
    struct timeval delay = {.tv_usec = SWEEP_MS * 1000};

    (void)descriptor;
    (void)what;
    end_overdue(&set->waiting, set->whole_within_ms, "no whole request in time");
    end_overdue(&set->draining, DRAIN_WITHIN_MS, NULL);
    if (!TAILQ_EMPTY(&set->waiting) || !TAILQ_EMPTY(&set->draining))
        event_add(set->sweep, &delay);
}

bool connections_open(struct connections *set, const struct connections_options *options)
{
    *set = (struct connections){.options = *options, .whole_within_ms = WHOLE_WITHIN_MS};
    TAILQ_INIT(&set->waiting);
    TAILQ_INIT(&set->idle);
    TAILQ_INIT(&set->serving);
    TAILQ_INIT(&set->draining);
    set->complained_ms = -COMPLAINT_EVERY_MS;
    buffer_init(&set->response, RESPONSE_LIMIT);
    buffer_init(&set->reply, RESPONSE_LIMIT + LOG_LIMIT + 1024);
    set->scratch = malloc(RECORDS_REQUEST_LIMIT);
    set->sweep = evtimer_new(options->base, on_sweep, set);
    if (set->scratch && set->sweep)
        return true;
    connections_close(set);
    return false;
}

void connections_add(struct connections *set, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection) {
        close(descriptor);
        return;
    }
    connection->set = set;
    connection->descriptor = descriptor;
    connection->exchange.reply = on_reply;
    connection->state = CLOSED;
    buffer_init(&connection->exchange.log, LOG_LIMIT);
    buffer_init(&connection->taken, RECORDS_REQUEST_LIMIT);
    set->count++;
    enter(connection, WAITING);
    advance(connection);
}

bool connections_close_oldest_idle(struct connections *set)
{
    struct connection *oldest = TAILQ_FIRST(&set->idle);

    if (!oldest)
        return false;
    end(oldest);
    return true;
}

void connections_stop(struct connections *set, int64_t whole_within_ms)
{
    set->stopping = true;
    set->whole_within_ms = whole_within_ms;
    while (connections_close_oldest_idle(set))
        ;
}

static void end_all(struct connection_queue *queue)
{
    struct connection *connection;

    while ((connection = TAILQ_FIRST(queue))) {
        if (connection->state == SERVING)
            forget_request(connection);
        end(connection);
    }
}

static void ignore_change(struct connections *set)
{
    (void)set;
}

void connections_close(struct connections *set)
{
    set->options.changed = ignore_change;
    end_all(&set->waiting);
    end_all(&set->idle);
    end_all(&set->serving);
    end_all(&set->draining);
    if (set->sweep)
        event_free(set->sweep);
    free(set->scratch);
    buffer_free(&set->response);
    buffer_free(&set->reply);
    set->sweep = NULL;
    set->scratch = NULL;
}
