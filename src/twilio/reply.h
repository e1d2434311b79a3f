/* What we read of Twilio's JSON. Anything that is not what we expect is "not there". */
#ifndef AUTOJOIN_TWILIO_REPLY_H
#define AUTOJOIN_TWILIO_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "support/sid.h"

/* Twilio's error code, from either shape: {"code":50433,...} of old or RFC 9457's. 0 if there is
 * none. Thread-safe. */
long reply_error_code(const char *body, size_t length);

/* The "sid" of a resource, if it is of that kind. False, and an empty SID, otherwise. */
bool reply_sid(struct sid *sid, const char *body, size_t length, const char *prefix);

#endif
