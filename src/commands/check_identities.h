/* The part of `check` that looks at the bot's identities: does Twilio know them, and have they room? */
#ifndef AUTOJOIN_COMMANDS_CHECK_IDENTITIES_H
#define AUTOJOIN_COMMANDS_CHECK_IDENTITIES_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds for the service the bot works in; "": the account's default one. */
void check_identities(struct findings *findings, struct command_context *context, const char *service);

#endif
