/*
 * The answer: Status, headers, body (RFC 3875, section 6). The only writer of a reply.
 */
#ifndef AUTOJOIN_GATEWAY_RESPONSE_H
#define AUTOJOIN_GATEWAY_RESPONSE_H

#include <stdbool.h>

#include "support/buffer.h"

struct response {
    int status;
    const char *body;  /* JSON text, static */
    unsigned retry_after; /* seconds; 0 leaves the header out */
    bool allow_post;   /* Allow: POST, for 405 */
    bool without_body; /* the answer to HEAD */
};

/* Appends the whole CGI response: Status with its reason phrase (nginx gives the client a bare
 * number without one), Content-Type always (Twilio error 12300), Cache-Control. */
void response_render(const struct response *response, struct buffer *out);

#endif
