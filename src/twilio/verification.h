/*
 * What "not found" means for a join: the participant is there all the same, or the conversation is
 * gone, or it is we who may not see it.
 */
#ifndef AUTOJOIN_TWILIO_VERIFICATION_H
#define AUTOJOIN_TWILIO_VERIFICATION_H

#include "twilio/join_parts.h"

/* Goes on with a join whose attempt was answered with 404: Twilio may say so although the
 * participant was created (Twilio Help, article 50009103572635). Settles the join, or has it
 * attempted once more. */
void verification_start(struct join *join);

#endif
