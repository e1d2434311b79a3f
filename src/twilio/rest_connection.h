/*
 * One connection to a server, opened by libcurl (names, proxy, TLS and its verification, the time-out of all
 * that), and used by us: bytes to send, bytes that came, and an event when there are more.
 *
 * What is fixed for all: TLS verified, TLS 1.2 at least, no HTTP/2, a proxy only if it is configured, no variable
 * of the environment heeded, and nothing of a request said to a proxy on the way. Not thread-safe.
 */
#ifndef AUTOJOIN_TWILIO_REST_CONNECTION_H
#define AUTOJOIN_TWILIO_REST_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "support/config.h"
#include "twilio/rest_loop.h"

enum rest_io {
    REST_IO_DONE,  /* something was sent or came */
    REST_IO_AGAIN, /* nothing for now: an event will tell */
    REST_IO_ENDED, /* the peer has closed in due form */
    REST_IO_BROKEN /* reset, cut, or TLS says that it is not what was sent */
};

struct rest_connection;

/* Told once: it is connected, or, if `code` is not CURLE_OK, it is not. */
typedef void rest_connected_fn(struct rest_connection *connection, CURLcode code);
/* There may be something to read, or room to write. */
typedef void rest_ready_fn(struct rest_connection *connection, void *argument);

struct rest_connection {
    TAILQ_ENTRY(rest_connection) entry; /* its owner's */
    void *owner;                        /* whose it is; for the owner */
    void *claim;
    int64_t used_us;
    bool used; /* at least one reply came over it */

    /* ---- its own */
    CURL *easy;
    struct rest_loop *loop;
    char *origin; /* owned */
    rest_connected_fn *connected;
    rest_ready_fn *ready;
    void *argument;
    struct ssl_st *ssl; /* libcurl's; NULL unless OpenSSL reads ahead */
    struct event readable, writable;
    bool connecting, watched;
};

/* Begins to connect; `origin` is copied. `connected` is called from the event loop, never before this returns.
 * NULL if memory ran out, or libcurl lacks an option that safety rests on. */
struct rest_connection *rest_connection_open(struct rest_loop *loop, const struct config *config, CURLSH *share,
                                             const char *origin, rest_connected_fn *connected, void *owner);

/* Called by rest_loop for each handle of a connection (rest_loop_new()). */
void rest_connection_on_end(CURL *easy, CURLcode code);

/* Says who hears that there is something to read from now on: once it is connected there always is somebody. */
void rest_connection_listen(struct rest_connection *connection, rest_ready_fn *ready, void *argument);

/* Sends what goes out at once. After REST_IO_AGAIN the same bytes are to be given once more when it is ready. */
enum rest_io rest_connection_send(struct rest_connection *connection, const char *bytes, size_t length, size_t *sent);

/* Takes what came. To be called until it answers otherwise than REST_IO_DONE, or until the reply is whole: what
 * TLS holds already makes no event. */
enum rest_io rest_connection_receive(struct rest_connection *connection, char *bytes, size_t size, size_t *received);

/* Whether nothing has come that is not taken yet: what was not asked for would be taken for the next reply. Costs
 * nothing unless TLS holds something; what lies in the socket makes an event. */
bool rest_connection_is_quiet(struct rest_connection *connection);

/* Closes and frees it. NULL is nothing. */
void rest_connection_close(struct rest_connection *connection);

#endif
