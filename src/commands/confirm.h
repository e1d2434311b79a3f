/* "Shall I?" - on a terminal only. */
#ifndef AUTOJOIN_COMMANDS_CONFIRM_H
#define AUTOJOIN_COMMANDS_CONFIRM_H

#include <stdbool.h>

/* True with `yes`, or if a person at the terminal says so. Off a terminal without `yes`:
 * false, and standard error says that --yes is needed. */
bool confirm(const char *what, bool yes);

#endif
