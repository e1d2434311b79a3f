/* The part of `setup` that lets old conversations close. */
#ifndef AUTOJOIN_COMMANDS_SETUP_TIMERS_H
#define AUTOJOIN_COMMANDS_SETUP_TIMERS_H

#include "commands/setup_change.h"

/* Sets the account's timers to --closed-timer and --inactive-timer. Returns the exit status. */
int setup_timers(struct setup *setup);

#endif
