/*
 * One HTTP/1.1 request as bytes: request line, the header lines that are ready beforehand, and the body.
 * Thread-safe, as nothing is shared.
 */
#ifndef AUTOJOIN_TWILIO_HTTP_REQUEST_H
#define AUTOJOIN_TWILIO_HTTP_REQUEST_H

#include <stdbool.h>

#include "support/buffer.h"
#include "support/origin.h"
#include "twilio/rest_message.h"

enum { HTTP_REQUEST_LINES_LIMIT = 32 * 1024 };

/* Initialises `lines` and writes what is the same for many requests: Accept, User-Agent, credentials for Basic
 * authentication (RFC 7617) unless `user` is NULL. Their memory is wiped when it is given back, and not swapped
 * where that is allowed. False if memory ran out; http_request_free_lines() is called in any case. */
bool http_request_lines(struct buffer *lines, const char *user, const char *password);

void http_request_free_lines(struct buffer *lines);

/* Appends "Proxy-Authorization" with the userinfo of a proxy's URL, if it has one: for requests that the proxy
 * itself is asked. False if memory ran out. */
bool http_request_authorize_proxy(struct buffer *lines, const char *proxy);

/* Whether it is an origin and nothing more, so that it may stand in a request. */
bool http_request_is_origin(struct origin *origin, const char *text);

/* Writes the request into `out`. `whole`: the request line names the whole URL, as a proxy wants it (RFC 9112,
 * 3.2.2). False if it does not fit, memory ran out, or the path or the header line is none, in which case nothing
 * of it may be sent. */
bool http_request_write(struct buffer *out, const struct rest_request *request, const struct origin *origin,
                        bool whole, const struct buffer *lines);

#endif
