/* Runs a program for its output. */
#ifndef AUTOJOIN_COMMANDS_REPORT_RUN_H
#define AUTOJOIN_COMMANDS_REPORT_RUN_H

#include <stdbool.h>

#include "support/buffer.h"

/* Runs `path` with these arguments (NULL-ended, the name first) in the environment of this process, and appends what it
 * writes to standard output and error, as far as the buffer takes it. After `within_ms` it is ended. False if it could
 * not be started or was ended. Not thread-safe. */
bool report_run(struct buffer *out, const char *path, char *const *arguments, int within_ms);

#endif
