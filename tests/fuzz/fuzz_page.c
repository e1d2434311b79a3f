/*
 * twilio/pager: any bytes as a page of one of Twilio's lists. What it names is a conversation's SID or
 * none, and it leads nowhere but on the same host.
 */
#include "build.h"

#include "property.h"

#include <jansson.h>
#include <string.h>

#include "support/sid.h"
#include "twilio/join_group.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

static const char api_url[] = "https://conversations.twilio.com";

/* A participant of a group text: what is posted to is a participant's SID, or nothing. */
static void take_as_group(const json_t *item)
{
    struct join_group group;
    const char *sid;

    join_group_begin(&group, "+15005550001");
    if (!join_group_take(&group, item))
        PROPERTY(join_group_number(&group) == JOIN_NUMBER_NONE, "no number is none");
    sid = join_group_participant(&group);
    PROPERTY(join_group_number(&group) != JOIN_NUMBER_FREE || group.unreadable || sid_valid(sid, strlen(sid), "MB"),
             "a participant's SID");
}

static void found(void *argument, const json_t *item)
{
    const char *sids[] = {pager_item_sid(item, "sid", "CH"), pager_item_sid(item, "conversation_sid", "CH")};
    size_t i;

    for (i = 0; i < 2; i++)
        PROPERTY(!sids[i] || sid_valid(sids[i], strlen(sids[i]), "CH"), "a conversation, or none");
    PROPERTY(pager_item_text(item, "state") != NULL, "a state");
    ++*(unsigned *)argument;
    take_as_group(item);
}

/* What the page says of itself, read apart. */
static const char *next_of(const json_t *page)
{
    return json_string_value(json_object_get(json_object_get(page, "meta"), "next_page_url"));
}

static void read(const char *key, const char *body, size_t length, const char *said)
{
    char next[4096] = "x";
    unsigned count = 0;
    enum ask_status status =
        pager_read_page(body, length, key, api_url, found, &count, next, sizeof next);

    PROPERTY(status == ASK_OK || (count == 0 && !*next), "of what is no page nothing is taken");
    if (status != ASK_OK || !*next)
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
    read(RESOURCES_KEY_CONVERSATIONS, body, size, next_of(page));
    read(RESOURCES_KEY_PARTICIPANTS, body, size, next_of(page));
    json_decref(page);
    free(body);
    return 0;
}
