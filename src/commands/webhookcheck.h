/* The part of `check` that asks whether Twilio sends its webhooks to us, and sends them again. */
#ifndef AUTOJOIN_COMMANDS_WEBHOOKCHECK_H
#define AUTOJOIN_COMMANDS_WEBHOOKCHECK_H

#include "commands/finding.h"
#include "commands/workplace.h"

/* Adds what it finds for the service the bot works in; "" if that cannot be told. */
void webhookcheck(struct findings *findings, struct workplace *workplace, const char *service);

#endif
