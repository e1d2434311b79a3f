/* What `explain` prints: the cause on one line, the mend on the next, or a JSON object. */
#ifndef AUTOJOIN_COMMANDS_EXPLAIN_REPORT_H
#define AUTOJOIN_COMMANDS_EXPLAIN_REPORT_H

#include "diagnosis/diagnosis.h"

/* Exit statuses of explain. */
enum { EXPLAIN_HOLDS = 0, EXPLAIN_FOUND = 1, EXPLAIN_NOT_FOUND = 2 };

/* Prints a diagnosis; `name` of its file, NULL for none. Returns the exit status. */
int explain_report_print(const struct diagnosis *diagnosis, const struct diagnosis_input *input,
                         const char *name, bool json);

#endif
