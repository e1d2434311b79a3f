#include "build.h"

#include "twilio/webhook_config.h"

#include <string.h>

#include "support/percent.h"

/* A string, or null for none. */
static bool take_text(const char **text, const json_t *json, const char *name)
{
    const json_t *member = json_object_get(json, name);

    *text = json_is_string(member) ? json_string_value(member) : "";
    return json_is_string(member) || json_is_null(member);
}

static bool take_filters(struct webhook_config *config, const json_t *json)
{
    const json_t *filters = json_object_get(json, "filters");
    size_t i;

    if (!json_is_array(filters) && !json_is_null(filters))
        return false;
    for (i = 0; i < json_array_size(filters); i++) {
        const char *filter = json_string_value(json_array_get(filters, i));

        if (!filter || config->filter_count == WEBHOOK_CONFIG_FILTERS_LIMIT)
            return false;
        config->filters[config->filter_count++] = filter;
    }
    return true;
}

bool webhook_config_read(struct webhook_config *config, const json_t *json)
{
    *config = (struct webhook_config){.url = ""};
    take_text(&config->pre_url, json, "pre_webhook_url");
    if (take_text(&config->url, json, "post_webhook_url") &&
        take_text(&config->method, json, "method") && take_filters(config, json))
        return true;
    *config = (struct webhook_config){.url = "", .pre_url = "", .method = ""};
    return false;
}

bool webhook_config_has_filter(const struct webhook_config *config, const char *event)
{
    size_t i;

    for (i = 0; i < config->filter_count; i++)
        if (strcmp(config->filters[i], event) == 0)
            return true;
    return false;
}

size_t webhook_config_wanted(const char *names[WEBHOOK_CONFIG_WANTED_LIMIT], unsigned events)
{
    size_t count = setting_value_events(names, events);

    names[count++] = WEBHOOK_CONFIG_REMOVED;
    return count;
}

/* twilio.com/docs/conversations-classic/conversations-webhooks. */
bool webhook_config_is_event(const char *name)
{
    static const char *const known[] = {
        "onMessageAdded", "onMessageUpdated", "onMessageRemoved", "onConversationAdded",
        "onConversationUpdated", "onConversationRemoved", "onConversationStateUpdated",
        "onParticipantAdded", "onParticipantUpdated", "onParticipantRemoved", "onDeliveryUpdated",
        "onUserAdded", "onUserUpdated", "onMessageAdd", "onMessageUpdate", "onMessageRemove",
        "onConversationAdd", "onConversationUpdate", "onConversationRemove", "onParticipantAdd",
        "onParticipantUpdate", "onParticipantRemove", "onUserUpdate",
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

void webhook_config_form_to(struct buffer *form, const struct webhook_config *wanted)
{
    percent_encode_pair(form, "PostWebhookUrl", wanted->url);
    percent_encode_pair(form, "Method", wanted->method);
}

void webhook_config_form(struct buffer *form, const struct webhook_config *wanted)
{
    size_t i;

    webhook_config_form_to(form, wanted);
    for (i = 0; i < wanted->filter_count; i++)
        percent_encode_pair(form, "Filters", wanted->filters[i]);
    if (wanted->filter_count == 0)
        percent_encode_pair(form, "Filters", "");
}

bool webhook_config_same(const struct webhook_config *a, const struct webhook_config *b)
{
    size_t i;

    if (strcmp(a->url, b->url) != 0 || strcmp(a->method, b->method) != 0 ||
        a->filter_count != b->filter_count)
        return false;
    for (i = 0; i < a->filter_count; i++)
        if (!webhook_config_has_filter(b, a->filters[i]))
            return false;
    return true;
}
