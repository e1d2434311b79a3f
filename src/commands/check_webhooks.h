/* The part of `check` that asks whether Twilio sends its webhooks to us, and sends them again. */
#ifndef AUTOJOIN_COMMANDS_CHECK_WEBHOOKS_H
#define AUTOJOIN_COMMANDS_CHECK_WEBHOOKS_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds for the service the bot works in; "" if that cannot be told. */
void check_webhooks(struct findings *findings, struct command_context *context, const char *service);

/* Posts a signed event that calls for nothing to AUTOJOIN_PUBLIC_URL. Without that setting it finds
 * nothing. */
void check_public(struct findings *findings, struct command_context *context);

#endif
