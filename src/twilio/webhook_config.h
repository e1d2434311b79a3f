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

/* Appends the form that sets what is in `wanted`; no filters at all are one empty one. */
void webhook_config_form(struct buffer *form, const struct webhook_config *wanted);

/* Whether URL, method and filters (in whatever order) are the same. */
bool webhook_config_same(const struct webhook_config *a, const struct webhook_config *b);

#endif
