#include "build.h"

#include "commands/publiccheck.h"

#include <stdio.h>
#include <string.h>

#include "support/origin.h"
#include "support/percent.h"
#include "twilio/ask.h"
#include "webhook/signature.h"

enum { FORM_LIMIT = 4096, HEADER_SIZE = 64 };

/* A post-event that nobody joins for, and that says in the log who asked. */
static const char *const names[] = {"AccountSid", "EventType", "Source"};

static bool sign(const struct config *config, char header[HEADER_SIZE], struct buffer *body)
{
    const char *values[] = {config->account_sid, "onAutojoinChecked", "API"};
    const char *tokens[] = {config->auth_token};
    struct signature_keys *keys = signature_keys_new(tokens, 1);
    struct signature_parameters parameters;
    struct publicurl_candidates urls;
    struct form form = {.count = 0};
    char signature[SIGNATURE_LENGTH + 1];
    bool signed_;
    size_t i;

    for (i = 0; i < 3; i++) {
        form.parameters[form.count++] = (struct form_parameter){
            names[i], strlen(names[i]), values[i], strlen(values[i])};
        percent_encode_pair(body, names[i], values[i]);
    }
    signature_sort(&parameters, &form);
    signed_ = keys && publicurl_vary_port(&urls, config->public_url, strlen(config->public_url)) &&
              signature_compute(keys, 0, &urls.urls[0], &parameters, signature);
    if (signed_)
        snprintf(header, HEADER_SIZE, "X-Twilio-Signature: %s", signature);
    signature_keys_free(keys);
    return signed_ && buffer_status(body) == BUFFER_OK;
}

static void judge(struct findings *findings, const struct ask_answer *answer)
{
    static const char subject[] = "public URL";

    if (answer->http_status == 200 && strcmp(ask_text(answer, "result"), "ignored") == 0)
        findings_add(findings, FINDING_PASS, subject, NULL,
                     "our responder answers there, and signatures hold (%lld ms)",
                     (long long)answer->elapsed_us / 1000);
    else if (answer->http_status == 403)
        findings_add(findings, FINDING_FAIL, subject,
                     "give the responder the same AUTOJOIN_PUBLIC_URL and TWILIO_AUTH_TOKEN; see its "
                     "log for a hint",
                     "our signature is refused there");
    else if (answer->http_status == 500)
        findings_add(findings, FINDING_FAIL, subject, "read the web server's error log",
                     "the responder there has faulty settings, or fails");
    else if (answer->http_status >= 300 && answer->http_status < 400)
        findings_add(findings, FINDING_FAIL, subject, "configure the URL it redirects to",
                     "redirects, and Twilio's POST would become a GET without parameters");
    else if (answer->http_status != 0)
        findings_add(findings, FINDING_FAIL, subject, "route the path to the responder",
                     "something else answers there (HTTP status %ld)", answer->http_status);
    else
        findings_add(findings, FINDING_WARN, subject, NULL,
                     "cannot be reached from here: %s (from Twilio it may be)", answer->message);
}

void publiccheck(struct findings *findings, struct workplace *workplace)
{
    const char *url = workplace->config.public_url;
    struct rest_order order = {.method = REST_POST, .anonymous = true};
    char header[HEADER_SIZE], host[512];
    struct buffer body;
    struct origin origin;
    struct ask_answer answer;

    if (!url || !origin_parse(&origin, url, strlen(url)))
        return;
    buffer_init(&body, FORM_LIMIT);
    /* Userinfo would be sent as credentials of its own: that is what the operator configured. */
    if (snprintf(host, sizeof host, "%.*s", (int)origin.length, url) < (int)sizeof host &&
        sign(&workplace->config, header, &body)) {
        order.origin = host;
        order.path = url + origin.length;
        order.form = body.data;
        order.header = header;
        ask(&workplace->asker, &order, &answer);
        judge(findings, &answer);
        ask_forget(&answer);
    }
    buffer_free(&body);
}
