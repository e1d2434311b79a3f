/* The body of a webhook as a command is given it: whole, or by its parameters. */
#ifndef AUTOJOIN_COMMANDS_WEBHOOK_BODY_H
#define AUTOJOIN_COMMANDS_WEBHOOK_BODY_H

#include <stdbool.h>

#include "support/buffer.h"

/* Appends all that can be read, up to the buffer's ceiling. False if there is more, or on an
 * error (errno). */
bool webhook_body_read(struct buffer *body, int descriptor);

/* Makes the body: `given` ("-": from standard input), or if it is NULL the NAME=VALUE arguments as
 * Twilio encodes them (application/x-www-form-urlencoded, "+" for a blank). False, and said
 * on standard error, if an argument has no "=" or it is too large. */
bool webhook_body_make(struct buffer *body, const char *given, char *const *arguments, size_t count);

/* Makes the CloudEvent that Event Streams sends of the event that those arguments tell of, its type by their
 * EventType. False, and said on standard error, if there is no such one, an argument has no "=", or it is no text. */
bool webhook_body_make_event(struct buffer *body, char *const *arguments, size_t count);

#endif
