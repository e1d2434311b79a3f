/* The judgement of `status`: does it work, since when, and the one thing to do. Without input and output. */
#ifndef AUTOJOIN_COMMANDS_STATUS_VERDICT_H
#define AUTOJOIN_COMMANDS_STATUS_VERDICT_H

#include "commands/status_facts.h"

enum status_state {
    STATUS_WORKING,
    STATUS_READY,      /* nothing is wrong, and nothing has called for a join yet */
    STATUS_NOT_WORKING,
    STATUS_OFF,        /* TWILIO_ENABLED=false: it joins nothing, as it was told */
    STATUS_NOT_KNOWN
};

enum { STATUS_WHY_SIZE = 160, STATUS_TODO_SIZE = 240 };

struct status_verdict {
    enum status_state state;
    int64_t since_ms; /* 0: not known */
    char why[STATUS_WHY_SIZE];   /* "" if there is nothing to say */
    char todo[STATUS_TODO_SIZE]; /* a command, or words; "" if there is nothing to do */
};

/* Judges. Thread-safe. */
void status_verdict_judge(struct status_verdict *verdict, const struct status_facts *facts);

#endif
