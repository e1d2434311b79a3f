/* What `check` finds: one line each, pass, warn or fail, with the fix. */
#ifndef AUTOJOIN_COMMANDS_CHECK_FINDING_H
#define AUTOJOIN_COMMANDS_CHECK_FINDING_H

#include <stdbool.h>

#include "twilio/ask.h"

enum finding_verdict { FINDING_PASS, FINDING_WARN, FINDING_FAIL };

struct findings {
    bool json;
    bool color;
    unsigned width; /* of the terminal, also for a process whose output is told on it later; 0: lines stay whole */
    unsigned counts[3]; /* by verdict */
};

/* Starts; colours only on a terminal and without NO_COLOR (no-color.org). Read before
 * the environment is forgotten. */
void findings_begin(struct findings *findings, bool json);

/* Prints a finding: what was looked at, what was found (printf), and the fix as a command or
 * setting (NULL for none). What is not printable is shown as "?". */
void findings_add(struct findings *findings, enum finding_verdict verdict, const char *subject,
                  const char *fix, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same of what could not be asked of Twilio, with the fix where a key lacks a permission. */
void findings_add_unasked(struct findings *findings, enum finding_verdict verdict,
                          const char *subject, const struct ask_answer *failure);

/* Prints the summary. */
void findings_end(const struct findings *findings);

#endif
