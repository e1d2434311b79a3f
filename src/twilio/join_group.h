/*
 * The account's numbers in a group text: which of them could be the bot's. A number takes part as a participant with
 * messaging_binding.projected_address; whoever writes for it is its identity, which it lacks in a group that began
 * with somebody's text. Two numbers without an identity cannot be told apart but by AUTOJOIN_PROJECTED_ADDRESS.
 */
#ifndef AUTOJOIN_TWILIO_JOIN_GROUP_H
#define AUTOJOIN_TWILIO_JOIN_GROUP_H

#include <jansson.h>
#include <stdbool.h>

#include "support/sid.h"
#include "twilio/join_step.h"

struct join_group {
    const char *configured;  /* AUTOJOIN_PROJECTED_ADDRESS; NULL if it is not set */
    bool has_configured;     /* it takes part */
    bool configured_is_free; /* ... without an identity */
    bool unreadable;         /* a participant that could be ours has no SID */
    unsigned free, held;     /* numbers without an identity, and with one */
    struct sid participant;  /* of the configured one, else of the last free one */
};

/* Before a list's first page. `configured` (NULL: none) must outlive it. */
void join_group_begin(struct join_group *group, const char *configured);

/* Takes a participant of a list's page in. True if it is one of the account's numbers. Thread-safe. */
bool join_group_take(struct join_group *group, const json_t *participant);

/* What a whole list says; never JOIN_NUMBER_UNKNOWN. */
enum join_number join_group_number(const struct join_group *group);

/* The SID of the number's participant, where that is JOIN_NUMBER_FREE. */
const char *join_group_participant(const struct join_group *group);

#endif
