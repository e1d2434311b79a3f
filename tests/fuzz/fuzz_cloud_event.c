/*
 * webhook/cloud_event and support/json_scan: any bytes as the body of a request of Event Streams, which was
 * signed. What jansson accepts is accepted, and read as jansson reads it; what is read of anything else lies in it,
 * and every event that is read can be judged.
 */
#include "build.h"

#include "property.h"

#include <jansson.h>
#include <string.h>

#include "webhook/cloud_event.h"
#include "webhook/event.h"

#define PREFIX "com.twilio.conversations."
#define AC "AC0123456789abcdef0123456789abcdef"

static const char *const names[] = {"AccountSid", "Author",     "ChatServiceSid", "ConversationSid",
                                    "Identity",   "RetryCount", "Source",         "StateTo"};

static bool is_inside(const char *bytes, size_t length, const char *at, size_t part)
{
    return part == 0 || (at >= bytes && at < bytes + length && part <= (size_t)(bytes + length - at));
}

/* The last of that name; jansson's. */
static const struct form_parameter *last(const struct form *form, const char *name)
{
    size_t i = form->count;

    while (i-- > 0)
        if (form->parameters[i].name_length == strlen(name) &&
            memcmp(form->parameters[i].name, name, strlen(name)) == 0)
            return &form->parameters[i];
    return NULL;
}

static void compare_member(const struct cloud_event *event, const char *name, const json_t *value)
{
    const struct form_parameter *parameter = last(&event->form, name);

    PROPERTY(!parameter == (!value || json_is_null(value)), "there where jansson has it");
    if (json_is_string(value))
        PROPERTY(parameter->value_length == json_string_length(value) &&
                     memcmp(parameter->value, json_string_value(value), parameter->value_length) == 0,
                 "as jansson decodes it");
}

static void compare_event(const struct cloud_event *event, const json_t *item)
{
    const json_t *type = json_object_get(item, "type"), *data = json_object_get(item, "data");
    size_t i;

    PROPERTY((event->kind == CLOUD_EVENT_NONE) == !json_is_string(type), "an event is an object with a type");
    if (event->kind == CLOUD_EVENT_NONE)
        return;
    PROPERTY(event->type.length == json_string_length(type) &&
                 memcmp(event->type.bytes, json_string_value(type), event->type.length) == 0,
             "its type");
    if (event->kind == CLOUD_EVENT_KNOWN)
        PROPERTY(strncmp(json_string_value(type), PREFIX, strlen(PREFIX)) == 0, "known types are Conversations'");
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        compare_member(event, names[i], json_object_get(data, names[i]));
}

static void judge(const struct cloud_event *cloud_event, const char *body, size_t length)
{
    static char account[] = AC, identity[] = "bot";
    const struct config config = {.account_sid = account, .identity = identity, .enabled = true, .events = 15};
    struct event event;
    size_t i;

    for (i = 0; i < cloud_event->form.count; i++) {
        const struct form_parameter *parameter = &cloud_event->form.parameters[i];

        PROPERTY(strcmp(parameter->name, "EventType") == 0 ||
                     is_inside(body, length, parameter->value, parameter->value_length),
                 "values lie in the body");
    }
    event_read(&event, &cloud_event->form, &config);
    PROPERTY(event.verdict != EVENT_PRE, "no pre-event comes this way");
    if (event.verdict == EVENT_JOIN)
        PROPERTY(cloud_event->kind == CLOUD_EVENT_KNOWN && sid_valid(event.conversation.text, SID_LENGTH, "CH"),
                 "a join has a conversation");
}

/* `expected` is NULL where jansson does not say what is right. */
static void read_all(char *body, size_t length, struct cloud_events *events, const json_t *expected)
{
    static struct cloud_event event;
    size_t count = 0;

    for (; cloud_events_next(events, &event); count++) {
        judge(&event, body, length);
        if (expected)
            compare_event(&event, json_is_array(expected) ? json_array_get(expected, count) : expected);
    }
    PROPERTY(count <= CLOUD_EVENTS_LIMIT, "so many at most");
    if (expected)
        PROPERTY(count == (json_is_array(expected) ? json_array_size(expected) : 1), "each of them");
    PROPERTY(!cloud_events_next(events, &event), "and then no more");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size > 0 ? size : 1);
    struct cloud_events events;
    const char *wrong = NULL;
    enum cloud_events_status status;
    json_error_t error;
    json_t *json;

    if (!body)
        return 0;
    memcpy(body, data, size);
    json = json_loadb(body, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    /* jansson 2.14 passes over a NUL byte behind a number, which is no JSON (RFC 8259, 2). */
    if (json && memchr(body, '\0', size)) {
        json_decref(json);
        json = NULL;
    }
    status = cloud_events_open(&events, body, size, &wrong);
    PROPERTY((status == CLOUD_EVENTS_OK) == !wrong, "what is wrong is said");
    if (json && (json_is_object(json) || json_is_array(json)))
        PROPERTY(status != CLOUD_EVENTS_BAD || strstr(wrong, "nested"), "what jansson takes is taken");
    if (status == CLOUD_EVENTS_OK) {
        json_t *unique = json_loadb((const char *)data, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

        PROPERTY(memcmp(body, data, size) == 0, "nothing is changed before it is read");
        read_all(body, size, &events, json ? unique : NULL);
        json_decref(unique);
    }
    json_decref(json);
    free(body);
    return 0;
}
