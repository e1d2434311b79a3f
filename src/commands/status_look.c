#include "build.h"

#include "commands/status_look.h"

#include <stdio.h>
#include <string.h>

#include "commands/check_responder.h"
#include "commands/signed_webhook.h"
#include "commands/url_difference.h"
#include "support/clock.h"
#include "support/origin.h"
#include "twilio/ask.h"
#include "twilio/resources.h"
#include "twilio/webhook_config.h"
#include "webhook/public_url.h"

enum { WITHIN_MS = 2500 };

/* A query may hold a password as well as the authority may: neither is shown. */
static void show_url(char *text, const char *url)
{
    struct buffer shown;

    buffer_init(&shown, PUBLIC_URL_LIMIT);
    origin_show(&shown, url, strcspn(url, "?"));
    log_copy_printable(text, STATUS_LOOK_SIZE, buffer_string(&shown));
    buffer_free(&shown);
}

static void join_events(char *text, const struct webhook_config *config)
{
    size_t i, length = 0;

    text[0] = '\0';
    for (i = 0; i < config->filter_count && length < STATUS_LOOK_SIZE - 64; i++)
        length += (size_t)snprintf(text + length, STATUS_LOOK_SIZE - length, "%s%.40s", i > 0 ? ", " : "",
                                   config->filters[i]);
    log_copy_printable(text, STATUS_LOOK_SIZE, text);
}

static enum status_twilio judge_level(const struct config *config, const struct webhook_config *webhooks)
{
    const char *wanted[WEBHOOK_CONFIG_WANTED_LIMIT];

    if (!*webhooks->url)
        return STATUS_TWILIO_NOWHERE;
    if (!config->public_url)
        return STATUS_TWILIO_UNCOMPARED;
    if (!url_difference_is_none(config->public_url, webhooks->url))
        return STATUS_TWILIO_ELSEWHERE;
    webhook_config_wanted(wanted, config->events);
    return webhook_config_has_filter(webhooks, wanted[0]) ? STATUS_TWILIO_SENDS : STATUS_TWILIO_FILTERED;
}

/* Asks for one level's settings, and keeps what they say if that is more than what is known. False if they could not
 * be had. */
static bool look_at_level(struct status_look *look, const struct command_context *context, const char *service)
{
    char path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_GET, .path = path, .timeout_ms = WITHIN_MS};
    struct webhook_config webhooks;
    struct ask_answer answer;
    enum status_twilio found;
    bool had = false;

    if (!resources_webhooks(path, sizeof path, service))
        return false;
    if (!ask(&context->asker, &request, &answer)) {
        log_copy_printable(look->twilio_text, sizeof look->twilio_text, answer.message);
        look->refused = look->refused || answer.status == ASK_CREDENTIALS;
        goto out;
    }
    had = webhook_config_read(&webhooks, answer.json);
    if (!had) {
        snprintf(look->twilio_text, sizeof look->twilio_text, "what came is no webhook configuration");
        goto out;
    }
    found = judge_level(&context->config, &webhooks);
    if (look->twilio == STATUS_TWILIO_UNKNOWN || look->twilio == STATUS_TWILIO_NOWHERE ||
        (found != STATUS_TWILIO_NOWHERE && found < look->twilio)) {
        look->twilio = found;
        show_url(look->twilio_text, webhooks.url);
        join_events(look->events, &webhooks);
    }
out:
    ask_forget(&answer);
    return had;
}

/* Ours, or else the account's default one. False if that could not be asked. */
static bool find_service(struct sid *service, struct status_look *look, const struct command_context *context)
{
    char path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_GET, .path = path, .timeout_ms = WITHIN_MS};
    struct ask_answer answer = {.json = NULL};
    const char *text;
    bool found;

    if (context->config.chat_service_sid)
        return sid_copy(service, context->config.chat_service_sid, SID_LENGTH, "IS");
    found = resources_configuration(path, sizeof path) && ask(&context->asker, &request, &answer);
    text = found ? ask_text(&answer, "default_chat_service_sid") : "";
    found = sid_copy(service, text, strlen(text), "IS");
    if (!found)
        log_copy_printable(look->twilio_text, sizeof look->twilio_text,
                           answer.message[0] ? answer.message : "the account's default service is not told");
    look->refused = look->refused || answer.status == ASK_CREDENTIALS;
    ask_forget(&answer);
    return found;
}

/* If one level is not known, only what the other one certainly does is. */
static void look_at_twilio(struct status_look *look, const struct command_context *context)
{
    char why[STATUS_LOOK_SIZE];
    struct sid service;
    bool scoped = find_service(&service, look, context) && look_at_level(look, context, service.text), account = false;

    snprintf(why, sizeof why, "%s", look->twilio_text);
    if (scoped) {
        account = look_at_level(look, context, "");
        if (!account)
            snprintf(why, sizeof why, "%s", look->twilio_text);
    }
    if ((account && scoped) || look->twilio == STATUS_TWILIO_SENDS)
        return;
    look->twilio = STATUS_TWILIO_UNKNOWN;
    snprintf(look->twilio_text, sizeof look->twilio_text, "%s", why);
}

struct patience {
    const struct command_context *context;
    int64_t until_ms;
};

static bool is_given_up(void *argument)
{
    const struct patience *patience = argument;

    return patience->context->signalled || clock_monotonic_ms() > patience->until_ms;
}

static enum status_health judge_answer(const struct config *config, const struct signed_webhook_answer *answer)
{
    if (answer->status == 200) {
        switch (check_responder_judge(config, &answer->body)) {
        case CHECK_RESPONDER_CURRENT:
            return STATUS_HEALTH_CURRENT;
        case CHECK_RESPONDER_OTHER_SETTINGS:
        case CHECK_RESPONDER_OLDER:
            return STATUS_HEALTH_OTHER;
        case CHECK_RESPONDER_UNKNOWN:
            break;
        }
        return STATUS_HEALTH_FOREIGN;
    }
    if (answer->status == 500 && strstr(buffer_string(&answer->body), "faulty settings"))
        return STATUS_HEALTH_FAULTY;
    return answer->status == 502 || answer->status == 503 || answer->status == 504 || answer->status == 500
               ? STATUS_HEALTH_SILENT
               : STATUS_HEALTH_FOREIGN;
}

static void look_at_health(struct status_look *look, const struct command_context *context)
{
    const struct config *config = &context->config;
    struct patience patience = {context, clock_monotonic_ms() + WITHIN_MS};
    const struct signed_webhook_way way = {.ca_file = config->ca_file,
                                           .proxy = config->proxy,
                                           .connect_timeout_ms = WITHIN_MS,
                                           .is_given_up = is_given_up,
                                           .argument = &patience};
    struct signed_webhook_answer answer;
    struct buffer url;

    if (!config->public_url) {
        snprintf(look->health_text, sizeof look->health_text, "AUTOJOIN_PUBLIC_URL is not set");
        return;
    }
    buffer_init(&url, PUBLIC_URL_LIMIT);
    check_responder_append_health(&url, config->public_url);
    signed_webhook_look(&answer, buffer_string(&url), &way);
    if (answer.status != 0) {
        look->health = judge_answer(config, &answer);
        show_url(look->health_text, config->public_url);
    } else {
        snprintf(look->health_text, sizeof look->health_text, "it cannot be reached from here: %s",
                 answer.failure == SIGNED_WEBHOOK_INTERRUPTED ? "no answer in time" : answer.reason);
    }
    buffer_free(&answer.body);
    buffer_free(&url);
}

void status_look_nowhere(struct status_look *look, const char *why)
{
    *look = (struct status_look){.twilio = STATUS_TWILIO_UNKNOWN};
    snprintf(look->twilio_text, sizeof look->twilio_text, "%s", why);
    snprintf(look->health_text, sizeof look->health_text, "%s", why);
}

void status_look_around(struct status_look *look, const struct command_context *context)
{
    status_look_nowhere(look, "");
    look_at_twilio(look, context);
    look_at_health(look, context);
}
