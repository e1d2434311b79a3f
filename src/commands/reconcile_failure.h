/* What it means for `reconcile` that a list cannot be read. */
#ifndef AUTOJOIN_COMMANDS_RECONCILE_FAILURE_H
#define AUTOJOIN_COMMANDS_RECONCILE_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "twilio/ask.h"

/* Whether that page is not there: Twilio need not know a page of another day any more. */
bool reconcile_failure_is_no_page(enum ask_status status);

/* Writes why the run ends, for people. Returns the exit status. */
int reconcile_failure_judge(const struct ask_answer *failure, char *why, size_t size);

#endif
