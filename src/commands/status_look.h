/* The part of `status` that asks others, for a few seconds at most: Twilio where it sends webhooks, and the responder's
 * healthz, by the way that webhooks come. */
#ifndef AUTOJOIN_COMMANDS_STATUS_LOOK_H
#define AUTOJOIN_COMMANDS_STATUS_LOOK_H

#include "commands/command_context.h"

enum status_twilio {
    STATUS_TWILIO_UNKNOWN,   /* see `twilio_text` */
    STATUS_TWILIO_SENDS,     /* the event that calls for a join, to our URL */
    STATUS_TWILIO_UNCOMPARED, /* to some URL; AUTOJOIN_PUBLIC_URL is not set */
    STATUS_TWILIO_FILTERED,  /* to our URL, but not that event */
    STATUS_TWILIO_ELSEWHERE,
    STATUS_TWILIO_NOWHERE
};

enum status_health {
    STATUS_HEALTH_UNKNOWN,   /* see `health_text` */
    STATUS_HEALTH_CURRENT,
    STATUS_HEALTH_OTHER,     /* other settings than the file's */
    STATUS_HEALTH_FAULTY,    /* it says that its settings are faulty */
    STATUS_HEALTH_SILENT,    /* the web server is there and reaches no responder */
    STATUS_HEALTH_FOREIGN    /* something else answers */
};

enum { STATUS_LOOK_SIZE = 400 };

struct status_look {
    enum status_twilio twilio;
    char twilio_text[STATUS_LOOK_SIZE]; /* where it sends, without a password; or why that is not known */
    bool refused;                       /* Twilio does not take the credentials, or has suspended the account */
    char events[STATUS_LOOK_SIZE];      /* which */
    enum status_health health;
    char health_text[STATUS_LOOK_SIZE]; /* of which URL; or why it is not known */
};

/* What is not asked for, because that was not wanted or cannot be. */
void status_look_nowhere(struct status_look *look, const char *why);

/* Asks. The settings are sound. Not thread-safe. */
void status_look_around(struct status_look *look, const struct command_context *context);

#endif
