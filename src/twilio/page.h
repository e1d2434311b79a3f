/* A page of one of Twilio's lists: how it is read, and how it leads to the next one. */
#ifndef AUTOJOIN_TWILIO_PAGE_H
#define AUTOJOIN_TWILIO_PAGE_H

#include <jansson.h>
#include <stddef.h>

enum page_status {
    PAGE_OK,
    PAGE_BAD,     /* not a page of that list */
    PAGE_FOREIGN, /* its next_page_url leads to another origin, where our credentials must not go */
    PAGE_NO_MEMORY
};

/* Reads a page's JSON: PAGE_OK, PAGE_BAD or PAGE_NO_MEMORY. `*page` is to be given back with
 * json_decref(); NULL unless PAGE_OK. Not thread-safe (support/jsonload). */
enum page_status page_load(const char *body, size_t length, json_t **page);

/* Reads meta.next_page_url; `next` gets the path of the next page, empty if this was the last. */
enum page_status page_read_next(const json_t *page, const char *api_url, char *next, size_t size);

#endif
