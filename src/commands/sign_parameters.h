/* The parameters that `sign` signs: those that are given, and those that no webhook of this account's lacks. */
#ifndef AUTOJOIN_COMMANDS_SIGN_PARAMETERS_H
#define AUTOJOIN_COMMANDS_SIGN_PARAMETERS_H

#include <stddef.h>

#include "support/config.h"

enum { SIGN_PARAMETERS_MORE = 3, SIGN_PARAMETERS_SIZE = 64 };

struct sign_parameters {
    char **arguments; /* NAME=VALUE; of the caller's texts, and of `more` */
    size_t count;
    char more[SIGN_PARAMETERS_MORE][SIGN_PARAMETERS_SIZE];
};

/* Takes the given parameters. Where they have an EventType, what is missing is put in: AccountSid
 * (TWILIO_ACCOUNT_SID), ChatServiceSid (TWILIO_CHAT_SERVICE_SID), and for onConversationAdded a DateCreated of two
 * minutes ago, so that a made-up conversation is found to be gone instead of young, and leaves no ticket. False if memory
 * ran out. To be given to sign_parameters_free(). */
bool sign_parameters_complete(struct sign_parameters *parameters, char *const *given, size_t count,
                              const struct config *config);

void sign_parameters_free(struct sign_parameters *parameters);

#endif
