/* How `status` is shown: 24 lines of 80 columns, or a JSON object. */
#ifndef AUTOJOIN_COMMANDS_STATUS_SHOW_H
#define AUTOJOIN_COMMANDS_STATUS_SHOW_H

#include "commands/status_facts.h"
#include "commands/status_verdict.h"
#include "support/buffer.h"

enum { STATUS_SHOW_LINES = 24, STATUS_SHOW_COLUMNS = 80, STATUS_SHOW_LIMIT = 8192 };

/* Appends the page: at most that many lines, none longer, each with its line feed. */
void status_show_page(struct buffer *page, const struct status_facts *facts, const struct status_verdict *verdict);

/* Prints the object on a line. */
void status_show_json(const struct status_facts *facts, const struct status_verdict *verdict);

#endif
