/* The paths and forms of Twilio's participant resource (Conversations API v1). */
#ifndef AUTOJOIN_TWILIO_PARTICIPANTPATH_H
#define AUTOJOIN_TWILIO_PARTICIPANTPATH_H

#include <stdbool.h>
#include <stddef.h>

#include "support/config.h"

/* The bodies of a participant's POST; owned. */
struct participant_forms {
    char *plain;
    char *projected; /* with MessagingBinding.ProjectedAddress; NULL if none is configured */
};

/* Encodes both for one of the bot's identities, once, since they are the same for every
 * conversation. False if memory ran out. */
bool participantpath_forms(struct participant_forms *forms, const struct config *config,
                           const char *identity);

/* Write a path of at most `size` bytes; `service` empty means the unscoped path, which works
 * for the account's default service only. SIDs must have been checked. */
void participantpath_list(char *path, size_t size, const char *service, const char *conversation);

/* The same. False if it does not fit or memory ran out: a part of an identity is somebody else's, and
 * none is the list. */
bool participantpath_identity(char *path, size_t size, const char *service,
                              const char *conversation, const char *identity);

void participantpath_service(char *path, size_t size, const char *service);

#endif
