/* One run of a program from its start to its end. */
#ifndef AUTOJOIN_TESTS_TORTURE_SCENARIO_H
#define AUTOJOIN_TESTS_TORTURE_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "scriptedtwilio.h"

#define SCENARIO_TOKEN "thetokenthatnobodymaysee"
#define SCENARIO_CONVERSATION "CH0000000000000000000000000000000" /* and a digit: enum scripted */

enum scenario_program { SCENARIO_RESPONDER, SCENARIO_OPERATOR };

struct scenario {
    const char *name;
    enum scenario_program program;
    int expected;         /* status of the answer, or exit status, if nothing fails */
    unsigned digit;       /* of a webhook's conversation (enum scripted); 0: it calls for no join */
    const char *event;    /* of a webhook */
    const char *events;   /* instead: digits of the conversations of a list of Event Streams' */
    const char *variable; /* of a request: one that differs, NAME=value */
    bool unsigned_;       /* its signature is wrong */
    bool without_spool;
    const char *settings; /* more lines of the settings file */
    const char *tickets;  /* digits of conversations in the spool beforehand */
    const char *arguments[8]; /* of the operator's tool */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

/* Makes the folder of all runs, and removes it. */
void scenario_make_folder(void);
void scenario_remove_folder(void);

/* Makes settings, spool and input anew, as they are before each run. */
void scenario_set_up(const struct scenario *scenario, unsigned port);

/* In a process of its own: takes over descriptors 0 to 2 and the environment. */
void scenario_enter(const struct scenario *scenario);

/* Runs the program; gives its exit status. */
int scenario_run(const struct scenario *scenario);

/* What it wrote. */
const char *scenario_output(void);
const char *scenario_errors(void);

/* A path in the folder. The text is good until the fourth call from now. */
const char *scenario_path(const char *name);

#endif
