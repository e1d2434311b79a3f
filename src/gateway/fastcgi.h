/*
 * FastCGI on one event loop: listening socket, connections, stop.
 *
 * Every connection is watched until one whole request has come; libfcgi then reads that, and
 * the application answers whenever it can. Nobody waits for anybody.
 */
#ifndef AUTOJOIN_GATEWAY_FASTCGI_H
#define AUTOJOIN_GATEWAY_FASTCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "gateway/exchange.h"
#include "support/log.h"

enum fastcgi_status {
    FASTCGI_OK,
    FASTCGI_NO_MEMORY,
    FASTCGI_LIBRARY /* libfcgi or libevent would not start */
};

struct fastcgi_options {
    struct event_base *base;
    int listener; /* listening socket; made non-blocking; stays the caller's */
    size_t body_limit;
    uint64_t requests_limit;  /* told to web servers that ask (FCGI_GET_VALUES) */
    size_t connections_limit; /* beyond, new ones wait in the listen queue */
    exchange_serve_fn *serve;
    void *application;
    const struct log *log; /* for what belongs to no request */
    bool log_requests;     /* ... and what does, instead of to the web server (FCGI_STDERR) */
};

struct fastcgi;

/* Starts listening. The caller runs the event loop, and frees with fastcgi_close(). Not
 * thread-safe: one per process. */
enum fastcgi_status fastcgi_open(struct fastcgi **fastcgi, const struct fastcgi_options *options);

/* From here on requests are served as these options say; base and listener stay what they are. Connections are not
 * touched, and requests in hand are answered by whoever has them. */
void fastcgi_change(struct fastcgi *fastcgi, const struct fastcgi_options *options);

/* Takes the connections that are queued already, then no more; lets the requests in hand be
 * answered; then breaks the event loop. To be called from within the loop. `stays_open`: the
 * listening socket is another's, and may get requests until we end; those that come within a
 * second, while others are in hand, are taken too. Otherwise the caller closes it at once. */
void fastcgi_stop(struct fastcgi *fastcgi, bool stays_open);

/* Closes what is open and frees. Exchanges still unanswered must not be replied to after. */
void fastcgi_close(struct fastcgi *fastcgi);

#endif
