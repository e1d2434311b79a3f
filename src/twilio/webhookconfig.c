#include "build.h"

#include "twilio/webhookconfig.h"

#include <stdio.h>
#include <string.h>

#include "support/percent.h"

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "";
}

void webhookconfig_read(struct webhookconfig *config, const json_t *json)
{
    const json_t *filters = json_object_get(json, "filters");
    size_t i;

    *config = (struct webhookconfig){
        .url = text_of(json, "post_webhook_url"),
        .pre_url = text_of(json, "pre_webhook_url"),
        .method = text_of(json, "method"),
    };
    for (i = 0; i < json_array_size(filters) && i < WEBHOOKCONFIG_FILTERS_LIMIT; i++) {
        const char *filter = json_string_value(json_array_get(filters, i));

        if (filter)
            config->filters[config->filter_count++] = filter;
    }
}

void webhookconfig_path(char *path, size_t size, const char *service)
{
    snprintf(path, size, "/v1%s%s/Configuration/Webhooks", *service ? "/Services/" : "", service);
}

bool webhookconfig_has_filter(const struct webhookconfig *config, const char *event)
{
    size_t i;

    for (i = 0; i < config->filter_count; i++)
        if (strcmp(config->filters[i], event) == 0)
            return true;
    return false;
}

void webhookconfig_form(struct buffer *form, const struct webhookconfig *wanted)
{
    size_t i;

    percent_encode_pair(form, "PostWebhookUrl", wanted->url);
    percent_encode_pair(form, "Method", wanted->method);
    for (i = 0; i < wanted->filter_count; i++)
        percent_encode_pair(form, "Filters", wanted->filters[i]);
    if (wanted->filter_count == 0)
        percent_encode_pair(form, "Filters", "");
}

bool webhookconfig_same(const struct webhookconfig *a, const struct webhookconfig *b)
{
    size_t i;

    if (strcmp(a->url, b->url) != 0 || strcmp(a->method, b->method) != 0 ||
        a->filter_count != b->filter_count)
        return false;
    for (i = 0; i < a->filter_count; i++)
        if (!webhookconfig_has_filter(b, a->filters[i]))
            return false;
    return true;
}

bool webhookconfig_chat_origin(char *origin, size_t size, const char *api_url)
{
    static const char prefix[] = "https://conversations.";
    bool twilio = strncmp(api_url, prefix, sizeof prefix - 1) == 0;
    int length = snprintf(origin, size, "%s%s", twilio ? "https://chat." : "",
                          twilio ? api_url + sizeof prefix - 1 : api_url);

    return length > 0 && (size_t)length < size;
}
