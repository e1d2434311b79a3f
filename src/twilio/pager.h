/*
 * One of Twilio's lists, gone through page by page: one reader of a page, one policy of trying again, one
 * ceiling.
 *
 * A page that fails by something that may pass is asked for again, six times in all, later each time and not
 * before Twilio wants it; but who is asked to wait for more than a minute stops, and says so. A page above the
 * ceiling is asked for again with half as many entries.
 */
#ifndef AUTOJOIN_TWILIO_PAGER_H
#define AUTOJOIN_TWILIO_PAGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "support/jitter.h"
#include "twilio/ask.h"
#include "twilio/rest.h"

enum {
    PAGER_REPLY_LIMIT = 4 * 1024 * 1024, /* 100 conversations with 16 KiB of attributes, all escaped */
    PAGER_WAIT_LIMIT_S = 60,
};

/* Called for each entry of a page. */
typedef void pager_item_fn(void *argument, const json_t *item);

/* Reads a page whose list is its member `key`; nothing is taken of what is no whole page. `next` gets the path
 * of the next page, "" if this was the last. ASK_OK, ASK_NOT_JSON, ASK_OTHER_SHAPE, ASK_FOREIGN_PAGE or
 * ASK_NO_MEMORY. For who makes exchanges of its own. Not thread-safe (support/json_text). */
enum ask_status pager_read_page(const char *body, size_t length, const char *key, const char *api_url,
                                pager_item_fn *found, void *argument, char *next, size_t size);

/* A member of an entry: a SID, NULL if it is no valid one with that prefix; a text, "" if it is none. */
const char *pager_item_sid(const json_t *item, const char *name, const char *prefix);
const char *pager_item_text(const json_t *item, const char *name);

/* Who reads a list. */
struct pager_reader {
    void *argument;                /* of all three */
    pager_item_fn *found;          /* for each entry of a page */
    void (*page)(void *argument);  /* after the last one of a page; the next is not asked for before
                                      pager_turn() and pager_ask() */
    void (*failed)(void *argument, const struct ask_answer *failure); /* the end */
};

struct pager {
    const struct asker *asker;
    struct pager_reader reader;
    const char *key;
    char path[REST_PATH_LIMIT]; /* of the page that is being read */
    char next[REST_PATH_LIMIT];
    char mark[REST_PATH_LIMIT]; /* a page of before: who comes there again goes in a circle */
    uint64_t since_mark, mark_every; /* pages; doubling, so that the mark lies in any circle in the end (Brent) */
    unsigned tries;
    uint64_t calls; /* made so far */
    struct rest_exchange *exchange;
    struct event *again; /* the next try of a page */
    struct jitter jitter;
};

/* Prepares it; `asker` must outlive it. False if memory ran out. pager_close() is to be called in any case. */
bool pager_open(struct pager *pager, const struct asker *asker, const struct pager_reader *reader);

/* Turns to a list's first page, or to any, without asking for it. `key` must outlive the pager; `path` may be
 * the pager's own, for who writes it there. */
void pager_start(struct pager *pager, const char *key, const char *path);

/* Asks for the page where it stands. */
void pager_ask(struct pager *pager);

/* Turns to the next page, without asking for it. False at the list's end. */
bool pager_turn(struct pager *pager);

void pager_close(struct pager *pager);

/* Reads a list and runs the event loop until its end, or until `pages` pages are read; `more` tells whether
 * there would be another. False if it failed: `failure`, which holds no JSON, says why. */
bool pager_read_all(const struct asker *asker, const char *key, const char *path, unsigned pages,
                    pager_item_fn *found, void *argument, bool *more, struct ask_answer *failure);

#endif
