/* The work of `reconcile`: two lists, their difference, joins at a steady rate. */
#ifndef AUTOJOIN_COMMANDS_RECONCILER_H
#define AUTOJOIN_COMMANDS_RECONCILER_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/workplace.h"

struct reconciler_options {
    const char *since; /* YYYY-MM-DD or NULL */
    bool dry_run;
    uint64_t limit; /* joins; 0: none */
    uint64_t rate;  /* joins a second */
    const char *state_path;
    bool rejoin;
    bool json;
};

/* Runs to the end or to a signal. Returns the exit status. */
int reconciler_run(struct workplace *workplace, const struct reconciler_options *options);

#endif
