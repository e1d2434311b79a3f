/*
 * The FastCGI connections of a process: each waits for a whole request, is served, answers,
 * and then waits for its next one or closes.
 */
#ifndef AUTOJOIN_GATEWAY_CONNECTIONS_H
#define AUTOJOIN_GATEWAY_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "gateway/exchange.h"
#include "support/log.h"

struct connection;
struct connections;

enum {
    CONNECTIONS_SWEEP_MS = 250, /* how often the overdue ones are looked for, if there can be any */
    CONNECTIONS_LOG_LIMIT = 6 * 1024, /* of a request's lines; mod_fcgid drops what is over 8 KiB (measured, 2.3.9) */
};

struct connections_options {
    struct event_base *base;
    size_t body_limit;
    uint64_t requests_limit; /* told to web servers that ask (FCGI_GET_VALUES) */
    exchange_serve_fn *serve;
    void *application;
    const struct log *log;
    bool log_requests; /* lines of requests, too, go to `log`, not to the web server (FCGI_STDERR) */
    /* Called when a connection has gone, or is idle and could be closed for another. */
    void (*changed)(struct connections *connections);
};

TAILQ_HEAD(connection_queue, connection);

struct connections {
    struct connections_options options;
    struct connection_queue waiting;  /* for the rest of a request, oldest first */
    struct connection_queue idle;     /* kept open by the front, oldest first */
    struct connection_queue serving;
    struct connection_queue draining; /* an oversize body is being thrown away */
    size_t count;                     /* of all of them */
    size_t long_ones;                 /* see gateway/intake */
    int64_t whole_within_ms;
    bool stopping;
    struct event *sweep;
    unsigned char *scratch; /* what was last looked at, of any connection */
    struct buffer response, reply; /* reused from one answer to the next */
    int64_t complained_ms;
};

/* Prepares an empty set. False if memory ran out; nothing is left behind. */
bool connections_open(struct connections *connections, const struct connections_options *options);

/* Takes over an accepted, non-blocking descriptor and looks at it at once. */
void connections_add(struct connections *connections, int descriptor);

/* Makes room: closes the kept connection that has been idle longest. False if none is. */
bool connections_close_oldest_idle(struct connections *connections);

/* The process stops: idle ones are closed, others after their answer, and a request that is
 * not whole by then gets `whole_within_ms` from when it began. */
void connections_stop(struct connections *connections, int64_t whole_within_ms);

/* Closes all, answered or not, and frees what the set holds. */
void connections_close(struct connections *connections);

#endif
