#include "build.h"

#include "gateway/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "gateway/intake.h"
#include "gateway/records.h"
#include "support/clock.h"

enum {
    WHOLE_WITHIN_MS = 5000, /* from the connection's first look to a whole request */
    DRAIN_WITHIN_MS = 2000, /* an oversize body */
    RESPONSE_LIMIT = 4096,
    DRAIN_LIMIT = 2 * 1024 * 1024, /* of an oversize body, so that its 413 arrives */
    TURN_LIMIT = 16,               /* requests of one connection before others have a turn */
};

enum connection_state { WAITING, IDLE, SERVING, DRAINING, CLOSED };

struct connection {
    struct exchange exchange; /* first: the exchange's address is ours */
    struct connections *set;
    TAILQ_ENTRY(connection) entry;
    enum connection_state state;
    bool watched;   /* `event` is added */
    bool advancing; /* advance() is on the stack and will go on */
    bool keep;      /* FCGI_KEEP_CONN */
    bool cut; /* the rest of the body is still to come */
    uint16_t request_id;
    int64_t since_ms; /* of WAITING and DRAINING */
    size_t drain_left; /* bytes of an oversize body that are put up with */
    struct intake intake;
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

static void enter(struct connection *connection, enum connection_state state)
{
    struct connections *set = connection->set;

    if (queue_of(connection))
        TAILQ_REMOVE(queue_of(connection), connection, entry);
    connection->state = state;
    if (queue_of(connection))
        TAILQ_INSERT_TAIL(queue_of(connection), connection, entry);
    if (state == WAITING || state == DRAINING) {
        struct timeval delay = {.tv_usec = CONNECTIONS_SWEEP_MS * 1000};

        connection->since_ms = clock_monotonic_ms();
        if (!event_pending(set->sweep, EV_TIMEOUT, NULL))
            event_add(set->sweep, &delay);
    }
}

static void connection_complain(struct connection *connection, const char *reason)
{
    struct connections *set = connection->set;

    if (log_in_turn(&set->complained_ms))
        log_event(set->options.log, LOG_LEVEL_WARN, "closed a gateway connection", "reason", reason,
                  NULL);
}

static void release(struct connection *connection)
{
    struct connections *set = connection->set;

    if (connection->watched)
        event_del(&connection->event);
    intake_close(&connection->intake);
    buffer_free(&connection->exchange.log);
    free(connection);
    set->count--;
    set->options.changed(set);
}

static void connection_end(struct connection *connection)
{
    enter(connection, CLOSED);
    if (!connection->advancing)
        release(connection);
}

static void forget_request(struct connection *connection)
{
    libfcgi_release(&connection->fcgi);
    free(connection->exchange.request.body);
    connection->exchange.request.body = NULL;
    intake_forget(&connection->intake);
    buffer_clear(&connection->exchange.log);
}

static void connection_drop(struct connection *connection)
{
    if (connection->state == SERVING)
        forget_request(connection);
    connection_end(connection);
}

/* One send() for the whole reply: log lines, response and end. A new connection's socket
 * buffer always takes it; on a kept one whose peer does not read, it may not. */
static bool send_all(const struct connection *connection, const struct buffer *bytes)
{
    ssize_t sent;

    if (buffer_status(bytes) != BUFFER_OK)
        return false;
    do
        sent = send(connection->intake.descriptor, bytes->data, bytes->length,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)bytes->length;
}

static bool send_reply(struct connection *connection)
{
    struct connections *set = connection->set;

    buffer_clear(&set->response);
    buffer_clear(&set->reply);
    response_render(&connection->exchange.response, &set->response);
    records_reply(&set->reply, connection->request_id, &set->response, &connection->exchange.log);
    return buffer_status(&set->response) == BUFFER_OK && send_all(connection, &set->reply);
}

static void on_reply(struct exchange *exchange)
{
    struct connection *connection = (struct connection *)exchange;
    const struct connections_options *options = &connection->set->options;
    bool sent;

    if (options->log_requests) {
        log_write_text(options->log, &exchange->log);
        buffer_clear(&exchange->log);
    }
    sent = send_reply(connection);
    if (!sent) /* the front has gone, and the log line with it */
        log_write_text(options->log, &exchange->log);
    forget_request(connection);
    if (sent && connection->cut) {
        shutdown(connection->intake.descriptor, SHUT_WR);
        enter(connection, DRAINING);
    } else if (sent && connection->keep && !connection->set->stopping) {
        enter(connection, IDLE);
        connection->set->options.changed(connection->set);
    } else {
        connection_end(connection);
        return;
    }
    if (!connection->advancing)
        advance(connection);
}

/* `state` is REQUEST_BODY_WHOLE, or why the body was not taken whole. */
static void serve(struct connection *connection, enum request_body state)
{
    const struct records *records = &connection->intake.records;
    struct request *request = &connection->exchange.request;
    bool cut = state != REQUEST_BODY_WHOLE;
    enum libfcgi_status status =
        intake_read(&connection->intake, &connection->fcgi, cut, &request->body);

    if (status != LIBFCGI_OK) {
        connection_complain(connection, status == LIBFCGI_FAILED
                                            ? "libfcgi refused the request"
                                            : "out of memory");
        connection_end(connection);
        return;
    }
    connection->request_id = records->request_id;
    connection->keep = records->keep_connection;
    connection->cut = cut;
    request_read_variables(request, connection->fcgi.envp);
    request->body_length = cut ? 0 : records->body_length;
    request->body_state = cut ? state
                              : request_judge_body(request, records->body_length,
                                                   connection->set->options.body_limit);
    request->begun_us = clock_monotonic_us();
    enter(connection, SERVING);
    connection->set->options.serve(connection->set->options.application, &connection->exchange);
}

/* FCGI_GET_VALUES. Its answer gives nobody more time to make a request whole, but a kept connection, on
 * which none has to come, is idle again. */
static void answer_values(struct connection *connection)
{
    struct connections *set = connection->set;

    buffer_clear(&set->reply);
    if (!intake_answer(&connection->intake, set->scratch, set->options.requests_limit, &set->reply) ||
        !send_all(connection, &set->reply)) {
        connection_end(connection);
    } else if (connection->keep && !set->stopping) {
        enter(connection, IDLE);
        set->options.changed(set);
    }
}

/* Acts on what has come. False if nothing more lies in the socket. */
static bool look(struct connection *connection)
{
    struct connections *set = connection->set;
    enum intake_status status =
        intake_look(&connection->intake, set->scratch, set->options.body_limit);

    if (status == INTAKE_EMPTY)
        return false;
    if (connection->state == IDLE && status != INTAKE_ENDED)
        enter(connection, WAITING);
    switch (status) {
    case INTAKE_EMPTY:
    case INTAKE_PIECE:
        break;
    case INTAKE_WHOLE:
        serve(connection, REQUEST_BODY_WHOLE);
        break;
    case INTAKE_OVERSIZE:
        serve(connection, REQUEST_BODY_TOO_LARGE);
        break;
    case INTAKE_CROWDED:
        serve(connection, REQUEST_BODY_CROWDED);
        break;
    case INTAKE_ASKED:
        answer_values(connection);
        break;
    case INTAKE_BAD:
        connection_complain(connection, connection->intake.wrong);
        connection_end(connection);
        break;
    case INTAKE_ENDED:
        connection_end(connection);
        break;
    }
    return true;
}

/* Throws away what comes. */
static void drain(struct connection *connection)
{
    if (!intake_discard(&connection->intake, connection->set->scratch, &connection->drain_left))
        connection_end(connection);
}

static void on_readable(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    advance(argument);
}

/* Edge-triggered: level-triggered, half a request left unread would wake us without end. So
 * what stops looking while bytes may lie there must come back by itself. */
static void watch(struct connection *connection)
{
    if (connection->watched)
        return;
    if (event_assign(&connection->event, connection->set->options.base,
                     connection->intake.descriptor, EV_READ | EV_ET | EV_PERSIST, on_readable,
                     connection) != 0 ||
        event_add(&connection->event, NULL) != 0) {
        connection_complain(connection, "out of memory");
        connection_end(connection);
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
        if (connection->state == DRAINING) {
            drain(connection);
            break;
        }
        if (!look(connection) || connection->state == SERVING || connection->state == CLOSED)
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

static void connection_begin(struct connections *set, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection) {
        close(descriptor);
        return;
    }
    connection->set = set;
    intake_init(&connection->intake, descriptor, &set->long_ones);
    connection->drain_left = DRAIN_LIMIT;
    connection->exchange.reply = on_reply;
    connection->state = CLOSED;
    buffer_init(&connection->exchange.log, CONNECTIONS_LOG_LIMIT);
    set->count++;
    enter(connection, WAITING);
    advance(connection);
}

static void end_overdue(struct connection_queue *queue, int64_t within_ms, const char *reason)
{
    int64_t now = clock_monotonic_ms();
    struct connection *connection;

    while ((connection = TAILQ_FIRST(queue)) && now - connection->since_ms >= within_ms) {
        if (reason)
            connection_complain(connection, reason);
        connection_end(connection);
    }
}

static void on_sweep(evutil_socket_t descriptor, short what, void *argument)
{
    struct connections *set = argument;
    struct timeval delay = {.tv_usec = CONNECTIONS_SWEEP_MS * 1000};

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
    buffer_init(&set->response, RESPONSE_LIMIT);
    buffer_init(&set->reply, RESPONSE_LIMIT + CONNECTIONS_LOG_LIMIT + 1024);
    set->scratch = malloc(RECORDS_REQUEST_LIMIT);
    set->sweep = evtimer_new(options->base, on_sweep, set);
    if (set->scratch && set->sweep)
        return true;
    connections_close(set);
    return false;
}

void connections_add(struct connections *set, int descriptor)
{
    connection_begin(set, descriptor);
}

bool connections_close_oldest_idle(struct connections *set)
{
    struct connection *oldest = TAILQ_FIRST(&set->idle);

    if (!oldest)
        return false;
    connection_end(oldest);
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

    while ((connection = TAILQ_FIRST(queue)))
        connection_drop(connection);
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
