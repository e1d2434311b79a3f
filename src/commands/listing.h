/*
 * One of Twilio's lists of conversations, gone through page by page: asked for again while that may
 * help, and no page before its reader says so.
 */
#ifndef AUTOJOIN_COMMANDS_LISTING_H
#define AUTOJOIN_COMMANDS_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "commands/workplace.h"
#include "support/jitter.h"
#include "twilio/conversation.h"
#include "twilio/rest.h"

/* Who reads it. */
struct listing_reader {
    void *argument;                            /* of all three */
    conversation_found_fn *found;              /* for each conversation of a page */
    void (*page)(void *argument);              /* after the last one of a page */
    void (*failed)(void *argument, int status, const char *why); /* the end; an exit status */
};

struct listing {
    struct workplace *workplace;
    struct listing_reader reader;
    enum conversation_list list;
    char page[REST_PATH_LIMIT]; /* the one that is being read */
    char next[REST_PATH_LIMIT];
    unsigned tries;
    bool refused;               /* Twilio has no such page: asking again would not help */
    uint64_t *rest_calls;       /* counted there */
    struct event *again;        /* the next try of a page */
    struct jitter jitter;
};

/* Prepares it. False if memory ran out. */
bool listing_open(struct listing *listing, struct workplace *workplace,
                  const struct listing_reader *reader, uint64_t *rest_calls);

/* Turns to a list's first page, without asking for it. False if memory ran out, which the reader is
 * told too. */
bool listing_start(struct listing *listing, enum conversation_list list, const char *since,
                   const char *identity);

/* Asks for the page where it stands. */
void listing_ask(struct listing *listing);

/* Turns to the next page, without asking for it. False at the list's end. */
bool listing_turn(struct listing *listing);

void listing_close(struct listing *listing);

#endif
