/*
 * What a command works with: settings, an event loop, the way to Twilio, the spool.
 */
#ifndef AUTOJOIN_COMMANDS_WORKPLACE_H
#define AUTOJOIN_COMMANDS_WORKPLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/config.h"
#include "support/log.h"
#include "spool/spool.h"
#include "twilio/ask.h"
#include "twilio/join.h"
#include "twilio/rest.h"

struct workplace {
    struct config config;
    struct buffer faults; /* of the settings, a line each */
    struct log log;       /* to standard error */
    struct event_base *base;
    struct rest *rest;
    struct joins *joins;
    struct spool *spool; /* NULL without AUTOJOIN_SPOOL_DIR */
    struct event *terminate, *interrupt;
    struct asker asker; /* asks Twilio, until a signal comes */
    bool signalled;     /* a signal came */
};

/* What of it a command needs. */
enum workplace_need {
    WORKPLACE_SETTINGS = 0,    /* only those, faulty or not: see `faults` */
    WORKPLACE_TWILIO = 1 << 0, /* sound settings, the event loop, REST, joins */
    WORKPLACE_TOLERANT = 1 << 2, /* with faulty settings go on without the rest */
    WORKPLACE_SPOOL = 1 << 1   /* the spool; started as root, we become its directory's owner */
};

/* Reads the settings and opens what is needed. On failure says why on standard error and returns the
 * exit status to end with (78 for faulty settings); 0 otherwise. workplace_close() is to be
 * called in any case. */
int workplace_open(struct workplace *workplace, unsigned needs);

/* Says on standard error what is wrong with the settings. Returns the exit status. */
int workplace_refuse(const struct workplace *workplace);

/* Has SIGTERM and SIGINT end the event loop. False if memory ran out. */
bool workplace_end_on_signals(struct workplace *workplace);

void workplace_close(struct workplace *workplace);

#endif
