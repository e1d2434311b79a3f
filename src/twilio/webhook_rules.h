/*
 * Webhook Rules: which of them takes a URL, and what its Settings make of a webhook. No input or output.
 * Source: twilio.com/docs/usage/webhooks, webhook-rules and webhook-configuration-faq; Twilio's client 6.3.1.
 */
#ifndef AUTOJOIN_TWILIO_WEBHOOK_RULES_H
#define AUTOJOIN_TWILIO_WEBHOOK_RULES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum webhook_rules_match {
    WEBHOOK_RULES_NONE,  /* none takes it: nothing is applied */
    WEBHOOK_RULES_EXACT,
    WEBHOOK_RULES_PREFIX,
    WEBHOOK_RULES_DEFAULT,
    WEBHOOK_RULES_UNKNOWN, /* a Rule of a kind that is not known here: it may take it */
};

struct webhook_rule {
    enum webhook_rules_match match;
    const json_t *json; /* the Rule, borrowed; NULL for none */
};

/* The Rule that takes a URL of that length: exact before prefix before default, and of each the longest. A
 * fragment does not count. Of a kind that is not known: it alone, if nothing exact takes the URL. Thread-safe. */
struct webhook_rule webhook_rules_choose(const json_t *rules, const char *url, size_t length);

/* The same without the URL's query: whether that takes part in the comparison is not documented, so that where the
 * two differ either may be the one. Thread-safe. */
struct webhook_rule webhook_rules_choose_without_query(const json_t *rules, const char *url);

/* For people: "exact", "prefix", "default"...; static. */
const char *webhook_rules_describe(enum webhook_rules_match match);

enum webhook_rules_signer {
    WEBHOOK_RULES_BY_TOKEN,
    WEBHOOK_RULES_BY_KEY,   /* a SharedKey */
    WEBHOOK_RULES_UNSIGNED, /* no signature at all */
    WEBHOOK_RULES_BY_OTHER, /* a type that is not known here */
};

/* What a Setting makes of a webhook; strings are borrowed from its JSON, "" for none. Numbers are -1 where it says
 * nothing. */
struct webhook_setting {
    const char *id;
    const char *name;
    enum webhook_rules_signer signer;
    const char *type;      /* of the signature, as it is written */
    const char *key_id;
    const char *algorithm;
    const char *scheme;    /* how Twilio authenticates: "BASIC"...; "profile" for a stored one; "" not at all */
    long read_timeout_ms;
    long retry_count;
};

/* Reads a Setting. False if it is none. Thread-safe. */
bool webhook_rules_read_setting(struct webhook_setting *setting, const json_t *json);

#endif
