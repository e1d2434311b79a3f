#include "build.h"

#include "webhook/cloud_event.h"

#include <string.h>

#define PREFIX "com.twilio.conversations."

/* Which webhook tells the same. */
static const struct {
    const char *type;
    const char *event;
} types[] = {
    {PREFIX "conversation.added", "onConversationAdded"},
    {PREFIX "conversation.removed", "onConversationRemoved"},
    {PREFIX "conversation-state.updated", "onConversationStateUpdated"},
    {PREFIX "participant.added", "onParticipantAdded"},
    {PREFIX "participant.removed", "onParticipantRemoved"},
    {PREFIX "message.added", "onMessageAdded"},
};

/* The data that are read, by the names of the webhook's parameters. */
static const char date_created[] = "DateCreated";
static const char *const names[] = {
    "AccountSid", "Author",      "ChatServiceSid", "ConversationSid", date_created,
    "Identity",   "RetryCount", "Source",         "StateTo",
};

static bool is(const struct json_scan_text *text, const char *wanted)
{
    return text->length == strlen(wanted) && memcmp(text->bytes, wanted, text->length) == 0;
}

static void add(struct cloud_event *event, const char *name, const char *value, size_t length)
{
    struct form *form = &event->form;

    if (form->count < FORM_PARAMETERS_LIMIT)
        form->parameters[form->count++] = (struct form_parameter){
            .name = name, .name_length = strlen(name), .value = value, .value_length = length};
}

/* What is no string is a value that none of them has, and what is null is none. */
static void add_value(struct cloud_event *event, const char *name, const struct json_scan_text *value)
{
    struct json_scan_text text = *value;

    if (json_scan_is_null(value))
        return;
    json_scan_string(value, &text);
    add(event, name, text.bytes, text.length);
}

static void read_data(struct cloud_event *event, struct json_scan *scan)
{
    struct json_scan_text name, value;
    size_t i;

    while (json_scan_member(scan, &name)) {
        json_scan_value(scan, &value);
        for (i = 0; i < sizeof names / sizeof names[0]; i++)
            if (is(&name, names[i]))
                add_value(event, names[i], &value);
    }
}

/* A type that is there twice becomes two EventTypes, which event_read() refuses if they differ. */
static void read_type(struct cloud_event *event, const struct json_scan_text *value)
{
    size_t i;

    if (!json_scan_string(value, &event->type))
        return;
    if (event->kind == CLOUD_EVENT_NONE)
        event->kind = CLOUD_EVENT_OTHER;
    for (i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is(&event->type, types[i].type)) {
            event->kind = CLOUD_EVENT_KNOWN;
            add(event, "EventType", types[i].event, strlen(types[i].event));
        }
}

static void read_members(struct cloud_event *event, struct json_scan *scan)
{
    struct json_scan_text name, value, time = {.length = 0};

    while (json_scan_member(scan, &name)) {
        if (is(&name, "data") && json_scan_enter(scan, '{')) {
            read_data(event, scan);
            continue;
        }
        json_scan_value(scan, &value);
        if (is(&name, "type"))
            read_type(event, &value);
        if (is(&name, "time"))
            json_scan_string(&value, &time);
    }
    if (time.length > 0 && !form_find(&event->form, date_created))
        add(event, date_created, time.bytes, time.length); /* a state's change has no other */
}

static enum cloud_events_status count(const struct cloud_events *events, const char **wrong)
{
    struct json_scan scan = events->scan;
    struct json_scan_text item;
    size_t items;

    for (items = 0; json_scan_item(&scan); items++) {
        json_scan_value(&scan, &item);
        if (items == CLOUD_EVENTS_LIMIT) {
            *wrong = "more events than one request may have";
            return CLOUD_EVENTS_MANY;
        }
    }
    return CLOUD_EVENTS_OK;
}

enum cloud_events_status cloud_events_open(struct cloud_events *events, char *body, size_t length,
                                           const char **wrong)
{
    enum json_scan_check check = json_scan_check(body, length);
    struct json_scan object;

    *events = (struct cloud_events){.scan = {.at = body, .end = body + length}};
    if (check != JSON_SCAN_OK) {
        *wrong = check == JSON_SCAN_DEEP ? "JSON that is nested too deeply" : "the body is not JSON";
        return CLOUD_EVENTS_BAD;
    }
    object = events->scan;
    if (json_scan_enter(&object, '{'))
        return CLOUD_EVENTS_OK;
    events->list = json_scan_enter(&events->scan, '[');
    if (events->list)
        return count(events, wrong);
    *wrong = "JSON that is neither an object nor a list";
    return CLOUD_EVENTS_BAD;
}

const char *cloud_event_type(const char *event)
{
    size_t i;

    for (i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].event, event) == 0)
            return types[i].type;
    return NULL;
}

bool cloud_events_next(struct cloud_events *events, struct cloud_event *event)
{
    struct json_scan_text value;

    if (events->over || (events->list && !json_scan_item(&events->scan))) {
        events->over = true;
        return false;
    }
    events->over = !events->list;
    event->kind = CLOUD_EVENT_NONE;
    event->type = (struct json_scan_text){.bytes = NULL, .length = 0};
    event->form.count = 0;
    if (json_scan_enter(&events->scan, '{'))
        read_members(event, &events->scan);
    else
        json_scan_value(&events->scan, &value);
    return true;
}
