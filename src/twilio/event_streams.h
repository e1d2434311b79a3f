/*
 * Event Streams: the sinks that lead to us, what they are subscribed to, and what they should be.
 * Source: Twilio's OpenAPI document of events.twilio.com (v1).
 */
#ifndef AUTOJOIN_TWILIO_EVENT_STREAMS_H
#define AUTOJOIN_TWILIO_EVENT_STREAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/setting_value.h"
#include "support/sid.h"
#include "twilio/ask.h"

enum {
    EVENT_STREAMS_SCHEMA_VERSION = 2, /* named, for what is not named is fixed at the newest of that day */
    EVENT_STREAMS_TYPES_LIMIT = SETTING_EVENTS_LIMIT + 1,
    EVENT_STREAMS_SINKS_LIMIT = 8 /* of ours */
};

/* By this a sink that setup made is known, wherever it leads. */
#define EVENT_STREAMS_DESCRIPTION "twilio-autojoin"

/* The types that say what the events of AUTOJOIN_EVENTS say, and participant.removed. Names are static. Returns how
 * many. Thread-safe. */
size_t event_streams_wanted(const char *types[EVENT_STREAMS_TYPES_LIMIT], unsigned events);

/* A sink that leads to our URL, or that setup made. Owned, until event_streams_forget(). */
struct event_streams_sink {
    struct sid sid;          /* DG... */
    struct sid subscription; /* DF...; "" for none */
    bool leads_to_us;
    json_t *json;  /* the sink */
    json_t *types; /* array of the subscription's entries; NULL without one */
};

struct event_streams_sinks {
    struct event_streams_sink items[EVENT_STREAMS_SINKS_LIMIT];
    size_t count;
    bool more; /* there are further ones, that were not looked at */
};

/* Members of a sink; "" for none. */
const char *event_streams_status(const struct event_streams_sink *sink);
const char *event_streams_destination(const struct event_streams_sink *sink);
const char *event_streams_method(const struct event_streams_sink *sink);

/* Whether it is subscribed to that type. */
bool event_streams_has_type(const struct event_streams_sink *sink, const char *type);

/* Finds our sinks with their subscriptions; `api` is the asker of that API, `url` our public URL. False if something
 * could not be asked: what was found until then is there. To be given back by event_streams_forget() in any case. */
bool event_streams_find(const struct asker *api, const char *url, struct event_streams_sinks *sinks,
                        struct ask_answer *failure);

void event_streams_forget(struct event_streams_sinks *sinks);

#endif
