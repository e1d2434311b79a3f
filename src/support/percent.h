/*
 * Percent-encoding (RFC 3986, section 2.1) and its form variant
 * (application/x-www-form-urlencoded, where "+" is a blank).
 */
#ifndef AUTOJOIN_SUPPORT_PERCENT_H
#define AUTOJOIN_SUPPORT_PERCENT_H

#include <stddef.h>

#include "support/buffer.h"

/* Appends the bytes with all but the unreserved characters encoded, so that
 * they are one path segment or one form value. Errors stay in the buffer. */
void percent_encode(struct buffer *out, const char *bytes, size_t length);

/* Appends "name=value", both encoded, with a leading "&" unless the buffer is
 * empty: one step of building a form body. */
void percent_encode_pair(struct buffer *out, const char *name, const char *value);

/* Decodes form bytes in place: "+" to a blank, %XX to its byte; a "%" that no
 * two hex digits follow stays as it is, as Twilio's own libraries have it.
 * Returns the new length, never larger. */
size_t percent_decode_form(char *bytes, size_t length);

#endif
