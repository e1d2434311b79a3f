#include "build.h"

#include "commands/check_webhooks.h"

#include <stdio.h>
#include <string.h>

#include "commands/url_difference.h"
#include "support/origin.h"
#include "twilio/ask.h"
#include "twilio/resources.h"
#include "twilio/webhook_config.h"

enum { SHOWN_LIMIT = 16 * 1024 };

#define SETUP "twilio-autojoin setup"
#define FIRST "set AUTOJOIN_PUBLIC_URL, then "

/* Without AUTOJOIN_PUBLIC_URL whatever Twilio sends to is to be ours: check_public asks who answers there. */
static bool is_ours(const struct command_context *context, const char *url)
{
    return context->config.public_url ? url_difference_is_none(context->config.public_url, url) : *url != '\0';
}

/* Twilio sends what is in the list, and nothing else: what AUTOJOIN_EVENTS waits for must be there. */
static void check_events(struct findings *findings, const struct command_context *context, const char *level,
                         const char *fix, const struct webhook_config *webhooks)
{
    const char *wanted[WEBHOOK_CONFIG_WANTED_LIMIT];
    size_t count = webhook_config_wanted(wanted, context->config.events), i, missing = 0;

    for (i = 0; i < count - 1; i++) {
        if (webhook_config_has_filter(webhooks, wanted[i]))
            continue;
        findings_add(findings, FINDING_FAIL, level, fix, "%s is not among the events", wanted[i]);
        missing++;
    }
    if (missing > 0)
        return;
    if (!webhook_config_has_filter(webhooks, WEBHOOK_CONFIG_REMOVED))
        findings_add(findings, FINDING_WARN, level, fix,
                     WEBHOOK_CONFIG_REMOVED " is not among the events: a bot that somebody removes is "
                     "joined again");
    if (strcmp(webhooks->method, "POST") == 0)
        findings_add(findings, FINDING_PASS, level, NULL, "%s%s sent to our URL", wanted[0],
                     count > 2 ? " and what else AUTOJOIN_EVENTS has are" : " is");
}

/* Judges one level's settings; true if it sends our event to us. */
static bool check_level(struct findings *findings, const struct command_context *context,
                        const char *level, const struct webhook_config *webhooks)
{
    const char *fix = strcmp(level, "account") == 0 ? SETUP " --level account" : SETUP " --level service";
    bool ours = is_ours(context, webhooks->url);

    if (context->config.public_url && is_ours(context, webhooks->pre_url))
        findings_add(findings, FINDING_FAIL, level,
                     "clear the pre-event webhook URL: a failure there blocks messages",
                     "our URL is the pre-event webhook");
    if (!ours)
        return false;
    if (strchr(webhooks->url, '#'))
        findings_add(findings, FINDING_WARN, level, SETUP " --replace",
                     "the webhook's URL has a fragment (#...), which Conversations does not heed");
    if (strcmp(webhooks->method, "POST") != 0)
        findings_add(findings, FINDING_FAIL, level, fix, "the webhook's method is %.16s, not POST",
                     webhooks->method);
    if (webhooks->filter_count == 0)
        findings_add(findings, FINDING_FAIL, level, fix,
                     "the list of events is empty: Twilio sends nothing, and says so nowhere");
    else
        check_events(findings, context, level, fix, webhooks);
    return true;
}

/* "almost our URL" is the commonest slip: it is shown, so that it can be compared. */
static void report_no_webhook(struct findings *findings, const struct command_context *context,
                              const char *account_url, const char *service_url)
{
    const char *url = *service_url ? service_url : account_url, *other;
    const char *first = context->config.public_url ? "" : FIRST;
    struct buffer shown;
    char fix[1024], own[512];

    buffer_init(&shown, SHOWN_LIMIT);
    origin_show(&shown, url, strlen(url));
    other = buffer_string(&shown);
    snprintf(fix, sizeof fix, *other ? "AUTOJOIN_PUBLIC_URL=%.300s if that is right; otherwise " SETUP " --replace" : "%.300s" SETUP,
             *other ? other : first);
    snprintf(own, sizeof own, "AUTOJOIN_PUBLIC_URL=%.300s, if that is ours", other);
    if (!context->config.public_url && *other)
        findings_add(findings, FINDING_WARN, "webhook",
                     strstr(other, "***@") ? "set AUTOJOIN_PUBLIC_URL to it, if it is ours" : own,
                     "Twilio sends to %.300s", other);
    else if (*other)
        findings_add(findings, FINDING_FAIL, "webhook", fix,
                     "Twilio sends to %.300s, which is not byte for byte AUTOJOIN_PUBLIC_URL: %s", other,
                     url_difference(context->config.public_url, url));
    else
        findings_add(findings, FINDING_FAIL, "webhook", fix,
                     "neither account nor service has a webhook URL");
    buffer_free(&shown);
}

/* Reads one level's settings; false if it could not, which is told. The settings are the answer's. */
static bool read_level(struct findings *findings, const struct command_context *context,
                       const char *service, struct ask_answer *answer, struct webhook_config *config)
{
    const char *level = *service ? "service" : "account";
    char path[REST_PATH_LIMIT];

    resources_webhooks(path, sizeof path, service);
    if (ask_get(&context->asker, path, answer) && webhook_config_read(config, answer->json))
        return true;
    if (answer->status == ASK_OK)
        ask_fail(answer, ASK_OTHER_SHAPE);
    webhook_config_read(config, NULL);
    if (*service && answer->status == ASK_NOT_FOUND)
        findings_add(findings, FINDING_FAIL, level, "check TWILIO_CHAT_SERVICE_SID",
                     "cannot be asked: %s", answer->message);
    else
        findings_add_unasked(findings, FINDING_WARN, level, answer);
    return false;
}

/* The account's webhooks may be routed within Twilio (its API document, Configuration.Webhook.Target). */
/* What the service's level sends is not the account's to route, unless Flex has that service itself. */
static void check_target(struct findings *findings, const struct ask_answer *account, bool by_service)
{
    if (strcmp(ask_text(account, "target"), "flex") == 0)
        findings_add(findings, by_service ? FINDING_WARN : FINDING_FAIL, "account",
                     by_service ? "our webhook is the service's: twilio-autojoin probe shows whether it is called"
                                : SETUP " --level service, for a service that Flex does not have; or set Target to "
                                        "\"webhook\" (Configuration/Webhooks), which takes it from Flex",
                     "the account's webhooks are routed to Flex, which orchestrates its conversations itself: no URL of the "
                     "account's level is called");
}

static void check_sent_to(struct findings *findings, struct command_context *context,
                          const char *service, bool streamed, struct buffer *sent_to)
{
    struct ask_answer account, scoped = {0};
    struct webhook_config account_config, service_config;
    bool by_account, by_service, both_answered;

    both_answered = read_level(findings, context, "", &account, &account_config);
    if (*service)
        both_answered = read_level(findings, context, service, &scoped, &service_config) && both_answered;
    else
        both_answered = webhook_config_read(&service_config, NULL);
    by_account = check_level(findings, context, "account", &account_config);
    by_service = check_level(findings, context, "service", &service_config);
    if (by_account && by_service && strcmp(account_config.url, service_config.url) == 0)
        findings_add(findings, FINDING_WARN, "webhook", SETUP " (clears one of the two)",
                     "account and service both send to us: every event comes twice");
    check_target(findings, &account, by_service);
    if (both_answered && streamed && !by_account && !by_service)
        findings_add(findings, FINDING_WARN, "webhook", SETUP " (an event takes some seconds, a webhook none)",
                     "no webhook is sent to our URL: joins come by Event Streams alone");
    else if (both_answered && (!context->config.public_url || (!by_account && !by_service)))
        report_no_webhook(findings, context, account_config.url, service_config.url);
    buffer_append_string(sent_to, *service_config.url ? service_config.url : account_config.url);
    ask_forget(&account);
    ask_forget(&scoped);
}

static void check_retries(struct findings *findings, struct command_context *context,
                          const char *service)
{
    char origin[RESOURCES_ORIGIN_SIZE], path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_GET, .path = path, .origin = origin};
    struct ask_answer answer;
    json_int_t count;

    if (!*service || !resources_chat_service(path, sizeof path, service) ||
        !resources_chat_origin(origin, sizeof origin, context->config.api_url))
        return;
    if (!ask(&context->asker, &request, &answer) ||
        !ask_has_number(&answer, "post_webhook_retry_count")) {
        findings_add_unasked(findings, FINDING_WARN, "retries", &answer);
        return;
    }
    count = json_integer_value(json_object_get(answer.json, "post_webhook_retry_count"));
    if (count > 0)
        findings_add(findings, FINDING_PASS, "retries", NULL,
                     "Twilio sends a failed webhook %lld times more", (long long)count);
    else
        findings_add(findings, FINDING_WARN, "retries",
                     "twilio-autojoin setup --retries 3 (and keep a spool)",
                     "Twilio does not repeat a failed webhook");
    ask_forget(&answer);
}

void check_webhooks(struct findings *findings, struct command_context *context, const char *service,
                    bool streamed, struct buffer *sent_to)
{
    check_sent_to(findings, context, service, streamed, sent_to);
    check_retries(findings, context, service);
}
