/* The work of `drain`: tickets in the order in which they are due, some at once. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_RUN_H
#define AUTOJOIN_COMMANDS_DRAIN_RUN_H

#include <stdbool.h>

#include "commands/command_context.h"

struct drain_options {
    bool watch;
    bool due_only;
    bool dry_run;
    bool rejoin;
    bool failed; /* tickets that were given up, too */
    bool json;
};

/* Runs until the spool has been gone through, or with `watch` until a signal. Returns the exit status. */
int drain_run(struct command_context *context, const struct drain_options *options);

#endif
