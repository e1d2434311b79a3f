/*
 * A request as text, for a person to read and for `explain` to judge again: the variables that we
 * look at, a NAME=value line each, and the raw body as the last line.
 *
 * Authorization, cookies and everything else that no URL or signature is made of are not among
 * those variables, so they never get there. The signature is: without it there is nothing to
 * explain, and all that it allows is to send this one request again.
 */
#ifndef AUTOJOIN_DIAGNOSIS_REQUEST_TEXT_H
#define AUTOJOIN_DIAGNOSIS_REQUEST_TEXT_H

#include "gateway/request.h"
#include "support/buffer.h"

enum { REQUEST_TEXT_LIMIT = 2 * 1024 * 1024 };

/* Appends the request with that body (the request's own may have been decoded in place). Bytes
 * that are no printable ASCII, and the backslash, become \xNN. */
void request_text_write(struct buffer *out, const struct request *request, const char *body,
                        size_t body_length);

/* Reads such a text, in place; the request borrows it, body included. False if it is none:
 * no body line, or one that is broken. Names that we do not know are left out. */
bool request_text_read(struct request *request, char *text, size_t length);

#endif
