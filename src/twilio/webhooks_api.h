/*
 * Twilio's Webhooks configuration API (v1, public beta): Rules, Settings, SharedKeys, their Operations and Tests.
 * JSON in and out; lists have page tokens; each write has an Idempotency-Key, which must be a UUIDv7.
 * Source: twilio.com/docs/usage/webhooks/webhook-configuration, and Twilio's client 6.3.1.
 */
#ifndef AUTOJOIN_TWILIO_WEBHOOKS_API_H
#define AUTOJOIN_TWILIO_WEBHOOKS_API_H

#include <jansson.h>
#include <stdbool.h>

#include "twilio/ask.h"

enum {
    WEBHOOKS_API_INVALID = 59000,   /* `detail` names the member */
    WEBHOOKS_API_LIMITED = 59004,
    WEBHOOKS_API_IN_USE = 59100,
    WEBHOOKS_API_SYSTEM = 59101,
    WEBHOOKS_API_MATCH_EXISTS = 59103,
    WEBHOOKS_API_FULL = 59200,
    WEBHOOKS_API_BASIC_ON_DEFAULT = 59202,
};

/* What an error code means, and what to do; NULL for those that Twilio's own words explain. Static. */
const char *webhooks_api_explain(long code);

/* Asks for one resource of a kind ("Rules", "Settings"...), by its id. As ask(). `api` is the asker of that API. */
bool webhooks_api_get(const struct asker *api, const char *kind, const char *id, struct ask_answer *answer);

/* Whether a write that failed may have been done all the same: no answer came, or one of something between that
 * gave up (5xx). Thread-safe. */
bool webhooks_api_is_open(const struct ask_answer *answer);

/* Writes: POST to the kind (`id` NULL), PATCH or DELETE of one. `body` is given up (a stolen reference) and may be
 * NULL; true if ASK_OK. A failure's message has what the code means. The answer is to be given back by
 * ask_forget(). */
bool webhooks_api_write(const struct asker *api, enum rest_method method, const char *kind, const char *id,
                        json_t *body, struct ask_answer *answer);

/* Reads a whole list: `key` is its member ("rules"...). The array is new, and to be given back with json_decref();
 * NULL on failure. */
bool webhooks_api_list(const struct asker *api, const char *kind, const char *key, json_t **items,
                       struct ask_answer *failure);

#endif
