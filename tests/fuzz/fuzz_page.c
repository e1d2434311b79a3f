/*
 * twilio/conversation and twilio/page: any bytes as a page of one of Twilio's lists. What it names
 * is a conversation's SID, and it leads nowhere but on the same host.
 */
#include "build.h"

#include "property.h"

#include <jansson.h>
#include <string.h>

#include "support/sid.h"
#include "twilio/conversation.h"

static const char api_url[] = "https://conversations.twilio.com";

static void found(void *argument, const char *sid, const char *state)
{
    PROPERTY(!sid || sid_valid(sid, strlen(sid), "CH"), "a conversation, or none");
    PROPERTY(state != NULL, "a state");
    ++*(unsigned *)argument;
}

/* What the page says of itself, read apart. */
static const char *next_of(const json_t *page)
{
    return json_string_value(json_object_get(json_object_get(page, "meta"), "next_page_url"));
}

static void read(enum conversation_list list, const char *body, size_t length, const char *said)
{
    char next[4096] = "";
    unsigned count = 0;
    enum page_status status =
        conversation_read_page(list, body, length, api_url, found, &count, next, sizeof next);

    PROPERTY(status != PAGE_BAD || count == 0, "of what is no page nothing is taken");
    if (status != PAGE_OK || !*next)
        return;
    PROPERTY(next[0] == '/', "the next page is a path");
    PROPERTY(said && strlen(said) > strlen(next) &&
                 strcmp(said + strlen(said) - strlen(next), next) == 0,
             "which is the one that was named");
    PROPERTY(strncasecmp(said, "https://conversations.twilio.com", sizeof api_url - 1) == 0 &&
                 strchr(":/", said[sizeof api_url - 1]),
             "on the same host");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size > 0 ? size : 1); /* not a byte more: none behind it is looked at */
    json_t *page;

    if (!body)
        return 0;
    memcpy(body, data, size);
    page = json_loadb(body, size, 0, NULL);
    read(CONVERSATION_LIST_ACTIVE, body, size, next_of(page));
    read(CONVERSATION_LIST_OF_IDENTITY, body, size, next_of(page));
    json_decref(page);
    free(body);
    return 0;
}
