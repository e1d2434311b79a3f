/*
 * More than one identity, never two of them in one conversation (AUTOJOIN_IDENTITIES).
 *
 * Every conversation has its own order of identities. One that is full (50214) gives way to the next,
 * after a look whether any of them is in. Whoever joined looks again afterwards: of several that are in,
 * the first in order stays and the others are taken out. Of two that race, at least the later one
 * to have joined sees both, and both would decide alike.
 */
#ifndef AUTOJOIN_TWILIO_SURPLUS_H
#define AUTOJOIN_TWILIO_SURPLUS_H

#include <stdbool.h>

#include "twilio/join_parts.h"

/* Settles a join that succeeded; with more than one identity after a look at who is in. */
void surplus_settle(struct join *join, enum join_result verdict);

/* Goes on with the next identity, or finds that one of them is in. False if there is no next one; then
 * the join is still the caller's. */
bool surplus_give_way(struct join *join);

#endif
