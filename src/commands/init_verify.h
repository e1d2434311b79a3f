/* Whether Twilio agrees with what `init` was told. */
#ifndef AUTOJOIN_COMMANDS_INIT_VERIFY_H
#define AUTOJOIN_COMMANDS_INIT_VERIFY_H

#include "commands/init_answers.h"

enum init_verify_status {
    INIT_VERIFY_OK,
    INIT_VERIFY_REFUSED,    /* Twilio says no */
    INIT_VERIFY_FAULTY,     /* the settings file has faults, which standard error was told: nothing was asked */
    INIT_VERIFY_CANNOT_TELL /* it cannot be asked, or something else is in the way */
};

enum { INIT_VERIFY_WHY_SIZE = 512 };

/* Asks Twilio whether the account and its token go together, or the API key, and whether it has the bot's identity.
 * `why` gets what to tell a person, "" for nothing: with OK it is a doubt, as about an identity that no client has
 * connected with yet. In a process of its own, which takes the answers as settings. Blocks, at most a quarter of a
 * minute. */
enum init_verify_status init_verify_credentials(const struct init_answers *answers, char *why);
enum init_verify_status init_verify_identity(const struct init_answers *answers, char *why);

#endif
