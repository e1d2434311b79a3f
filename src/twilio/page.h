/* A page of one of Twilio's lists: how it is read, and how it leads to the next one. */
#ifndef AUTOJOIN_TWILIO_PAGE_H
#define AUTOJOIN_TWILIO_PAGE_H

#include <jansson.h>
#include <stddef.h>

enum page_status {
    PAGE_OK,
    PAGE_BAD,    /* not a page of that list */
    PAGE_FOREIGN /* its next_page_url leads to another origin, where our credentials must not go */
};

/* Reads a page's JSON; the caller gives it back with json_decref(). NULL if it is none, or if there was
 * not the memory to read it whole. Thread-safe. */
json_t *page_load(const char *body, size_t length);

/* Reads meta.next_page_url; `next` gets the path of the next page, empty if this was the last. */
enum page_status page_read_next(const json_t *page, const char *api_url, char *next, size_t size);

#endif
