/* The part of `check` that asks whether the URL leads to our responder, and whether signatures hold there. */
#ifndef AUTOJOIN_COMMANDS_CHECK_PUBLIC_H
#define AUTOJOIN_COMMANDS_CHECK_PUBLIC_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Asks what answers at `url` (NULL: AUTOJOIN_PUBLIC_URL is not set, and Twilio has none) which settings it has, and posts
 * a signed event there that calls for nothing. `settings` is the settings file's path, NULL for the standard one. */
void check_public(struct findings *findings, struct command_context *context, const char *url, const char *settings);

#endif
