/*
 * Twilio's REST side, in a process of its own so that its calls do not fail: what it answers depends
 * on the last digit of the conversation's SID (enum scripted).
 */
#ifndef AUTOJOIN_TESTS_TORTURE_SCRIPTEDTWILIO_H
#define AUTOJOIN_TESTS_TORTURE_SCRIPTEDTWILIO_H

#include <stdbool.h>

enum scripted {
    SCRIPTED_CREATED = 1,  /* 201 */
    SCRIPTED_ALREADY = 2,  /* 409 and 50433 */
    SCRIPTED_GONE = 3,     /* 404, in a service that can be seen */
    SCRIPTED_LIMITED = 4,  /* 429, Retry-After 60 */
    SCRIPTED_NO_CREDENTIALS = 5, /* 401 */
    SCRIPTED_FULL = 6,     /* 50417, of this conversation only */
    SCRIPTED_TROUBLE = 7,  /* 500 */
    SCRIPTED_RACED = 9,    /* 201, and another identity is in by then; settled when "bot" is out, which comes
                              second in this conversation's order */
    SCRIPTED_COUNT = 16,
};

/* The other one. Long, since what is read piecemeal is cut off where there is no memory for more. */
#define SCRIPTED_OTHER_IDENTITY "another-identity-of-the-same-bot-whose-name-does-not-fit-anywhere"

#define SCRIPTED_LATE_DATE "2020-02-02" /* lists since then are not there when first asked for */

/* In memory that all processes share. */
struct scriptedtwilio {
    unsigned port;
    unsigned requests;
    unsigned asked;               /* how often scriptedtwilio_settle() was called */
    bool settled[SCRIPTED_COUNT]; /* the bot is in, or the conversation is known to be gone */
};

/* Starts it; ends with the parent. */
void scriptedtwilio_start(struct scriptedtwilio *shared);

/* Returns once every request that was sent before has its answer. In any process. */
void scriptedtwilio_settle(void);

/* Forgets what was asked and settled. */
void scriptedtwilio_forget(void);

#endif
