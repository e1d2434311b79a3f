#include "build.h"

#include "twilio/webhook_rules.h"

#include <string.h>
#include <strings.h>

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "";
}

static enum webhook_rules_match kind_of(const json_t *rule)
{
    const char *type = text_of(rule, "matchType");

    if (strcmp(type, "EXACT_MATCH") == 0)
        return WEBHOOK_RULES_EXACT;
    if (strcmp(type, "PREFIX_MATCH") == 0)
        return WEBHOOK_RULES_PREFIX;
    return strcmp(type, "DEFAULT") == 0 ? WEBHOOK_RULES_DEFAULT : WEBHOOK_RULES_UNKNOWN;
}

/* How long what matches is, or -1 if the Rule does not take the URL. */
static long take(const json_t *rule, enum webhook_rules_match kind, const char *url, size_t length)
{
    const char *value = text_of(rule, kind == WEBHOOK_RULES_EXACT ? "value" : "prefix");
    size_t size = strlen(value);

    switch (kind) {
    case WEBHOOK_RULES_EXACT:
        return size == length && memcmp(value, url, length) == 0 ? (long)size : -1;
    case WEBHOOK_RULES_PREFIX:
        return size > 0 && size <= length && memcmp(value, url, size) == 0 ? (long)size : -1;
    case WEBHOOK_RULES_NONE:
    case WEBHOOK_RULES_DEFAULT:
    case WEBHOOK_RULES_UNKNOWN:
        break;
    }
    return 0;
}

/* In which order the kinds count; the later the less. */
static int rank(enum webhook_rules_match match)
{
    switch (match) {
    case WEBHOOK_RULES_EXACT:
        return 4;
    case WEBHOOK_RULES_UNKNOWN:
        return 3;
    case WEBHOOK_RULES_PREFIX:
        return 2;
    case WEBHOOK_RULES_DEFAULT:
        return 1;
    case WEBHOOK_RULES_NONE:
        break;
    }
    return 0;
}

struct webhook_rule webhook_rules_choose(const json_t *rules, const char *url, size_t length)
{
    struct webhook_rule chosen = {.match = WEBHOOK_RULES_NONE};
    const char *fragment = memchr(url, '#', length);
    long longest = -1;
    size_t i;

    if (fragment)
        length = (size_t)(fragment - url);
    for (i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        enum webhook_rules_match kind = kind_of(rule);
        long taken = take(rule, kind, url, length);

        if (taken < 0 || rank(kind) < rank(chosen.match) || (kind == chosen.match && taken <= longest))
            continue;
        chosen = (struct webhook_rule){kind, rule};
        longest = taken;
    }
    return chosen;
}

struct webhook_rule webhook_rules_choose_without_query(const json_t *rules, const char *url)
{
    return webhook_rules_choose(rules, url, strcspn(url, "?#"));
}

const char *webhook_rules_describe(enum webhook_rules_match match)
{
    switch (match) {
    case WEBHOOK_RULES_NONE:
        return "no";
    case WEBHOOK_RULES_EXACT:
        return "exact";
    case WEBHOOK_RULES_PREFIX:
        return "prefix";
    case WEBHOOK_RULES_DEFAULT:
        return "default";
    case WEBHOOK_RULES_UNKNOWN:
        break;
    }
    return "unknown";
}

/* Without a signature of its own it is as ever: the auth token, by HMAC_SHA1. */
static void read_signature(struct webhook_setting *setting, const json_t *signature)
{
    setting->type = json_is_object(signature) ? text_of(signature, "type") : "ACCOUNT_AUTH_TOKEN";
    setting->key_id = text_of(signature, "sharedKeyId");
    setting->algorithm = *text_of(signature, "algorithm") ? text_of(signature, "algorithm") : "HMAC_SHA1";
    if (*setting->key_id)
        setting->signer = WEBHOOK_RULES_BY_KEY;
    else if (strcmp(setting->type, "ACCOUNT_AUTH_TOKEN") == 0)
        setting->signer = WEBHOOK_RULES_BY_TOKEN;
    else if (strcasecmp(setting->type, "none") == 0)
        setting->signer = WEBHOOK_RULES_UNSIGNED;
    else
        setting->signer = WEBHOOK_RULES_BY_OTHER;
}

/* How "not at all" is written is not documented: whatever says NONE, or nothing. */
static const char *scheme_of(const json_t *auth)
{
    const char *source = text_of(auth, "source");
    const char *scheme = text_of(json_object_get(auth, "value"), "scheme");

    if (strcmp(source, "REFERENCE") == 0)
        return "profile";
    return strcasecmp(source, "none") == 0 || strcasecmp(scheme, "none") == 0 ? "" : scheme;
}

static long number_of(const json_t *json, const char *name)
{
    const json_t *member = json_object_get(json, name);
    json_int_t number = json_integer_value(member);

    return json_is_integer(member) && number >= 0 && number < 1000000000 ? (long)number : -1;
}

bool webhook_rules_read_setting(struct webhook_setting *setting, const json_t *json)
{
    const json_t *connection = json_object_get(json, "connection");

    *setting = (struct webhook_setting){.id = text_of(json, "id"), .name = text_of(json, "friendlyName")};
    read_signature(setting, json_object_get(json, "signature"));
    setting->scheme = scheme_of(json_object_get(json, "auth"));
    setting->read_timeout_ms = number_of(connection, "readTimeoutMs");
    setting->retry_count = number_of(json_object_get(connection, "retryPolicy"), "retryCount");
    return *setting->id != '\0';
}
