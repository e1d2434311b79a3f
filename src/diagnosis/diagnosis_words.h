/* A diagnosis in words: the cause, and what fixes it. Nothing of a body but parameter names. */
#ifndef AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H
#define AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H

#include "diagnosis/diagnosis.h"

enum { DIAGNOSIS_WORDS_LIMIT = 64 * 1024, DIAGNOSIS_WORDS_STEPS = 12 };

/* Appends one line of printable ASCII, without its end. */
void diagnosis_words_cause(struct buffer *out, const struct diagnosis *diagnosis);
void diagnosis_words_fix(struct buffer *out, const struct diagnosis *diagnosis,
                         const struct diagnosis_input *input);

/* Appends text that came from outside, for a terminal: what is no printable ASCII becomes "?". */
void diagnosis_words_plain(struct buffer *out, const char *text);

/* The names of the changes, for programs, such as "scheme". Returns how many. */
size_t diagnosis_words_steps(const char *steps[DIAGNOSIS_WORDS_STEPS],
                             const struct diagnosis *diagnosis);

#endif
