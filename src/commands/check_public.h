/* The part of `check` that plays Twilio: does the public URL lead to our responder, and does a
 * signature hold there? */
#ifndef AUTOJOIN_COMMANDS_CHECK_PUBLIC_H
#define AUTOJOIN_COMMANDS_CHECK_PUBLIC_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Posts a signed event that calls for nothing to AUTOJOIN_PUBLIC_URL. Without that setting it finds
 * nothing. */
void check_public(struct findings *findings, struct command_context *context);

#endif
