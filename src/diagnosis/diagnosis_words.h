/* The tables of words: what each alteration is called, what it means, what mends it. */
#ifndef AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H
#define AUTOJOIN_DIAGNOSIS_DIAGNOSIS_WORDS_H

#include "diagnosis/diagnosis.h"

struct diagnosiswords {
    const char *step;  /* for programs */
    const char *cause; /* for a person */
    const char *mend;
};

/* Of an alteration of the form; never NULL. */
const struct diagnosiswords *diagnosiswords_form(enum form_change change);

/* Of a finding without a match. */
const struct diagnosiswords *diagnosiswords_finding(enum diagnosis_finding finding);

#endif
