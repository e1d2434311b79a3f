/*
 * What each of Twilio's answers to adding a participant means: the table, by Twilio's error code
 * first and HTTP status second. A 409 alone is not success: only 50433 and its like are.
 * Source: Twilio's error pages (twilio.com/docs/api/errors/CODE).
 */
#ifndef AUTOJOIN_TWILIO_VERDICT_H
#define AUTOJOIN_TWILIO_VERDICT_H

#include <stdbool.h>

#include "twilio/rest.h"

enum verdict {
    VERDICT_JOINED,
    VERDICT_ALREADY_JOINED,
    VERDICT_GONE,
    VERDICT_TRY_AGAIN,     /* soon, within the deadline */
    VERDICT_LATER,         /* trying again at once would not help */
    VERDICT_REFUSED,
    VERDICT_NOT_FOUND,     /* to be verified: Twilio may have created it all the same */
    VERDICT_NEEDS_ADDRESS  /* a group conversation: try with a projected address */
};

/* Judges the answer to a participant's POST. `code` gets Twilio's error code or 0; `reason` a
 * static text for the log, NULL for success. */
enum verdict verdict_judge(const struct rest_result *result, long *code, const char **reason);

/* Whether a refusal with that status and code would meet every other conversation too: credentials,
 * permission, the identity and its limit. */
bool verdict_is_account_wide(long http_status, long code);

/* Whether the code says that the identity is in as many conversations as it may be. */
bool verdict_is_identity_full(long code);

#endif
