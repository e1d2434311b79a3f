#include "build.h"

#include "webhook/event_action.h"

#include <stdio.h>

static void tell(const struct handler *handler, const struct event *event, enum spool_joins_news news)
{
    handler->tell(handler->spooled, event->conversation.text, news, event->made_ms);
}

enum answer event_action_judge(const struct handler *handler, const struct event *event)
{
    switch (event->verdict) {
    case EVENT_JOIN:
        return ANSWER_NONE;
    case EVENT_PRE:
        return ANSWER_PRE_EVENT;
    case EVENT_FOREIGN:
        return ANSWER_FORBIDDEN;
    case EVENT_BAD:
        return ANSWER_BAD_REQUEST;
    case EVENT_BOT_LEFT:
        tell(handler, event, SPOOL_JOINS_BOT_REMOVED);
        break;
    case EVENT_BOT_CAME:
        tell(handler, event, SPOOL_JOINS_BOT_ADDED);
        break;
    case EVENT_CONVERSATION_ENDED:
        tell(handler, event, SPOOL_JOINS_CONVERSATION_ENDED);
        break;
    case EVENT_IGNORED:
        break;
    }
    return ANSWER_IGNORED;
}

void event_action_join(const struct handler *handler, const struct exchange *exchange,
                       const struct event *event, join_done_fn *done, void *argument)
{
    char type[TICKET_EVENT_SIZE];
    struct join_request request = {
        .event = type,
        .event_ms = event->made_ms,
        .conversation_sid = event->conversation.text,
        .service_sid = event->service.text[0] ? event->service.text : NULL,
        .deadline_us =
            exchange->request.begun_us + (int64_t)handler->config->deadline_ms * 1000,
    };

    snprintf(type, sizeof type, "%.*s", (int)event->type.value_length, event->type.value);
    handler->join(handler->spooled, &request, done, argument);
}

enum answer event_action_answer(enum join_result result)
{
    switch (result) {
    case JOIN_JOINED:
        return ANSWER_JOINED;
    case JOIN_ALREADY_JOINED:
        return ANSWER_ALREADY_JOINED;
    case JOIN_GONE:
        return ANSWER_GONE;
    case JOIN_UNWANTED:
        return ANSWER_IGNORED;
    case JOIN_RETRY_LATER:
        return ANSWER_RETRY_LATER;
    case JOIN_REFUSED:
        break;
    }
    return ANSWER_REFUSED;
}
