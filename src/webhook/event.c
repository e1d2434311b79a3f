#include "build.h"

#include "webhook/event.h"

#include <string.h>

#include "support/clock.h"

/* The parameters that are read. */
enum {
    ACCOUNT_SID,
    AUTHOR,
    CHAT_SERVICE_SID,
    CONVERSATION_SID,
    DATE_CREATED,
    EVENT_TYPE,
    IDENTITY,
    RETRY_COUNT,
    SOURCE,
    STATE_TO,
    PICKS
};

/* Twilio's pre-events are named in the present tense (onMessageAdd), what has happened in
 * the past (onMessageAdded). */
static bool is_pre_event(const struct form_parameter *type)
{
    return type->value_length > 4 && memcmp(type->value, "on", 2) == 0 &&
           memcmp(type->value + type->value_length - 2, "ed", 2) != 0;
}

static unsigned event_bit(const struct form_parameter *type)
{
    if (form_value_is(type, "onConversationAdded"))
        return SETTING_ON_CONVERSATION_ADDED;
    if (form_value_is(type, "onMessageAdded"))
        return SETTING_ON_MESSAGE_ADDED;
    if (form_value_is(type, "onParticipantAdded"))
        return SETTING_ON_PARTICIPANT_ADDED;
    if (form_value_is(type, "onConversationStateUpdated"))
        return SETTING_ON_CONVERSATION_STATE_UPDATED;
    return 0;
}

/* NULL if the source counts; an event without one counts only where all do. */
static const char *judge_source(const struct event *event, const struct config *config)
{
    size_t i;

    if (config->sources.count == 0)
        return NULL;
    for (i = 0; i < config->sources.count; i++)
        if (form_value_is(&event->source, config->sources.items[i]))
            return NULL;
    return "its Source is not in AUTOJOIN_SOURCES";
}

static bool is_bot(const struct form_parameter *identity, const struct config *config)
{
    return identity && config_is_bot(config, identity->value, identity->value_length);
}

/* The bot's own doings, and states in which nobody can join, call for nothing. NULL if
 * the event counts. */
static const char *judge_content(const struct form_pick *picks, unsigned bit,
                                 const struct config *config)
{
    if (bit == SETTING_ON_MESSAGE_ADDED &&
        is_bot(picks[AUTHOR].parameter, config))
        return "a message by the bot itself";
    if (bit == SETTING_ON_CONVERSATION_STATE_UPDATED &&
        !form_value_is(picks[STATE_TO].parameter, "active"))
        return "the conversation did not become active";
    return NULL;
}

static void set(struct event *event, enum event_verdict verdict, const char *reason)
{
    event->verdict = verdict;
    event->reason = reason;
}

/* Reads the SIDs of a join event; they go into a URL, so they must be SIDs. */
static bool read_sids(struct event *event, const struct form_pick *picks, const struct config *config)
{
    const struct form_parameter *service = picks[CHAT_SERVICE_SID].parameter;
    const struct form_parameter *conversation = picks[CONVERSATION_SID].parameter;

    if (!conversation ||
        !sid_copy(&event->conversation, conversation->value, conversation->value_length, "CH") ||
        picks[CONVERSATION_SID].conflicts) {
        set(event, EVENT_BAD, "ConversationSid is no SID");
        return false;
    }
    if (service && service->value_length > 0) {
        if (!sid_copy(&event->service, service->value, service->value_length, "IS") ||
            picks[CHAT_SERVICE_SID].conflicts) {
            set(event, EVENT_BAD, "ChatServiceSid is no SID");
            return false;
        }
    } else if (config->chat_service_sid) {
        sid_copy(&event->service, config->chat_service_sid, strlen(config->chat_service_sid),
                 "IS");
    }
    return true;
}

/* What is told of a conversation besides calling for a join; EVENT_IGNORED for nothing. */
static enum event_verdict read_news(const struct form_pick *picks, const struct event *event,
                                    const struct config *config)
{
    bool bot = is_bot(picks[IDENTITY].parameter, config);
    const struct form_parameter *type = &event->type;

    if (bot && form_value_is(type, "onParticipantRemoved"))
        return EVENT_BOT_LEFT;
    if (bot && form_value_is(type, "onParticipantAdded"))
        return EVENT_BOT_CAME;
    if (form_value_is(type, "onConversationRemoved") ||
        (form_value_is(type, "onConversationStateUpdated") &&
         form_value_is(picks[STATE_TO].parameter, "closed")))
        return EVENT_CONVERSATION_ENDED;
    return EVENT_IGNORED;
}

static const char *news_reason(enum event_verdict news)
{
    switch (news) {
    case EVENT_BOT_LEFT:
        return "the bot was removed";
    case EVENT_BOT_CAME:
        return "the bot was added";
    case EVENT_CONVERSATION_ENDED:
        return "the conversation ended";
    default:
        return "the event is not in AUTOJOIN_EVENTS";
    }
}

/* When the conversation, message or participant that it tells of was made. */
static void read_made(struct event *event, const struct form_parameter *made)
{
    char text[CLOCK_TEXT_SIZE];

    if (!made || made->value_length >= sizeof text || memchr(made->value, '\0', made->value_length))
        return;
    memcpy(text, made->value, made->value_length);
    text[made->value_length] = '\0';
    if (!clock_parse(text, &event->made_ms))
        event->made_ms = 0;
}

static void judge(struct event *event, const struct form_pick *picks, const struct config *config)
{
    unsigned bit = event_bit(&event->type) & config->events;
    enum event_verdict news = read_news(picks, event, config);
    const char *reason = judge_source(event, config);

    if (bit == 0 && news == EVENT_IGNORED) {
        set(event, EVENT_IGNORED, news_reason(news));
        return;
    }
    if (!picks[ACCOUNT_SID].parameter) {
        set(event, news == EVENT_IGNORED ? EVENT_FOREIGN : EVENT_IGNORED, "no AccountSid");
        return;
    }
    if (!read_sids(event, picks, config)) {
        if (news != EVENT_IGNORED)
            event->verdict = EVENT_IGNORED; /* only a join needs them */
        return;
    }
    if (config->chat_service_sid && strcmp(event->service.text, config->chat_service_sid) != 0) {
        set(event, EVENT_IGNORED, "its ChatServiceSid is not TWILIO_CHAT_SERVICE_SID");
        return;
    }
    read_made(event, picks[DATE_CREATED].parameter);
    if (news != EVENT_IGNORED) {
        set(event, news, news_reason(news));
        return;
    }
    if (!reason)
        reason = judge_content(picks, bit, config);
    if (!reason && !config->enabled)
        reason = "TWILIO_ENABLED is false";
    set(event, reason ? EVENT_IGNORED : EVENT_JOIN, reason);
}

static void keep(struct form_parameter *copy, const struct form_parameter *parameter)
{
    if (parameter)
        *copy = *parameter;
}

/* For the log: even of events that call for nothing. */
static void read_logged(struct event *event, const struct form_pick *picks)
{
    const struct form_parameter *conversation = picks[CONVERSATION_SID].parameter;
    const struct form_parameter *service = picks[CHAT_SERVICE_SID].parameter;

    keep(&event->type, picks[EVENT_TYPE].parameter);
    keep(&event->source, picks[SOURCE].parameter);
    keep(&event->retry_count, picks[RETRY_COUNT].parameter);
    if (conversation)
        sid_copy(&event->conversation, conversation->value, conversation->value_length, "CH");
    if (service)
        sid_copy(&event->service, service->value, service->value_length, "IS");
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The names that Twilio gives: [A-Za-z][A-Za-z0-9._]*. */
static bool is_plain_name(const char *name, size_t length)
{
    size_t i;

    if (length == 0 || !is_letter(name[0]))
        return false;
    for (i = 1; i < length; i++)
        if (!is_letter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && name[i] != '.' &&
            name[i] != '_')
            return false;
    return true;
}

/* What is signed is the URL, names and values in a row, without delimiters: a signature for a URL that goes on
 * where ours ends is one for ours, too, with a first name that begins with the rest of that URL. */
static void read_names(struct event *event, const struct form *form)
{
    size_t i;

    for (i = 0; i < form->count; i++)
        if (!is_plain_name(form->parameters[i].name, form->parameters[i].name_length)) {
            set(event, EVENT_FOREIGN, "a parameter's name is none of Twilio's");
            return;
        }
}

static bool is_acted_on(enum event_verdict verdict)
{
    return verdict == EVENT_JOIN || verdict == EVENT_BOT_LEFT || verdict == EVENT_BOT_CAME ||
           verdict == EVENT_CONVERSATION_ENDED;
}

void event_read(struct event *event, const struct form *form, const struct config *config)
{
    struct form_pick picks[PICKS] = {
        [ACCOUNT_SID] = {.name = "AccountSid"},
        [AUTHOR] = {.name = "Author"},
        [CHAT_SERVICE_SID] = {.name = "ChatServiceSid"},
        [CONVERSATION_SID] = {.name = "ConversationSid"},
        [DATE_CREATED] = {.name = "DateCreated"},
        [EVENT_TYPE] = {.name = "EventType"},
        [IDENTITY] = {.name = "Identity"},
        [RETRY_COUNT] = {.name = "RetryCount"},
        [SOURCE] = {.name = "Source"},
        [STATE_TO] = {.name = "StateTo"},
    };
    const struct form_pick *account = &picks[ACCOUNT_SID];

    form_pick(form, picks, PICKS);
    *event = (struct event){.verdict = EVENT_IGNORED};
    read_logged(event, picks);
    if (account->parameter &&
        (!form_value_is(account->parameter, config->account_sid) || account->conflicts))
        set(event, EVENT_FOREIGN, "the AccountSid is not TWILIO_ACCOUNT_SID");
    else if (!event->type.name)
        set(event, EVENT_IGNORED, "no EventType");
    else if (picks[EVENT_TYPE].conflicts)
        set(event, EVENT_BAD, "EventType is there twice");
    else if (is_pre_event(&event->type))
        set(event, EVENT_PRE, "a pre-event");
    else
        judge(event, picks, config);
    if (is_acted_on(event->verdict))
        read_names(event, form);
}
