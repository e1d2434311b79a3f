#include "build.h"

#include "twilio/conversation.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/buffer.h"
#include "support/percent.h"
#include "support/sid.h"

bool conversation_first_page(char *path, size_t size, enum conversation_list list,
                             const char *service, const char *since, const char *identity)
{
    struct buffer text;
    bool fits;

    buffer_init(&text, size - 1);
    buffer_append_format(&text, "/v1%s%s", *service ? "/Services/" : "", service);
    if (list == CONVERSATION_LIST_ACTIVE) {
        buffer_append_string(&text, "/Conversations?State=active&PageSize=100");
        if (since)
            buffer_append_format(&text, "&StartDate=%sT00:00:00Z", since);
    } else {
        buffer_append_string(&text, "/ParticipantConversations?PageSize=50&Identity=");
        percent_encode(&text, identity, strlen(identity));
    }
    fits = buffer_status(&text) == BUFFER_OK;
    if (fits)
        memcpy(path, text.data, text.length + 1);
    buffer_free(&text);
    return fits;
}

enum page_status conversation_read_page(enum conversation_list list, const char *body,
                                              size_t length, const char *api_url,
                                              conversation_found_fn *found, void *argument,
                                              char *next, size_t next_size)
{
    bool active = list == CONVERSATION_LIST_ACTIVE;
    json_t *page;
    enum page_status status = page_load(body, length, &page);
    const json_t *items = json_object_get(page, "conversations"), *item;
    size_t i;

    if (status == PAGE_OK && !json_is_array(items))
        status = PAGE_BAD;
    if (status == PAGE_OK)
        status = page_read_next(page, api_url, next, next_size);
    for (i = 0; status != PAGE_BAD && i < json_array_size(items); i++) {
        const char *sid, *state;

        item = json_array_get(items, i);
        sid = json_string_value(json_object_get(item, active ? "sid" : "conversation_sid"));
        state = json_string_value(json_object_get(item, active ? "state" : "conversation_state"));
        found(argument, sid && sid_valid(sid, strlen(sid), "CH") ? sid : NULL, state ? state : "");
    }
    json_decref(page);
    return status;
}
