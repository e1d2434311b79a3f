/* The work of `reconcile`: two lists, their difference, joins at a steady rate. */
#ifndef AUTOJOIN_COMMANDS_RECONCILE_RUN_H
#define AUTOJOIN_COMMANDS_RECONCILE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/command_context.h"

struct reconcile_options {
    const char *since; /* YYYY-MM-DD or NULL */
    bool dry_run;
    uint64_t limit; /* joins; 0: none */
    uint64_t rate;  /* joins a second */
    const char *state_path;
    bool rejoin;
    bool json;
    bool verbose;     /* a line a join on a terminal, too */
    bool count_first; /* reads the active ones twice: to know how many are missing, and to join them */
    bool ask;         /* then asks whether to */
};

/* Runs to the end or to a signal. Returns the exit status. */
int reconcile_run(struct command_context *context, const struct reconcile_options *options);

#endif
