/*
 * The events of a JSON body: one CloudEvent, or a list of them (CloudEvents 1.0, JSON format), as Twilio's
 * Event Streams sends them. Each becomes the form that the webhook of the same event has, as far as it is
 * read, so that one rule judges both.
 *
 * Their data have the names of the webhook's parameters, but no ChatServiceSid and no Source, as far as they were
 * seen (twilio.com/docs/events/event-types/conversations).
 */
#ifndef AUTOJOIN_WEBHOOK_CLOUD_EVENT_H
#define AUTOJOIN_WEBHOOK_CLOUD_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/json_scan.h"
#include "webhook/form.h"

/* Twilio's have some 700 bytes: so many do not fit into a body. */
enum { CLOUD_EVENTS_LIMIT = 4096 };

enum cloud_events_status {
    CLOUD_EVENTS_OK,
    CLOUD_EVENTS_BAD,  /* not JSON, nested absurdly, or neither an object nor a list */
    CLOUD_EVENTS_MANY, /* more than CLOUD_EVENTS_LIMIT */
};

enum cloud_event_kind {
    CLOUD_EVENT_KNOWN, /* `form` is its webhook's */
    CLOUD_EVENT_OTHER, /* of a type that tells nothing of a join */
    CLOUD_EVENT_NONE,  /* not an object with a type */
};

struct cloud_event {
    enum cloud_event_kind kind;
    struct json_scan_text type; /* as Event Streams calls it; empty of CLOUD_EVENT_NONE */
    struct form form;           /* borrows the body's bytes, and static ones */
};

/* Where we are in the body. */
struct cloud_events {
    struct json_scan scan;
    bool list;
    bool over;
};

/* Starts with a body, which is changed in reading it and must outlive what was read. `wrong` gets why it is
 * not CLOUD_EVENTS_OK; static. Thread-safe, as all here. */
enum cloud_events_status cloud_events_open(struct cloud_events *events, char *body, size_t length,
                                           const char **wrong);

/* What Event Streams calls the event of such a webhook (EventType), of those that are read; NULL if it is none. */
const char *cloud_event_type(const char *event);

/* Reads the next one. False after the last. */
bool cloud_events_next(struct cloud_events *events, struct cloud_event *event);

#endif
