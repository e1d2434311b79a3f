#include "build.h"

#include "twilio/event_streams.h"

#include <string.h>

#include "twilio/pager.h"
#include "twilio/resources.h"

#define PREFIX "com.twilio.conversations."

size_t event_streams_wanted(const char *types[EVENT_STREAMS_TYPES_LIMIT], unsigned events)
{
    static const struct {
        unsigned bit;
        const char *type;
    } known[] = {
        {SETTING_ON_CONVERSATION_ADDED, PREFIX "conversation.added"},
        {SETTING_ON_MESSAGE_ADDED, PREFIX "message.added"},
        {SETTING_ON_PARTICIPANT_ADDED, PREFIX "participant.added"},
        {SETTING_ON_CONVERSATION_STATE_UPDATED, PREFIX "conversation-state.updated"},
    };
    size_t i, count = 0;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (events & known[i].bit)
            types[count++] = known[i].type;
    types[count++] = PREFIX "participant.removed";
    return count;
}

const char *event_streams_status(const struct event_streams_sink *sink)
{
    return pager_item_text(sink->json, "status");
}

const char *event_streams_destination(const struct event_streams_sink *sink)
{
    return pager_item_text(json_object_get(sink->json, "sink_configuration"), "destination");
}

const char *event_streams_method(const struct event_streams_sink *sink)
{
    return pager_item_text(json_object_get(sink->json, "sink_configuration"), "method");
}

bool event_streams_has_type(const struct event_streams_sink *sink, const char *type)
{
    size_t i;

    for (i = 0; i < json_array_size(sink->types); i++)
        if (strcmp(pager_item_text(json_array_get(sink->types, i), "type"), type) == 0)
            return true;
    return false;
}

/* What is read of a list. */
struct reading {
    struct event_streams_sinks *sinks;
    const char *url;
    struct event_streams_sink *sink;
    bool no_memory;
};

static void take_sink(void *argument, const json_t *item)
{
    struct reading *reading = argument;
    struct event_streams_sinks *sinks = reading->sinks;
    struct event_streams_sink *sink = &sinks->items[sinks->count];
    const char *sid = pager_item_sid(item, "sid", "DG");
    const char *description = pager_item_text(item, "description");
    bool made = strncmp(description, EVENT_STREAMS_DESCRIPTION, strlen(EVENT_STREAMS_DESCRIPTION)) == 0;
    bool leads_to_us = strcmp(pager_item_text(json_object_get(item, "sink_configuration"), "destination"),
                              reading->url) == 0;

    if (!sid || (!made && !leads_to_us))
        return;
    if (sinks->count == EVENT_STREAMS_SINKS_LIMIT) {
        sinks->more = true;
        return;
    }
    *sink = (struct event_streams_sink){.leads_to_us = leads_to_us, .json = json_deep_copy(item)};
    sid_copy(&sink->sid, sid, strlen(sid), "DG");
    reading->no_memory = reading->no_memory || !sink->json;
    sinks->count++;
}

static void take_subscription(void *argument, const json_t *item)
{
    struct reading *reading = argument;
    const char *sid = pager_item_sid(item, "sid", "DF");

    if (sid && strcmp(pager_item_text(item, "sink_sid"), reading->sink->sid.text) == 0)
        sid_copy(&reading->sink->subscription, sid, strlen(sid), "DF");
}

static void take_type(void *argument, const json_t *item)
{
    struct reading *reading = argument;
    json_t *copy = json_deep_copy(item);

    if (!copy || json_array_append_new(reading->sink->types, copy) != 0)
        reading->no_memory = true;
}

/* One page is all: an account has 100 sinks, and a subscription fewer types. Asked once, for who waits for it has
 * more to look at. */
static bool read_list(const struct asker *api, const char *key, const char *path, pager_item_fn *take,
                      struct reading *reading, struct ask_answer *failure)
{
    const json_t *items;
    size_t i;

    if (!ask_get(api, path, failure))
        return false;
    items = json_object_get(failure->json, key);
    for (i = 0; i < json_array_size(items); i++)
        take(reading, json_array_get(items, i));
    if (!json_is_array(items))
        ask_fail(failure, ASK_OTHER_SHAPE);
    else if (reading->no_memory)
        ask_fail(failure, ASK_NO_MEMORY);
    else if (json_is_string(json_object_get(json_object_get(failure->json, "meta"), "next_page_url")))
        ask_fail(failure, ASK_TOO_LARGE);
    ask_forget(failure);
    return failure->status == ASK_OK;
}

static bool find_subscription(const struct asker *api, struct reading *reading, struct ask_answer *failure)
{
    struct event_streams_sink *sink = reading->sink;
    char path[REST_PATH_LIMIT];

    resources_subscriptions_of(path, sizeof path, sink->sid.text);
    if (!read_list(api, RESOURCES_KEY_SUBSCRIPTIONS, path, take_subscription, reading, failure))
        return false;
    if (*sink->subscription.text == '\0')
        return true;
    sink->types = json_array();
    resources_subscribed_events(path, sizeof path, sink->subscription.text, true);
    return read_list(api, RESOURCES_KEY_TYPES, path, take_type, reading, failure);
}

bool event_streams_find(const struct asker *api, const char *url, struct event_streams_sinks *sinks,
                        struct ask_answer *failure)
{
    struct reading reading = {.sinks = sinks, .url = url};
    char path[REST_PATH_LIMIT];
    size_t i;

    *sinks = (struct event_streams_sinks){.count = 0};
    resources_sinks_list(path, sizeof path);
    if (!read_list(api, RESOURCES_KEY_SINKS, path, take_sink, &reading, failure))
        return false;
    for (i = 0; i < sinks->count; i++) {
        reading.sink = &sinks->items[i];
        if (!find_subscription(api, &reading, failure))
            return false;
    }
    return true;
}

void event_streams_forget(struct event_streams_sinks *sinks)
{
    size_t i;

    for (i = 0; i < sinks->count; i++) {
        json_decref(sinks->items[i].json);
        json_decref(sinks->items[i].types);
    }
    sinks->count = 0;
}
