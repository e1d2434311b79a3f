/* The part of `check` that asks whether Twilio sends its webhooks to us, and sends them again. */
#ifndef AUTOJOIN_COMMANDS_CHECK_WEBHOOKS_H
#define AUTOJOIN_COMMANDS_CHECK_WEBHOOKS_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds for the service the bot works in; "" if that cannot be told. `streamed`: Event Streams brings us
 * what calls for a join, so that a webhook need not. `sent_to` gets the URL that Twilio
 * sends to, nothing if there is none, or it cannot be told. */
void check_webhooks(struct findings *findings, struct command_context *context, const char *service,
                    bool streamed, struct buffer *sent_to);

#endif
