#include "build.h"

#include "commands/check_public.h"

#include <string.h>

#include "commands/signed_webhook.h"
#include "support/json_text.h"
#include "support/percent.h"

/* Does it answer as our responder does? */
static bool is_ours(const struct buffer *body)
{
    const char *result;
    json_t *json;
    bool ours;

    if (json_text_load(buffer_string(body), body->length, 0, &json) != JSON_TEXT_OK)
        return false;
    result = json_string_value(json_object_get(json, "result"));
    ours = result && strcmp(result, "ignored") == 0;
    json_decref(json);
    return ours;
}

static void judge(struct findings *findings, const struct signed_webhook_answer *answer)
{
    static const char subject[] = "public URL";
    long status = answer->status;

    if (status == 200 && is_ours(&answer->body))
        findings_add(findings, FINDING_PASS, subject, NULL,
                     "our responder answers there, and signatures hold (%lld ms)",
                     (long long)answer->took_us / 1000);
    else if (status == 403)
        findings_add(findings, FINDING_FAIL, subject,
                     "give the responder the same AUTOJOIN_PUBLIC_URL and TWILIO_AUTH_TOKEN; see its "
                     "log for a hint",
                     "our signature is refused there");
    else if (status == 500)
        findings_add(findings, FINDING_FAIL, subject, "read the web server's error log",
                     "the responder there has faulty settings, or fails");
    else if (status >= 300 && status < 400)
        findings_add(findings, FINDING_FAIL, subject, "configure the URL it redirects to",
                     "redirects, and Twilio's POST would become a GET without parameters");
    else if (status != 0)
        findings_add(findings, FINDING_FAIL, subject, "route the path to the responder",
                     "something else answers there (HTTP status %ld)", status);
    else
        findings_add(findings, FINDING_WARN, subject, NULL,
                     "cannot be reached from here: %s (from Twilio it may be)", answer->reason);
}

/* Ctrl-C is an event of the loop, which nobody else runs meanwhile. */
static bool is_given_up(void *argument)
{
    struct command_context *context = argument;

    event_base_loop(context->base, EVLOOP_NONBLOCK);
    return context->signalled;
}

/* A post-event that nobody joins for, and that says in the log who asked. */
static bool make(struct signed_webhook *webhook, const struct config *config)
{
    const char *const parameters[][2] = {
        {"AccountSid", config->account_sid}, {"EventType", "onAutojoinChecked"}, {"Source", "API"}};
    struct buffer body;
    size_t i;

    buffer_init(&body, SIGNED_WEBHOOK_BODY_LIMIT);
    for (i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        percent_encode_pair(&body, parameters[i][0], parameters[i][1]);
    return signed_webhook_make(webhook, config->public_url, "application/x-www-form-urlencoded",
                               &body, config->auth_token) == SIGNED_WEBHOOK_OK;
}

void check_public(struct findings *findings, struct command_context *context)
{
    const struct config *config = &context->config;
    const struct signed_webhook_way way = {
        .proxy = config->proxy,
        .ca_file = config->ca_file,
        .connect_timeout_ms = config->connect_timeout_ms,
        .is_given_up = is_given_up,
        .argument = context,
    };
    struct signed_webhook webhook;
    struct signed_webhook_answer answer;

    if (!config->public_url)
        return;
    /* Userinfo is sent as credentials of its own: that is what the operator configured. */
    if (make(&webhook, config)) {
        signed_webhook_send(&answer, &webhook, &way);
        judge(findings, &answer);
        buffer_free(&answer.body);
    }
    signed_webhook_free(&webhook);
}
