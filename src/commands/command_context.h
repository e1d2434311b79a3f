/*
 * What a command works with: settings, an event loop, the way to Twilio, the spool.
 */
#ifndef AUTOJOIN_COMMANDS_COMMAND_CONTEXT_H
#define AUTOJOIN_COMMANDS_COMMAND_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/config.h"
#include "support/log.h"
#include "spool/spool.h"
#include "twilio/ask.h"
#include "twilio/join.h"
#include "twilio/rest.h"

struct command_context {
    struct config config;
    struct buffer faults; /* of the settings, a line each */
    struct log log;       /* to standard error */
    struct event_base *base;
    struct rest *rest;
    struct joins *joins;
    struct spool *spool; /* NULL without AUTOJOIN_SPOOL_DIR */
    struct event *terminate, *interrupt, *hang_up;
    struct asker asker; /* asks Twilio, until a signal comes */
    bool signalled;     /* a signal came ... */
    bool insisted;      /* ... and another one, which is no echo of it */
    int64_t signalled_ms; /* clock_monotonic_ms() */
};

/* What of it a command needs. */
enum command_context_need {
    COMMAND_CONTEXT_SETTINGS = 0,    /* only those, faulty or not: see `faults` */
    COMMAND_CONTEXT_TWILIO = 1 << 0, /* sound settings, the event loop, REST, joins */
    COMMAND_CONTEXT_TOLERANT = 1 << 2, /* with faulty settings go on without the rest */
    COMMAND_CONTEXT_SPOOL = 1 << 1   /* the spool; started as root, we become its directory's owner */
};

/* Reads the settings and opens what is needed. On failure says why on standard error and returns the
 * exit status to end with (78 for faulty settings); 0 otherwise. command_context_close() is to be
 * called in any case. */
int command_context_open(struct command_context *context, unsigned needs);

/* Says on standard error what is wrong with the settings. Returns the exit status. */
int command_context_refuse(const struct command_context *context);

/* Has SIGTERM, SIGINT and, unless it was ignored (nohup), SIGHUP end the event loop. False if memory ran out. */
bool command_context_end_on_signals(struct command_context *context);

/* Asks on the terminal, command_line_ask(); meanwhile a signal ends the process as if nobody had taken it. */
bool command_context_ask(struct command_context *context, const char *question);

void command_context_close(struct command_context *context);

#endif
