/* The part of `setup` that says how often Twilio repeats a webhook that failed. */
#ifndef AUTOJOIN_COMMANDS_SETUP_RETRIES_H
#define AUTOJOIN_COMMANDS_SETUP_RETRIES_H

#include "commands/setup_change.h"

/* The highest count that Twilio documents, for the webhook of a channel (chat v2, Configuration.RetryCount); the
 * service's has no documented limit. */
enum { SETUP_RETRIES_MOST = 3 };

/* Sets PostWebhookRetryCount of the service to --retries. Returns the exit status. */
int setup_retries(struct setup *setup);

#endif
