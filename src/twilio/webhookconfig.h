/*
 * Where Twilio sends webhooks, and which: the account's and a service's settings (Conversations
 * API v1, Configuration/Webhooks).
 */
#ifndef AUTOJOIN_TWILIO_WEBHOOKCONFIG_H
#define AUTOJOIN_TWILIO_WEBHOOKCONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"

enum { WEBHOOKCONFIG_FILTERS_LIMIT = 64 };

/* One level's settings; borrowed from the JSON they were read from. */
struct webhookconfig {
    const char *url;     /* of post-event webhooks; "" for none */
    const char *pre_url;
    const char *method;
    const char *filters[WEBHOOKCONFIG_FILTERS_LIMIT];
    size_t filter_count;
};

/* Reads an answer. False, with nothing in `config`, if it is none: URL, method and list of events must be
 * there, if only as null, for what is not told is not "none", and setup would overwrite it. */
bool webhookconfig_read(struct webhookconfig *config, const json_t *json);

bool webhookconfig_has_filter(const struct webhookconfig *config, const char *event);

/* Appends the form that sets what is in `wanted`; no filters at all are one empty one. */
void webhookconfig_form(struct buffer *form, const struct webhookconfig *wanted);

/* Whether URL, method and filters (in whatever order) are the same. */
bool webhookconfig_same(const struct webhookconfig *a, const struct webhookconfig *b);

#endif
