/* Waiting for what Twilio does later: an Operation of the Webhooks configuration API, with a line of progress. */
#ifndef AUTOJOIN_COMMANDS_SETUP_OPERATION_H
#define AUTOJOIN_COMMANDS_SETUP_OPERATION_H

#include <stdint.h>

#include "commands/setup_change.h"

enum setup_operation_end {
    SETUP_OPERATION_DONE,
    SETUP_OPERATION_FAILED,      /* and Twilio left everything as it was; told on standard error */
    SETUP_OPERATION_UNFINISHED,  /* it goes on, and nobody waits any longer; told on standard error */
    SETUP_OPERATION_INTERRUPTED, /* by a signal */
};

/* Lets time pass. False if a signal came. */
bool setup_operation_pause(struct setup *setup, int64_t milliseconds);

/* Waits for the Operation that a write's answer (202) names, two minutes at most. `what` is for people: "the Rule".
 * `answer` stays the caller's. */
enum setup_operation_end setup_operation_wait(struct setup *setup, const struct asker *api, const char *what,
                                              const struct ask_answer *answer);

#endif
