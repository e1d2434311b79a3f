/* What must hold after a run, whatever failed. */
#ifndef AUTOJOIN_TESTS_TORTURE_JUDGEMENT_H
#define AUTOJOIN_TESTS_TORTURE_JUDGEMENT_H

#include "scenario.h"

/* How much was made to fail. */
enum disturbance {
    DISTURBANCE_NONE, /* nothing, or what happens every day: all must be as ever */
    DISTURBANCE_ONE,  /* one call */
    DISTURBANCE_MANY  /* all calls of a kind from one on */
};

/* NULL, or what must not be. `status` is the program's exit status. */
const char *judgement(const struct scenario *scenario, int status, enum disturbance disturbance,
                      const struct scriptedtwilio *twilio);

#endif
