/* One question to Twilio, waited for: commands do one thing after the other. */
#ifndef AUTOJOIN_COMMANDS_ASK_H
#define AUTOJOIN_COMMANDS_ASK_H

#include <jansson.h>
#include <stdbool.h>

#include "commands/workplace.h"
#include "twilio/rest.h"

struct ask_answer {
    enum rest_status status;
    long http_status; /* 0 if there was no answer */
    long code;        /* Twilio's error code; 0 if none */
    json_t *json;     /* NULL if the body is none; owned */
    char message[256]; /* for people: what went wrong, "" if nothing did; printable */
    char date[64];    /* the Date header */
    int64_t elapsed_us;
    bool interrupted; /* a signal came while we waited */
};

/* Makes an exchange and runs the event loop until it is done. The answer is to be given back
 * by ask_forget(). Returns whether it was a 2xx. */
bool ask(struct workplace *workplace, const struct rest_order *order, struct ask_answer *answer);

/* The common case: GET of a path, with what is printf-formatted into it. */
bool ask_get(struct workplace *workplace, struct ask_answer *answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void ask_forget(struct ask_answer *answer);

/* A string member of the answer; "" if it is none. */
const char *ask_text(const struct ask_answer *answer, const char *name);

#endif
