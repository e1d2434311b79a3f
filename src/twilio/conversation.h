/* Twilio's lists of conversations, page by page (Conversations API v1). */
#ifndef AUTOJOIN_TWILIO_CONVERSATION_H
#define AUTOJOIN_TWILIO_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

#include "twilio/page.h"

enum conversation_list {
    CONVERSATION_LIST_ACTIVE,      /* .../Conversations?State=active, 100 a page */
    CONVERSATION_LIST_OF_IDENTITY  /* .../ParticipantConversations?Identity=, 50 a page */
};

/* Writes the path of a list's first page. `service` empty: the account's default service.
 * `since` NULL, or a date YYYY-MM-DD: only conversations created from then on, newest
 * first. `identity` is for CONVERSATION_LIST_OF_IDENTITY. False if it does not fit. */
bool conversation_first_page(char *path, size_t size, enum conversation_list list,
                             const char *service, const char *since, const char *identity);

/* Called for each conversation of a page: its SID and state ("active", "inactive", "closed"; "" if
 * not told). NULL for the SID where there is no valid one, so that no conversation is passed over
 * without a word. */
typedef void conversation_found_fn(void *argument, const char *sid, const char *state);

/* Reads a page; `next` gets the path of the next one, empty if this was the last. */
enum page_status conversation_read_page(enum conversation_list list, const char *body,
                                              size_t length, const char *api_url,
                                              conversation_found_fn *found, void *argument,
                                              char *next, size_t next_size);

#endif
