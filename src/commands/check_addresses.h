/* The part of `check` that looks at the account's addresses: where do they create conversations, and who gets those? */
#ifndef AUTOJOIN_COMMANDS_CHECK_ADDRESSES_H
#define AUTOJOIN_COMMANDS_CHECK_ADDRESSES_H

#include <jansson.h>
#include <stddef.h>

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds for the service the bot works in, and by the account's default one; each "" if that cannot be told, of
 * which `unknown` says why. */
void check_addresses(struct findings *findings, struct command_context *context, const char *service,
                     const char *default_service, const char *unknown);

enum { CHECK_ADDRESSES_NAME_SIZE = 96 };

/* Names an address (an entry of Twilio's list) so that its owner knows it: a phone number by its last four digits, anything
 * else, as a WhatsApp id that is no number ("whatsapp:US.ABC123XYZ"), by its configuration's SID and its type, and with no
 * character of it. */
void check_addresses_name(char name[CHECK_ADDRESSES_NAME_SIZE], const json_t *address);

#endif
