/*
 * Where Twilio sends webhooks, and which: the account's and a service's settings (Conversations
 * API v1, Configuration/Webhooks), and the retry count, which only Programmable Chat's API
 * shows (chat.twilio.com/v2/Services).
 */
#ifndef AUTOJOIN_TWILIO_WEBHOOKCONFIG_H
#define AUTOJOIN_TWILIO_WEBHOOKCONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"

enum { WEBHOOKCONFIG_FILTERS_LIMIT = 64, WEBHOOKCONFIG_ORIGIN_SIZE = 256 };

/* One level's settings; borrowed from the JSON they were read from. */
struct webhookconfig {
    const char *url;     /* of post-event webhooks; "" for none */
    const char *pre_url;
    const char *method;
    const char *filters[WEBHOOKCONFIG_FILTERS_LIMIT];
    size_t filter_count;
};

/* Reads an answer; missing members are empty. */
void webhookconfig_read(struct webhookconfig *config, const json_t *json);

/* Writes the path of the account's settings (`service` empty) or the service's. */
void webhookconfig_path(char *path, size_t size, const char *service);

bool webhookconfig_has_filter(const struct webhookconfig *config, const char *event);

/* Appends the form that sets what is in `wanted`; no filters at all are one empty one. */
void webhookconfig_form(struct buffer *form, const struct webhookconfig *wanted);

/* Whether URL, method and filters (in whatever order) are the same. */
bool webhookconfig_same(const struct webhookconfig *a, const struct webhookconfig *b);

/* The origin of Programmable Chat's API that belongs to AUTOJOIN_API_URL: conversations.* becomes
 * chat.*, anything else (a test's own) stays. False if it does not fit. */
bool webhookconfig_chat_origin(char *origin, size_t size, const char *api_url);

#endif
