/*
 * HTTPS exchanges with Twilio on kept connections, many at once on one event loop.
 *
 * What is fixed for all: TLS verified, TLS 1.2 at least, no redirects (a redirect would resend
 * the credentials), HTTP/1.1, replies bounded, a proxy only if it is configured, and no variable
 * of the environment heeded.
 */
#ifndef AUTOJOIN_TWILIO_REST_H
#define AUTOJOIN_TWILIO_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/config.h"

enum rest_status {
    REST_OK,          /* an HTTP answer came, whatever its status */
    REST_TIMEOUT,     /* no whole answer in time */
    REST_UNREACHABLE, /* no name, no route, connection refused or cut */
    REST_TLS,         /* the peer could not be proved to be Twilio */
    REST_TOO_LARGE,   /* the reply was over its limit */
    REST_BAD_REPLY,   /* not HTTP, or cut short */
    REST_NO_MEMORY
};

enum {
    REST_REQUEST_ID_SIZE = 64,
    REST_REPLY_LIMIT = 64 * 1024,     /* of one resource */
    REST_LIST_LIMIT = 1024 * 1024,    /* of one page of a list */
    REST_PATH_LIMIT = 4096,
};

enum rest_method { REST_GET, REST_POST, REST_DELETE, REST_HEAD };

/* One exchange to be made. Strings are copied. */
struct rest_order {
    enum rest_method method;
    const char *path; /* from "/" on; encoded */
    const char *origin; /* scheme and host it goes to; NULL: AUTOJOIN_API_URL. Anywhere but at
                           Twilio it must be anonymous */
    const char *form; /* body of a POST, encoded; NULL for none */
    int64_t timeout_ms;
    size_t reply_limit;
    bool anonymous;        /* send no credentials */
    const char *user;      /* others than the settings' REST credentials; NULL for those */
    const char *password;
    const char *header;    /* one more header line; NULL for none */
};

struct rest_result {
    enum rest_status status;
    long http_status;
    const char *body; /* NUL-terminated; valid during the callback */
    size_t body_length;
    char request_id[REST_REQUEST_ID_SIZE]; /* Twilio-Request-Id; printable, cut to fit */
    int64_t retry_after_s; /* Retry-After in seconds, a day at most; -1 if there is none */
    const char *date;      /* Date header; "" if none; valid during the callback */
    int64_t elapsed_us;
    const char *reason;    /* what went wrong without an HTTP answer; static */
};

typedef void rest_done_fn(void *argument, const struct rest_result *result);

struct rest;
struct rest_exchange;

/* Prepares exchanges with AUTOJOIN_API_URL; libcurl is initialised with the first one. Once per
 * process, which must have no threads of its own. NULL if memory ran out. `config` and
 * `base` must outlive it. */
struct rest *rest_new(const struct config *config, struct event_base *base);

/* Drops what is under way without calling anybody back, closes connections, frees. */
void rest_free(struct rest *rest);

/* Starts an exchange. `done` is called once, from the event loop, never before this returns.
 * NULL if memory ran out, the path is no request target, or the credentials must not go where it leads;
 * then `done` is not called. */
struct rest_exchange *rest_start(struct rest *rest, const struct rest_order *order,
                                 rest_done_fn *done, void *argument);

/* Gives up an exchange; its `done` is not called. Not to be used once `done` was called. */
void rest_cancel(struct rest_exchange *exchange);

/* Opens a connection ahead of its first use, so that the first customer need not wait for
 * DNS and TLS. */
void rest_preconnect(struct rest *rest);

#endif
