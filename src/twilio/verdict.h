/*
 * What each of Twilio's answers to a join's requests means: the table, by Twilio's error code first
 * and HTTP status second. A 409 alone is not success: only 50433 and its like are. In a group text 50434 says
 * that an identity needs a number, 50437 that this identity has that number already, 50444 that the number has
 * an identity already, and 50438 tells of numbers, not of identities: they have a conversation of their own.
 * Source: Twilio's error pages (twilio.com/docs/api/errors/CODE).
 */
#ifndef AUTOJOIN_TWILIO_VERDICT_H
#define AUTOJOIN_TWILIO_VERDICT_H

#include <stdbool.h>

#include "twilio/resources.h"
#include "twilio/rest_message.h"

enum verdict {
    VERDICT_DONE,
    VERDICT_ALREADY_JOINED, /* these four of CALL_ADD and CALL_UPDATE only */
    VERDICT_FULL,           /* the identity is in as many conversations as it may be */
    VERDICT_NEEDS_ADDRESS,  /* a group conversation */
    VERDICT_TAKEN,          /* the participant takes no identity: it has one, or is no number */
    VERDICT_GONE,
    VERDICT_INITIALIZING,   /* a group whose participants are still being created: for less than a second */
    VERDICT_TRY_AGAIN,      /* soon, within the deadline */
    VERDICT_LATER,          /* trying again at once would not help */
    VERDICT_REFUSED,
    VERDICT_NOT_FOUND       /* of CALL_ADD to be verified: Twilio may have created it all the same */
};

/* Judges an answer. VERDICT_DONE: it names the resource, where the request is for one; of a list only its
 * status is judged. `code` gets Twilio's error code or 0; `reason` a static text for the log,
 * NULL for success. Thread-safe. */
enum verdict verdict_judge(enum resources_call call, const struct rest_result *result, long *code,
                           const char **reason);

/* Whether a refusal with that status and code would meet every other conversation too: credentials,
 * permission, the identity and its limit. */
bool verdict_is_account_wide(long http_status, long code);

/* Whether it says that good credentials may not do this, which is not to say that they may do nothing else.
 * Thread-safe. */
bool verdict_is_permission(long http_status, long code);

#endif
