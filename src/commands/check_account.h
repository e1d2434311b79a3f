/* The part of `check` that asks Twilio: credentials, clock, webhooks, addresses, the identity's limit. */
#ifndef AUTOJOIN_COMMANDS_CHECK_ACCOUNT_H
#define AUTOJOIN_COMMANDS_CHECK_ACCOUNT_H

#include "commands/check_finding.h"
#include "commands/command_context.h"
#include "support/sid.h"
#include "twilio/ask.h"

/* Adds what it finds. Stops early where nothing further can be found without credentials. `sent_to` is as in
 * commands/check_webhooks.h. */
void check_account(struct findings *findings, struct command_context *context, struct buffer *sent_to);

/* The service the bot works in: TWILIO_CHAT_SERVICE_SID, or the account's default one. False if
 * that cannot be asked, or there is none; then `failure`, which holds no JSON, says why. */
bool check_account_service(const struct asker *asker, const struct config *config, struct sid *service,
                     struct ask_answer *failure);

#endif
