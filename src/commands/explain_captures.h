/* `explain` without a FILE: all kept requests, those that have one cause told as one. */
#ifndef AUTOJOIN_COMMANDS_EXPLAIN_CAPTURES_H
#define AUTOJOIN_COMMANDS_EXPLAIN_CAPTURES_H

#include <stdbool.h>

#include "diagnosis/diagnosis.h"

/* Explains what is kept in the directory and prints it, what is proved first; says on standard error what cannot be
 * read. A forger's requests are many and take long, Twilio's are what somebody asks about: each gets a short
 * search, and what that leaves open a long one, the newest first, within a bounded time. Returns the exit status. */
int explain_captures(const char *directory, const struct diagnosis_input *common, bool json);

#endif
