/* webhook/cloud_event: which events a body holds, and the form that each becomes. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "webhook/cloud_event.h"
#include "webhook/event.h"

#define AC "AC00000000000000000000000000000001"
#define CH "CH00000000000000000000000000000001"
#define TYPE(name) "\"type\":\"com.twilio.conversations." name "\""
#define DATA(more) "\"data\":{\"AccountSid\":\"" AC "\",\"ConversationSid\":\"" CH "\"" more "}"

static const struct row {
    const char *name;
    const char *body; /* of one event */
    enum cloud_event_kind kind;
    const char *event; /* as the webhook calls it; NULL: none */
    enum event_verdict verdict; /* with every event wanted */
} rows[] = {
    {"a new conversation", "{" TYPE("conversation.added") "," DATA("") "}", CLOUD_EVENT_KNOWN, "onConversationAdded",
     EVENT_JOIN},
    {"the data first", "{" DATA("") "," TYPE("conversation.added") "}", CLOUD_EVENT_KNOWN, "onConversationAdded",
     EVENT_JOIN},
    {"a state that became active", "{" TYPE("conversation-state.updated") "," DATA(",\"StateTo\":\"active\"") "}",
     CLOUD_EVENT_KNOWN, "onConversationStateUpdated", EVENT_JOIN},
    {"a state that became inactive", "{" TYPE("conversation-state.updated") "," DATA(",\"StateTo\":\"inactive\"") "}",
     CLOUD_EVENT_KNOWN, "onConversationStateUpdated", EVENT_IGNORED},
    {"a state that became closed", "{" TYPE("conversation-state.updated") "," DATA(",\"StateTo\":\"closed\"") "}",
     CLOUD_EVENT_KNOWN, "onConversationStateUpdated", EVENT_CONVERSATION_ENDED},
    {"a conversation removed", "{" TYPE("conversation.removed") "," DATA("") "}", CLOUD_EVENT_KNOWN,
     "onConversationRemoved", EVENT_CONVERSATION_ENDED},
    {"the bot removed", "{" TYPE("participant.removed") "," DATA(",\"Identity\":\"bot\"") "}", CLOUD_EVENT_KNOWN,
     "onParticipantRemoved", EVENT_BOT_LEFT},
    {"somebody else removed", "{" TYPE("participant.removed") "," DATA(",\"Identity\":null") "}", CLOUD_EVENT_KNOWN,
     "onParticipantRemoved", EVENT_IGNORED},
    {"the bot added", "{" TYPE("participant.added") "," DATA(",\"Identity\":\"bot\"") "}", CLOUD_EVENT_KNOWN,
     "onParticipantAdded", EVENT_BOT_CAME},
    {"somebody else added", "{" TYPE("participant.added") "," DATA(",\"Identity\":\"agent\"") "}", CLOUD_EVENT_KNOWN,
     "onParticipantAdded", EVENT_JOIN},
    {"a message", "{" TYPE("message.added") "," DATA(",\"Author\":\"+1\",\"Index\":7") "}", CLOUD_EVENT_KNOWN,
     "onMessageAdded", EVENT_JOIN},
    {"a message by the bot", "{" TYPE("message.added") "," DATA(",\"Author\":\"bot\"") "}", CLOUD_EVENT_KNOWN,
     "onMessageAdded", EVENT_IGNORED},
    {"an event that tells nothing", "{" TYPE("message.updated") "," DATA("") "}", CLOUD_EVENT_OTHER, NULL,
     EVENT_IGNORED},
    {"the webhook's own name", "{\"type\":\"onConversationAdded\"," DATA("") "}", CLOUD_EVENT_OTHER, NULL,
     EVENT_IGNORED},
    {"a pre-event's name", "{\"type\":\"onMessageAdd\"," DATA("") "}", CLOUD_EVENT_OTHER, NULL, EVENT_IGNORED},
    {"no type", "{" DATA("") "}", CLOUD_EVENT_NONE, NULL, EVENT_IGNORED},
    {"a type that is no string", "{\"type\":[\"x\"]," DATA("") "}", CLOUD_EVENT_NONE, NULL, EVENT_IGNORED},
    {"no data", "{" TYPE("conversation.added") "}", CLOUD_EVENT_KNOWN, "onConversationAdded", EVENT_FOREIGN},
    {"data that are no object", "{" TYPE("conversation.added") ",\"data\":\"" CH "\"}", CLOUD_EVENT_KNOWN,
     "onConversationAdded", EVENT_FOREIGN},
    {"members of the envelope count for nothing",
     "{" TYPE("conversation.added") ",\"AccountSid\":\"" AC "\",\"ConversationSid\":\"" CH "\"}", CLOUD_EVENT_KNOWN,
     "onConversationAdded", EVENT_FOREIGN},
    {"members of members likewise", "{" TYPE("conversation.added") ",\"data\":{\"a\":{\"AccountSid\":\"" AC "\"}}}",
     CLOUD_EVENT_KNOWN, "onConversationAdded", EVENT_FOREIGN},
};

static void an_event(void **state)
{
    static struct cloud_event cloud_event;
    static char account[] = AC, identity[] = "bot";
    const struct config config = {.account_sid = account, .identity = identity, .enabled = true, .events = 15};
    const struct row *row = *state;
    struct cloud_events events;
    const char *wrong = NULL;
    char body[512];
    struct event event;

    snprintf(body, sizeof body, "%s", row->body);
    assert_int_equal(cloud_events_open(&events, body, strlen(body), &wrong), CLOUD_EVENTS_OK);
    assert_true(cloud_events_next(&events, &cloud_event));
    assert_int_equal(cloud_event.kind, row->kind);
    event_read(&event, &cloud_event.form, &config);
    assert_int_equal(event.verdict, row->verdict);
    if (row->event)
        assert_true(form_value_is(&event.type, row->event));
    else
        assert_null(event.type.name);
    assert_false(cloud_events_next(&events, &cloud_event));
    assert_false(cloud_events_next(&events, &cloud_event));
}

/* A state's change has no DateCreated. */
static void when_it_happened_counts_where_nothing_else_is_said(void **state)
{
    static const struct {
        const char *more;
        int64_t made_ms;
    } dates[] = {
        {",\"DateCreated\":\"1970-01-01T00:00:01.000Z\"", 1000},
        {"", 5000},
        {",\"DateCreated\":null", 5000},
    };
    static struct cloud_event cloud_event;
    static char account[] = AC, identity[] = "bot";
    const struct config config = {.account_sid = account, .identity = identity, .enabled = true, .events = 15};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct cloud_events events;
        const char *wrong;
        char body[512];
        struct event event;

        snprintf(body, sizeof body,
                 "{\"time\":\"1970-01-01T00:00:05Z\"," TYPE("conversation.added") "," DATA("%s") "}", dates[i].more);
        assert_int_equal(cloud_events_open(&events, body, strlen(body), &wrong), CLOUD_EVENTS_OK);
        assert_true(cloud_events_next(&events, &cloud_event));
        event_read(&event, &cloud_event.form, &config);
        assert_int_equal(event.verdict, EVENT_JOIN);
        assert_true(event.made_ms == dates[i].made_ms);
    }
}

static void a_list_has_its_events_one_by_one(void **state)
{
    static struct cloud_event event;
    char body[] = " [ {\"type\":\"a\"} , 1,[{\"type\":\"b\"}],{\"type\":\"c\"}]";
    struct cloud_events events;
    const char *wrong;

    (void)state;
    assert_int_equal(cloud_events_open(&events, body, strlen(body), &wrong), CLOUD_EVENTS_OK);
    assert_true(cloud_events_next(&events, &event));
    assert_memory_equal(event.type.bytes, "a", 1);
    assert_true(cloud_events_next(&events, &event));
    assert_int_equal(event.kind, CLOUD_EVENT_NONE);
    assert_true(cloud_events_next(&events, &event));
    assert_int_equal(event.kind, CLOUD_EVENT_NONE);
    assert_true(cloud_events_next(&events, &event));
    assert_memory_equal(event.type.bytes, "c", 1);
    assert_false(cloud_events_next(&events, &event));
}

static void only_so_many(void **state)
{
    static char body[2 * CLOUD_EVENTS_LIMIT + 4];
    struct cloud_events events;
    const char *wrong = NULL;
    size_t i, length = 0;

    (void)state;
    for (i = 0; i <= CLOUD_EVENTS_LIMIT; i++) {
        body[length++] = i == 0 ? '[' : ',';
        body[length++] = '1';
    }
    body[length] = ']';
    assert_int_equal(cloud_events_open(&events, body, length + 1, &wrong), CLOUD_EVENTS_MANY);
    assert_non_null(wrong);
    body[length - 2] = ']';
    assert_int_equal(cloud_events_open(&events, body, length - 1, &wrong), CLOUD_EVENTS_OK);
}

static void nothing_else_is_a_body(void **state)
{
    static const char *const bodies[] = {"", "1", "\"x\"", "null", "[", "{}{}", "AccountSid=" AC};
    struct cloud_events events;
    const char *wrong;
    char body[64];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        wrong = NULL;
        snprintf(body, sizeof body, "%s", bodies[i]);
        assert_int_equal(cloud_events_open(&events, body, strlen(body), &wrong), CLOUD_EVENTS_BAD);
        assert_non_null(wrong);
    }
}

static void each_event_has_its_name_there(void **state)
{
    (void)state;
    assert_string_equal(cloud_event_type("onMessageAdded"), "com.twilio.conversations.message.added");
    assert_null(cloud_event_type("onMessageAdd"));
    assert_null(cloud_event_type("onUserAdded"));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, an_event, rows);
    CASES_ADD(&cases, when_it_happened_counts_where_nothing_else_is_said);
    CASES_ADD(&cases, a_list_has_its_events_one_by_one);
    CASES_ADD(&cases, only_so_many);
    CASES_ADD(&cases, nothing_else_is_a_body);
    CASES_ADD(&cases, each_event_has_its_name_there);
    return cases_run(&cases, "cloud_event");
}
