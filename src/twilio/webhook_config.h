/*
 * Where Twilio sends webhooks, and which: the account's and a service's settings (Conversations
 * API v1, Configuration/Webhooks).
 */
#ifndef AUTOJOIN_TWILIO_WEBHOOK_CONFIG_H
#define AUTOJOIN_TWILIO_WEBHOOK_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"
#include "support/setting_value.h"

enum { WEBHOOK_CONFIG_FILTERS_LIMIT = 64 };

/* One level's settings; borrowed from the JSON they were read from. */
struct webhook_config {
    const char *url;     /* of post-event webhooks; "" for none */
    const char *pre_url;
    const char *method;
    const char *filters[WEBHOOK_CONFIG_FILTERS_LIMIT];
    size_t filter_count;
};

/* Reads an answer. False, with nothing in `config`, if it is none: URL, method and list of events must be
 * there, if only as null, for what is not told is not "none", and setup would overwrite it. */
bool webhook_config_read(struct webhook_config *config, const json_t *json);

bool webhook_config_has_filter(const struct webhook_config *config, const char *event);

/* What is to be sent to us: the events that call for a join (AUTOJOIN_EVENTS), and onParticipantRemoved, by
 * which a bot that was removed on purpose is known. Names are static. Returns how many. Thread-safe. */
enum { WEBHOOK_CONFIG_WANTED_LIMIT = SETTING_EVENTS_LIMIT + 1 };
size_t webhook_config_wanted(const char *names[WEBHOOK_CONFIG_WANTED_LIMIT], unsigned events);

/* The last of those: without it joins are made, but nobody learns that the bot was removed. */
#define WEBHOOK_CONFIG_REMOVED "onParticipantRemoved"

/* Whether Twilio's documentation has an event of that name, pre-events included. Thread-safe. */
bool webhook_config_is_event(const char *name);

/* Appends the form that sets what is in `wanted`; no filters at all are one empty one. */
void webhook_config_form(struct buffer *form, const struct webhook_config *wanted);

/* The same without filters, which stay as they are. */
void webhook_config_form_to(struct buffer *form, const struct webhook_config *wanted);

/* Whether URL, method and filters (in whatever order) are the same. */
bool webhook_config_same(const struct webhook_config *a, const struct webhook_config *b);

#endif
