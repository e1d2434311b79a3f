/* What is taken out of a report before anybody sees it: secrets, and what is about persons. Without input and output. */
#ifndef AUTOJOIN_COMMANDS_REPORT_SCRUB_H
#define AUTOJOIN_COMMANDS_REPORT_SCRUB_H

#include <stdbool.h>

#include "support/buffer.h"
#include "support/config.h"

/* Appends the text line by line. Values of settings that identify somebody or are secret become their name in
 * brackets, a SID its kind and its last four digits; numbers like those of phones, mail addresses and long hexadecimal
 * texts are cut out, and so are URLs' queries, the ends of addresses and the user that check takes for a near one; what is not printable is "?". Thread-safe. */
void report_scrub(struct buffer *out, const char *text, const struct config *config);

/* Appends those fields of a log line of ours, wherever in the line it begins, that say what happened and not to whom;
 * false, and nothing, if it holds none of ours. Not thread-safe (support/json_text). */
bool report_scrub_log_line(struct buffer *out, const char *line);

#endif
