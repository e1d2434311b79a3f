/* The conversation that `probe` makes on the account, and removes again, whatever happens. */
#ifndef AUTOJOIN_COMMANDS_PROBE_CONVERSATION_H
#define AUTOJOIN_COMMANDS_PROBE_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/command_context.h"
#include "support/sid.h"
#include "twilio/ask.h"

enum { PROBE_NAME_SIZE = 48 };

struct probe_conversation {
    struct command_context *context;
    struct asker steady;   /* whom only a second signal interrupts */
    struct event *pause;
    struct sid service;
    struct sid sid;        /* empty: there may be one all the same */
    char unique_name[PROBE_NAME_SIZE]; /* by which it can be deleted even if its SID never reached us */
    int64_t created_us;    /* clock_monotonic_us() at the creation's answer */
};

/* What happens in it so that a webhook comes that calls for a join. */
enum probe_occasion {
    PROBE_OCCASION_CREATION, /* its creation is enough */
    PROBE_OCCASION_MESSAGE,  /* a message is put in, which reaches nobody */
    PROBE_OCCASION_STATE,    /* it is put to sleep and woken */
    PROBE_OCCASION_NONE      /* nothing that can be done without others */
};

/* What the settings join, of what can be made through REST. */
enum probe_occasion probe_conversation_occasion(const struct config *config);

/* Prepares; `context` must outlive it, and `service` is copied. False if memory ran out; probe_conversation_close() is
 * to be called in any case. */
bool probe_conversation_open(struct probe_conversation *probe, struct command_context *context);
void probe_conversation_close(struct probe_conversation *probe);

/* Creates it, with webhooks, and says on standard error if that fails. True if there is one, or may be one, that is
 * to be removed. */
bool probe_conversation_create(struct probe_conversation *probe);

/* Has the occasion come. False if it cannot be had, as standard error says. */
bool probe_conversation_stir(struct probe_conversation *probe, enum probe_occasion occasion);

/* Runs the event loop for so long, or until a signal. */
void probe_conversation_pause(struct probe_conversation *probe, int64_t milliseconds);

/* Writes who is in it, identities or addresses separated by commas; "" if nobody is, or that cannot be read. */
void probe_conversation_list(struct probe_conversation *probe, char *text, size_t size);

/* Removes it, within half a minute whatever Twilio does, or until a second signal. False if it may still be there, as
 * standard error says. */
bool probe_conversation_remove(struct probe_conversation *probe);

#endif
