/* webhook/event: which webhooks call for a join, which are only noted, which are refused. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "webhook/event.h"

#define AC "AC00000000000000000000000000000001"
#define AC2 "AC00000000000000000000000000000002"
#define CH "CH00000000000000000000000000000001"
#define CH2 "CH00000000000000000000000000000002"
#define IS "IS00000000000000000000000000000001"
#define IS2 "IS00000000000000000000000000000002"

#define ADDED "AccountSid=" AC "&EventType=onConversationAdded&ConversationSid=" CH
#define OTHER(event) \
    "AccountSid=" AC "&ConversationSid=" CH "&ChatServiceSid=" IS "&EventType=" event

enum {
    ADDED_ONLY = SETTING_ON_CONVERSATION_ADDED,
    ALL = SETTING_ON_CONVERSATION_ADDED | SETTING_ON_MESSAGE_ADDED | SETTING_ON_PARTICIPANT_ADDED |
          SETTING_ON_CONVERSATION_STATE_UPDATED,
};

static const struct row {
    const char *name;
    const char *form;
    unsigned events; /* 0: the default */
    const char *sources, *service; /* NULL: not set */
    bool disabled;
    enum event_verdict verdict;
    const char *service_used; /* of EVENT_JOIN; NULL: none */
} rows[] = {
    {"a new conversation", ADDED "&ChatServiceSid=" IS, 0, NULL, NULL, false, EVENT_JOIN, IS},
    {"a new conversation of no named service", ADDED, 0, NULL, NULL, false, EVENT_JOIN, NULL},
    {"an empty ChatServiceSid names none", ADDED "&ChatServiceSid=", 0, NULL, NULL, false,
     EVENT_JOIN, NULL},
    {"the configured service where the payload has none", ADDED, 0, NULL, IS, false, EVENT_JOIN,
     IS},
    {"the configured service", ADDED "&ChatServiceSid=" IS, 0, NULL, IS, false, EVENT_JOIN, IS},
    {"another service than the configured one", ADDED "&ChatServiceSid=" IS2, 0, NULL, IS, false,
     EVENT_IGNORED, NULL},
    {"equal repeats are one", ADDED "&ConversationSid=" CH "&AccountSid=" AC, 0, NULL, NULL, false,
     EVENT_JOIN, NULL},
    {"parameters that nobody knows", ADDED "&NewThing=1&RetryCount=0", 0, NULL, NULL, false,
     EVENT_JOIN, NULL},

    /* Twilio's signed string has no delimiters: see read_names(). */
    {"names with digits, dots and underscores", ADDED "&A1=1&b.C=1&d_e=1&MessagingBinding.Address=%2B1", 0,
     NULL, NULL, false, EVENT_JOIN, NULL},
    {"a name that begins with the rest of a path", ADDED "&/voice=x", 0, NULL, NULL, false, EVENT_FOREIGN,
     NULL},
    {"a name that begins with a hyphen", ADDED "&-sms=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name with a hyphen", ADDED "&Reason-=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name that begins with a dot", ADDED "&.x=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name that begins with a digit", ADDED "&2=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name that begins with a query", ADDED "&%3Fa%3D1=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name with a blank", ADDED "&a+b=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name with a NUL", ADDED "&a%00b=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"a name that is not ASCII", ADDED "&Gr%C3%B6%C3%9Fe=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"an empty name", ADDED "&=x", 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"such a name where the bot was removed", OTHER("onParticipantRemoved") "&Identity=bot&-sms=x", 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},
    {"such a name where the bot was added", OTHER("onParticipantAdded") "&Identity=bot&-sms=x", 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},
    {"such a name where a conversation ended", OTHER("onConversationRemoved") "&-sms=x", 0, NULL, NULL,
     false, EVENT_FOREIGN, NULL},
    {"such a name in an event that is not acted on", OTHER("onDeliveryUpdated") "&-sms=x", ALL, NULL, NULL,
     false, EVENT_IGNORED, NULL},
    {"such a name in a pre-event", OTHER("onMessageAdd") "&-sms=x", ALL, NULL, NULL, false, EVENT_PRE, NULL},

    {"switched off", ADDED, 0, NULL, NULL, true, EVENT_IGNORED, NULL},
    {"a source that is wanted", ADDED "&Source=SMS", 0, "SMS", NULL, false, EVENT_JOIN, NULL},
    {"a source that is not wanted", ADDED "&Source=API", 0, "SMS", NULL, false, EVENT_IGNORED,
     NULL},
    {"a source in another case", ADDED "&Source=sms", 0, "SMS", NULL, false, EVENT_IGNORED, NULL},
    {"no source where some are wanted", ADDED, 0, "SMS", NULL, false, EVENT_IGNORED, NULL},
    {"any source where none is named", ADDED "&Source=WHATSAPP", 0, NULL, NULL, false, EVENT_JOIN,
     NULL},

    {"another account", "AccountSid=" AC2 "&EventType=onConversationAdded&ConversationSid=" CH, 0,
     NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"two accounts", ADDED "&AccountSid=" AC2, 0, NULL, NULL, false, EVENT_FOREIGN, NULL},
    {"an empty account", "AccountSid=&EventType=onConversationAdded&ConversationSid=" CH, 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},
    {"an account and a NUL",
     "AccountSid=" AC "%00&EventType=onConversationAdded&ConversationSid=" CH, 0, NULL, NULL,
     false, EVENT_FOREIGN, NULL},
    {"a join event of no account", "EventType=onConversationAdded&ConversationSid=" CH, 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},
    {"another event of another account", "AccountSid=" AC2 "&EventType=onDeliveryUpdated", 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},
    {"a pre-event of another account", "AccountSid=" AC2 "&EventType=onMessageAdd", 0, NULL, NULL,
     false, EVENT_FOREIGN, NULL},
    {"another event of no account", "EventType=onDeliveryUpdated", 0, NULL, NULL, false,
     EVENT_IGNORED, NULL},

    {"no conversation", "AccountSid=" AC "&EventType=onConversationAdded", 0, NULL, NULL, false,
     EVENT_BAD, NULL},
    {"a conversation that is no SID", "AccountSid=" AC "&EventType=onConversationAdded"
     "&ConversationSid=../../Services", 0, NULL, NULL, false, EVENT_BAD, NULL},
    {"a conversation of another kind", "AccountSid=" AC "&EventType=onConversationAdded"
     "&ConversationSid=" IS, 0, NULL, NULL, false, EVENT_BAD, NULL},
    {"a conversation with a bad escape", "AccountSid=" AC "&EventType=onConversationAdded"
     "&ConversationSid=CH0000000000000000000000000000000%zz", 0, NULL, NULL, false, EVENT_BAD,
     NULL},
    {"a conversation with a NUL", "AccountSid=" AC "&EventType=onConversationAdded&ConversationSid="
     CH "%00", 0, NULL, NULL, false, EVENT_BAD, NULL},
    {"two conversations", ADDED "&ConversationSid=" CH2, 0, NULL, NULL, false, EVENT_BAD, NULL},
    {"a service that is no SID", ADDED "&ChatServiceSid=default", 0, NULL, NULL, false, EVENT_BAD,
     NULL},
    {"two services", ADDED "&ChatServiceSid=" IS "&ChatServiceSid=" IS2, 0, NULL, NULL, false,
     EVENT_BAD, NULL},
    {"SIDs of an event that is not asked for do not matter",
     "AccountSid=" AC "&EventType=onMessageAdded&ConversationSid=x", 0, NULL, NULL, false,
     EVENT_IGNORED, NULL},

    {"a pre-event of a conversation", "AccountSid=" AC "&EventType=onConversationAdd", 0, NULL,
     NULL, false, EVENT_PRE, NULL},
    {"a pre-event of a message", OTHER("onMessageAdd"), ALL, NULL, NULL, false, EVENT_PRE, NULL},
    {"a pre-event of a removal", OTHER("onMessageRemove"), ALL, NULL, NULL, false, EVENT_PRE, NULL},
    {"a pre-event of an update", OTHER("onUserUpdate"), ALL, NULL, NULL, false, EVENT_PRE, NULL},
    {"a pre-event that is not known yet", OTHER("onSomethingDo"), ALL, NULL, NULL, false, EVENT_PRE,
     NULL},
    {"a pre-event without an account", "EventType=onMessageAdd", 0, NULL, NULL, false, EVENT_PRE,
     NULL},
    {"a pre-event while switched off", OTHER("onMessageAdd"), ALL, NULL, NULL, true, EVENT_PRE,
     NULL},
    {"a pre-event of a source that is not wanted", OTHER("onMessageAdd") "&Source=API", ALL, "SMS",
     NULL, false, EVENT_PRE, NULL},

    {"no event type", "AccountSid=" AC "&ConversationSid=" CH, 0, NULL, NULL, false, EVENT_IGNORED,
     NULL},
    {"an event in another case",
     "AccountSid=" AC "&EventType=OnConversationAdded&ConversationSid=" CH, 0, NULL, NULL, false,
     EVENT_IGNORED, NULL},
    {"an unknown event", OTHER("onSomethingHappened"), ALL, NULL, NULL, false, EVENT_IGNORED, NULL},
    {"an event of another product", "AccountSid=" AC "&EventType=com.twilio.message", ALL, NULL,
     NULL, false, EVENT_IGNORED, NULL},
    {"two event types", ADDED "&EventType=onMessageAdded", ALL, NULL, NULL, false, EVENT_BAD, NULL},

    {"a message, not asked for", OTHER("onMessageAdded"), 0, NULL, NULL, false, EVENT_IGNORED,
     NULL},
    {"a message, asked for", OTHER("onMessageAdded") "&Author=%2B1415", ALL, NULL, NULL, false,
     EVENT_JOIN, IS},
    {"a message by the bot itself", OTHER("onMessageAdded") "&Author=bot", ALL, NULL, NULL, false,
     EVENT_IGNORED, NULL},
    {"a participant, not asked for", OTHER("onParticipantAdded"), 0, NULL, NULL, false,
     EVENT_IGNORED, NULL},
    {"a participant, asked for", OTHER("onParticipantAdded") "&Identity=alice", ALL, NULL, NULL,
     false, EVENT_JOIN, IS},
    {"a participant by telephone", OTHER("onParticipantAdded") "&MessagingBinding.Address=%2B1",
     ALL, NULL, NULL, false, EVENT_JOIN, IS},
    {"the bot itself was added", OTHER("onParticipantAdded") "&Identity=bot", ALL, NULL, NULL,
     false, EVENT_BOT_CAME, NULL},
    {"a state, not asked for", OTHER("onConversationStateUpdated") "&StateTo=active", 0, NULL, NULL,
     false, EVENT_IGNORED, NULL},
    {"active, asked for", OTHER("onConversationStateUpdated") "&StateTo=active", ALL, NULL, NULL,
     false, EVENT_JOIN, IS},
    {"inactive", OTHER("onConversationStateUpdated") "&StateTo=inactive", ALL, NULL, NULL, false,
     EVENT_IGNORED, NULL},
    {"no state at all", OTHER("onConversationStateUpdated"), ALL, NULL, NULL, false, EVENT_IGNORED,
     NULL},
    {"closed", OTHER("onConversationStateUpdated") "&StateTo=closed", ALL, NULL, NULL, false,
     EVENT_CONVERSATION_ENDED, NULL},
    {"closed, not asked for", OTHER("onConversationStateUpdated") "&StateTo=closed", 0, NULL, NULL,
     false, EVENT_CONVERSATION_ENDED, NULL},
    {"removed", OTHER("onConversationRemoved"), 0, NULL, NULL, false, EVENT_CONVERSATION_ENDED,
     NULL},
    {"the bot was removed", OTHER("onParticipantRemoved") "&Identity=bot", 0, NULL, NULL, false,
     EVENT_BOT_LEFT, NULL},
    {"somebody else was removed", OTHER("onParticipantRemoved") "&Identity=alice", ALL, NULL, NULL,
     false, EVENT_IGNORED, NULL},
    {"the bot of another account was removed",
     "AccountSid=" AC2 "&EventType=onParticipantRemoved&Identity=bot&ConversationSid=" CH, 0, NULL,
     NULL, false, EVENT_FOREIGN, NULL},

    /* Only join events are answered 400 and 403 for what they lack. */
    {"the bot was removed, says nobody",
     "EventType=onParticipantRemoved&Identity=bot&ConversationSid=" CH, 0, NULL, NULL, false,
     EVENT_IGNORED, NULL},
    {"the bot was removed from nowhere", "AccountSid=" AC "&EventType=onParticipantRemoved"
     "&Identity=bot&ConversationSid=x", 0, NULL, NULL, false, EVENT_IGNORED, NULL},
    {"nothing was removed", "AccountSid=" AC "&EventType=onConversationRemoved", 0, NULL, NULL,
     false, EVENT_IGNORED, NULL},
};

static void is_judged(void **state)
{
    const struct row *row = *state;
    static struct form form;
    static char account[] = AC, identity[] = "bot";
    char body[512], service[64], source[32];
    struct config config = {
        .account_sid = account,
        .identity = identity,
        .enabled = !row->disabled,
        .events = row->events ? row->events : ADDED_ONLY,
    };
    struct event event;

    if (row->service) {
        snprintf(service, sizeof service, "%s", row->service);
        config.chat_service_sid = service;
    }
    if (row->sources) {
        snprintf(source, sizeof source, "%s", row->sources);
        config.sources = (struct setting_list){.items = {source}, .count = 1};
    }
    snprintf(body, sizeof body, "%s", row->form);
    assert_true(form_parse(&form, body, strlen(body)));
    event_read(&event, &form, &config);
    if (event.verdict != row->verdict)
        print_message("reason: %s\n", event.reason ? event.reason : "none");
    assert_int_equal(event.verdict, row->verdict);
    if (row->verdict == EVENT_JOIN) {
        assert_null(event.reason);
        assert_string_equal(event.conversation.text, CH);
        assert_string_equal(event.service.text, row->service_used ? row->service_used : "");
    } else {
        assert_non_null(event.reason);
    }
}

static void what_the_log_tells_is_kept_of_ignored_events_too(void **state)
{
    static char account[] = AC, identity[] = "bot";
    struct config config = {.account_sid = account, .identity = identity, .enabled = true,
                            .events = ADDED_ONLY};
    static struct form form;
    char body[] = OTHER("onDeliveryUpdated") "&Source=SMS&RetryCount=2";
    struct event event;

    (void)state;
    assert_true(form_parse(&form, body, strlen(body)));
    event_read(&event, &form, &config);
    assert_true(form_value_is(&event.type, "onDeliveryUpdated"));
    assert_true(form_value_is(&event.source, "SMS"));
    assert_true(form_value_is(&event.retry_count, "2"));
    assert_string_equal(event.conversation.text, CH);
    assert_string_equal(event.service.text, IS);
}

static const struct age {
    const char *name;
    const char *form;
    int64_t made_ms;
} ages[] = {
    {"with milliseconds", ADDED "&DateCreated=2026-03-04T05%3A06%3A07.890Z", INT64_C(1772600767890)},
    {"in whole seconds", ADDED "&DateCreated=2026-03-04T05%3A06%3A07Z", INT64_C(1772600767000)},
    {"no date", ADDED, 0},
    {"an empty date", ADDED "&DateCreated=", 0},
    {"a date that is none", ADDED "&DateCreated=yesterday", 0},
    {"a date behind a date", ADDED "&DateCreated=2026-03-04T05%3A06%3A07ZZ", 0},
    {"a date with a NUL", ADDED "&DateCreated=2026-03-04T05%3A06%3A07Z%00", 0},
    {"a date that is far too long", ADDED "&DateCreated=2026-03-04T05%3A06%3A07.00000000000000000000Z", 0},
};

static void tells_when_it_was_made(void **state)
{
    const struct age *row = *state;
    static char account[] = AC, identity[] = "bot";
    struct config config = {.account_sid = account, .identity = identity, .enabled = true,
                            .events = ADDED_ONLY};
    static struct form form;
    char body[512];
    struct event event;

    snprintf(body, sizeof body, "%s", row->form);
    assert_true(form_parse(&form, body, strlen(body)));
    event_read(&event, &form, &config);
    assert_int_equal(event.verdict, EVENT_JOIN);
    assert_int_equal(event.made_ms, row->made_ms);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_judged, rows);
    CASES_ADD(&cases, what_the_log_tells_is_kept_of_ignored_events_too);
    CASES_ADD_TABLE(&cases, tells_when_it_was_made, ages);
    return cases_run(&cases, "event");
}
