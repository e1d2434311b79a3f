/*
 * HTTPS exchanges with Twilio on kept connections, many at once on one event loop.
 *
 * What is fixed for all: TLS verified, TLS 1.2 at least, no redirects (a redirect would resend
 * the credentials), HTTP/1.1, replies bounded, a proxy only if it is configured, and no variable
 * of the environment heeded.
 */
#ifndef AUTOJOIN_TWILIO_REST_H
#define AUTOJOIN_TWILIO_REST_H

#include <event2/event.h>

#include "support/config.h"
#include "twilio/rest_message.h"

typedef void rest_done_fn(void *argument, const struct rest_result *result);

struct rest;
struct rest_exchange;

/* Prepares exchanges with AUTOJOIN_API_URL; libcurl is initialised with the first one. Once per
 * process, which must have no threads of its own. NULL if memory ran out. `config` and
 * `base` must outlive it. */
struct rest *rest_new(const struct config *config, struct event_base *base);

/* Drops what is under way without calling anybody back, closes connections, frees. Not from within a `done`. */
void rest_free(struct rest *rest);

/* Starts an exchange. `done` is called once, from the event loop, never before this returns.
 * NULL if memory ran out, the path is no request target, or the credentials must not go where it leads;
 * then `done` is not called. */
struct rest_exchange *rest_start(struct rest *rest, const struct rest_request *request,
                                 rest_done_fn *done, void *argument);

/* Gives up an exchange; its `done` is not called. Not to be used once `done` was called. */
void rest_cancel(struct rest_exchange *exchange);

/* Opens a connection ahead of its first use, so that the first customer need not wait for
 * DNS and TLS. */
void rest_preconnect(struct rest *rest);

#endif
