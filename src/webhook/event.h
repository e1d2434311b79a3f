/*
 * Which event is this, which conversation, and does it call for a join?
 * Source: Twilio, "Conversations Webhooks".
 */
#ifndef AUTOJOIN_WEBHOOK_EVENT_H
#define AUTOJOIN_WEBHOOK_EVENT_H

#include <stdint.h>

#include "support/config.h"
#include "support/sid.h"
#include "webhook/form.h"

enum event_verdict {
    EVENT_JOIN,
    EVENT_IGNORED,
    EVENT_PRE,        /* Twilio waits for permission: any answer but {} could change or block it */
    EVENT_BOT_LEFT,   /* somebody removed the bot: not to be joined again */
    EVENT_BOT_CAME,   /* somebody added it */
    EVENT_CONVERSATION_ENDED, /* closed or removed */
    EVENT_FOREIGN,    /* of another account, or a join event that names none, or what would be acted on,
                       * were its parameters' names Twilio's */
    EVENT_BAD         /* its SIDs are none */
};

struct event {
    enum event_verdict verdict;
    const char *reason; /* why it is not EVENT_JOIN, for the log; static */
    /* For the log; their bytes are the form's; `name` is NULL if absent. */
    struct form_parameter type;
    struct form_parameter source;
    struct form_parameter retry_count;
    int64_t made_ms;         /* of what is acted on: when what it tells of was made, as clock_wall_ms(); 0 if it
                                does not say */
    struct sid conversation; /* empty if absent or none */
    struct sid service;      /* the payload's or the settings'; empty if neither */
};

/* Judges a form whose signature held. Thread-safe. */
void event_read(struct event *event, const struct form *form, const struct config *config);

#endif
