/* The part of `check` that asks whether Event Streams, where it leads to us, does so as it should. */
#ifndef AUTOJOIN_COMMANDS_CHECK_SINKS_H
#define AUTOJOIN_COMMANDS_CHECK_SINKS_H

#include "commands/check_finding.h"
#include "commands/command_context.h"

/* Adds what it finds of the sinks that lead to AUTOJOIN_PUBLIC_URL or that setup made; nothing where there are
 * none. True if one of them brings us what calls for a join. */
bool check_sinks(struct findings *findings, struct command_context *context);

#endif
