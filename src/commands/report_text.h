/* What stands in a report: versions, settings without what is secret or personal, check, status and stats as they are
 * printed, and the last log lines' fields. */
#ifndef AUTOJOIN_COMMANDS_REPORT_TEXT_H
#define AUTOJOIN_COMMANDS_REPORT_TEXT_H

#include <stdbool.h>

#include "support/buffer.h"
#include "support/config.h"

enum { REPORT_TEXT_LIMIT = 1024 * 1024 };

/* Appends what other commands of this program say, and the log: before the environment is forgotten. `log` is a log
 * file's path, or NULL for systemd's journal. Not thread-safe. */
void report_text_gather(struct buffer *raw, const char *log, bool offline);

/* Appends versions and settings. */
void report_text_settings(struct buffer *out, const struct config *config, const struct buffer *faults);

#endif
