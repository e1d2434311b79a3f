/* What may be sent as the target of a request to Twilio. */
#ifndef AUTOJOIN_TWILIO_REQUESTTARGET_H
#define AUTOJOIN_TWILIO_REQUESTTARGET_H

#include <stdbool.h>

/* Whether `text` is an absolute path of printable ASCII without a blank (RFC 9112, 3.2.1). libcurl sends it
 * byte by byte: a blank or a line break would end it, and begin something else. Thread-safe. */
bool requesttarget_valid(const char *text);

#endif
