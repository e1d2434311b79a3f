#include "build.h"

#include "commands/check_rules.h"

#include <stdio.h>
#include <string.h>

#include "support/buffer.h"
#include "twilio/webhook_rules.h"
#include "twilio/webhooks_api.h"

#define SUBJECT "rules"
#define SETUP "twilio-autojoin setup --shared-key"

enum { WORDS_LIMIT = 1024 };

/* The Rule that is looked at. */
struct look {
    struct findings *findings;
    const struct command_context *context;
    struct asker api;
    struct webhook_rule rule;
    const char *id; /* of the Rule, for people */
    const char *if_query; /* "", or the condition under which the Rule takes our URL */
    bool sound;
};

static bool has_key(const struct config *config, const char *id)
{
    size_t i;

    for (i = 0; i < config->shared_keys.count; i++)
        if (strcmp(config->shared_keys.ids[i], id) == 0)
            return true;
    return false;
}

static void fail(struct look *look, const char *fix, const char *what, long share)
{
    look->sound = false;
    findings_add(look->findings, FINDING_FAIL, SUBJECT, fix,
                 "%sthe %s Rule %.60s has Twilio send %ld %% of what goes to our URL %s: it is answered 403",
                 look->if_query, webhook_rules_describe(look->rule.match), look->id, share, what);
}

/* By the name that setup gives; it rotates a Rule of its own. */
static bool is_made_by_setup(const json_t *rule)
{
    static const char name[] = "twilio-autojoin ";
    const char *text = json_string_value(json_object_get(rule, "friendlyName"));

    return text && strncmp(text, name, sizeof name - 1) == 0;
}

static void fail_unknown_key(struct look *look, const struct webhook_setting *setting, long share)
{
    char what[256], fix[256];

    snprintf(what, sizeof what, "signed by the key %.60s (%.20s), which AUTOJOIN_SHARED_KEYS lacks",
             setting->key_id, setting->algorithm);
    if (look->rule.match == WEBHOOK_RULES_EXACT && is_made_by_setup(look->rule.json))
        snprintf(fix, sizeof fix, "AUTOJOIN_SHARED_KEYS=%.60s=SECRET, if you have it still; or " SETUP " (a new key)",
                 setting->key_id);
    else if (look->rule.match == WEBHOOK_RULES_EXACT)
        snprintf(fix, sizeof fix,
                 "AUTOJOIN_SHARED_KEYS=%.60s=SECRET, of whoever made it; or have that Rule deleted, then "
                 SETUP, setting->key_id);
    else
        snprintf(fix, sizeof fix, SETUP " (a Rule and a key of our own); or AUTOJOIN_SHARED_KEYS=%.60s=SECRET",
                 setting->key_id);
    fail(look, fix, what, share);
}

/* What cannot hold, or not be told to hold. */
static void judge_signature(struct look *look, const struct webhook_setting *setting, long share)
{
    char what[160];

    switch (setting->signer) {
    case WEBHOOK_RULES_UNSIGNED:
        fail(look, SETUP " (a Rule and a key of our own)", "without a signature", share);
        return;
    case WEBHOOK_RULES_BY_KEY:
        if (!has_key(&look->context->config, setting->key_id))
            fail_unknown_key(look, setting, share);
        break;
    case WEBHOOK_RULES_BY_TOKEN:
        break;
    case WEBHOOK_RULES_BY_OTHER:
        look->sound = false;
        findings_add(look->findings, FINDING_WARN, SUBJECT, SETUP,
                     "%sthe %s Rule %.60s signs by \"%.40s\", which is not known here: it cannot be told whether "
                     "that holds", look->if_query, webhook_rules_describe(look->rule.match), look->id,
                     setting->type);
        return;
    }
    if (strcmp(setting->algorithm, "HMAC_SHA1") != 0 && strcmp(setting->algorithm, "HMAC_SHA256") != 0) {
        snprintf(what, sizeof what, "signed by %.40s, which is not known here", setting->algorithm);
        fail(look, SETUP " (a Rule and a key of our own)", what, share);
    }
}

/* What else the Setting does to us. */
static void judge_connection(struct look *look, const struct webhook_setting *setting)
{
    long deadline = (long)look->context->config.deadline_ms;

    if (setting->read_timeout_ms >= 0 && setting->read_timeout_ms <= deadline)
        findings_add(look->findings, FINDING_WARN, SUBJECT,
                     "AUTOJOIN_DEADLINE_MS below that, or another Setting",
                     "%sby the %s Rule %.60s Twilio gives up after %ld ms, and we answer within %ld",
                     look->if_query, webhook_rules_describe(look->rule.match), look->id,
                     setting->read_timeout_ms, deadline);
}

/* Of a Setting that holds, one half of a sentence. */
static void describe(struct buffer *words, const struct webhook_setting *setting, long share)
{
    buffer_append_format(words, "%s%ld %% signed by ", words->length ? "; " : "", share);
    if (setting->signer == WEBHOOK_RULES_BY_KEY)
        buffer_append_format(words, "the key %.60s", setting->key_id);
    else
        buffer_append_string(words, "the auth token");
    buffer_append_format(words, " (%.20s)", setting->algorithm);
    if (strcmp(setting->scheme, "profile") == 0)
        buffer_append_string(words, ", authenticated by a profile");
    else if (*setting->scheme)
        buffer_append_format(words, ", authenticated by %.20s", setting->scheme);
    if (setting->retry_count > 0)
        buffer_append_format(words, ", up to %ld retries", setting->retry_count);
    if (setting->read_timeout_ms >= 0)
        buffer_append_format(words, ", waits %ld ms", setting->read_timeout_ms);
}

static void look_at_setting(struct look *look, const json_t *part, struct buffer *words)
{
    const char *id = json_string_value(json_object_get(part, "settingId"));
    long share = (long)json_integer_value(json_object_get(part, "percentage"));
    struct webhook_setting setting;
    struct ask_answer answer = {.retry_after_s = -1};

    if (!id)
        ask_fail(&answer, ASK_OTHER_SHAPE);
    else if (webhooks_api_get(&look->api, "Settings", id, &answer) &&
             !webhook_rules_read_setting(&setting, answer.json))
        ask_fail(&answer, ASK_OTHER_SHAPE);
    if (answer.status != ASK_OK) {
        look->sound = false;
        findings_add(look->findings, FINDING_WARN, SUBJECT, NULL,
                     "%sthe %s Rule %.60s takes our URL, and its Setting cannot be asked: %s", look->if_query,
                     webhook_rules_describe(look->rule.match), look->id, answer.message);
    } else {
        judge_signature(look, &setting, share);
        judge_connection(look, &setting);
        describe(words, &setting, share);
    }
    ask_forget(&answer);
}

static void look_at_rule(struct look *look)
{
    const json_t *parts = json_object_get(look->rule.json, "settings");
    struct buffer words;
    size_t i;

    look->id = json_string_value(json_object_get(look->rule.json, "id"));
    look->id = look->id ? look->id : "without an id";
    look->sound = json_array_size(parts) > 0 && look->rule.match != WEBHOOK_RULES_UNKNOWN;
    if (!look->sound) {
        findings_add(look->findings, FINDING_WARN, SUBJECT, NULL,
                     "%sthe Rule %.60s may take our URL, and is of a kind that is not known here: what it does "
                     "cannot be told", look->if_query, look->id);
        return;
    }
    buffer_init(&words, WORDS_LIMIT);
    for (i = 0; i < json_array_size(parts); i++)
        look_at_setting(look, json_array_get(parts, i), &words);
    if (look->sound)
        findings_add(look->findings, FINDING_PASS, SUBJECT, NULL, "%sthe %s Rule %.60s takes our URL: %s",
                     look->if_query, webhook_rules_describe(look->rule.match), look->id, buffer_string(&words));
    buffer_free(&words);
}

/* Without AUTOJOIN_PUBLIC_URL nobody knows which of those for certain URLs is ours. */
static bool is_for_some(const json_t *rules)
{
    size_t i;

    for (i = 0; i < json_array_size(rules); i++) {
        const char *match = json_string_value(json_object_get(json_array_get(rules, i), "matchType"));

        if (!match || strcmp(match, "DEFAULT") != 0)
            return true;
    }
    return false;
}

void check_rules(struct findings *findings, struct command_context *context)
{
    const char *url = context->config.public_url ? context->config.public_url : "";
    struct look look = {.findings = findings, .context = context, .if_query = ""};
    struct ask_answer failure;
    struct webhook_rule bare;
    json_t *rules;

    look.api = ask_at(&context->asker, context->config.webhooks_api_url);
    if (!webhooks_api_list(&look.api, "Rules", "rules", &rules, &failure)) {
        findings_add(findings, FINDING_WARN, SUBJECT, NULL,
                     "whether a Webhook Rule signs what goes to our URL cannot be told: %s", failure.message);
        return;
    }
    if (!context->config.public_url && is_for_some(rules)) {
        findings_add(findings, FINDING_WARN, SUBJECT, "AUTOJOIN_PUBLIC_URL=URL, as Twilio has it",
                     "whether one of the Webhook Rules for certain URLs takes ours cannot be told: "
                     "AUTOJOIN_PUBLIC_URL is not set");
        look.if_query = "if no other does, ";
    }
    look.rule = webhook_rules_choose(rules, url, strlen(url));
    bare = webhook_rules_choose_without_query(rules, url);
    if (!look.rule.json && !bare.json && !*look.if_query)
        findings_add(findings, FINDING_PASS, SUBJECT, NULL,
                     "no Webhook Rule takes our URL: Twilio signs by the auth token");
    if (look.rule.json)
        look_at_rule(&look);
    if (bare.json && bare.json != look.rule.json) {
        look.rule = bare;
        look.if_query = "if the URL's query does not count, ";
        look_at_rule(&look);
    }
    json_decref(rules);
}
