/* A diagnosis in words: the cause, and what mends it. Nothing of a body but parameter names. */
#ifndef AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H
#define AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H

#include "diagnosis/diagnosis.h"

enum { DIAGNOSISTEXT_LIMIT = 64 * 1024, DIAGNOSISTEXT_STEPS = 12 };

/* Appends one line of printable ASCII, without its end. */
void diagnosistext_cause(struct buffer *out, const struct diagnosis *diagnosis,
                         const struct diagnosis_order *order);
void diagnosistext_mend(struct buffer *out, const struct diagnosis *diagnosis,
                        const struct diagnosis_order *order);

/* Appends text that came from outside, for a terminal: what is no printable ASCII becomes "?". */
void diagnosistext_plain(struct buffer *out, const char *text);

/* The names of the changes, for programs, such as "scheme". Returns how many. */
size_t diagnosistext_steps(const char *steps[DIAGNOSISTEXT_STEPS],
                           const struct diagnosis *diagnosis);

#endif
