/* The part of `check` that asks how Twilio signs and sends what goes to our URL: Webhook Rules. */
#ifndef AUTOJOIN_COMMANDS_CHECK_RULES_H
#define AUTOJOIN_COMMANDS_CHECK_RULES_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds of the Rule that takes AUTOJOIN_PUBLIC_URL, or of the default Rule without that setting. */
void check_rules(struct findings *findings, struct command_context *context);

#endif
