#include "build.h"

#include "commands/check_public.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "commands/check_certificate.h"
#include "commands/check_refusals.h"
#include "commands/check_responder.h"
#include "commands/responder_process.h"
#include "commands/signed_webhook.h"
#include "support/json_text.h"
#include "support/origin.h"
#include "support/percent.h"

enum { FIX_SIZE = 1024, SHOWN_LIMIT = 16 * 1024 };

static const char subject[] = "public URL";

/* What is asked, and how. */
struct look {
    struct findings *findings;
    const struct config *config;
    const char *url, *settings;
    struct signed_webhook_way way;
    struct buffer shown; /* the URL, for people */
    enum check_responder_verdict responder;
    uint64_t refused; /* webhooks, before ours, that nothing but the counters tells of */
};

static const char *text_of(const struct buffer *body, const char *name, char *text, size_t size)
{
    const char *value;
    json_t *json;

    text[0] = '\0';
    if (json_text_load(buffer_string(body), body->length, 0, &json) != JSON_TEXT_OK)
        return text;
    value = json_string_value(json_object_get(json, name));
    snprintf(text, size, "%s", value ? value : "");
    json_decref(json);
    return text;
}

/* Does it answer as our responder does? */
static bool is_our_result(const struct buffer *body, const char *result)
{
    char text[32];

    return strcmp(text_of(body, "result", text, sizeof text), result) == 0;
}

/* No web server's page is that: "{}". */
static bool is_our_refusal(const struct buffer *body)
{
    return strcmp(buffer_string(body), "{}") == 0;
}

/* A webhook of ours that is refused shows which of the two is otherwise there: what was signed, or the key. */
static void tell_refused(const struct look *look, const struct signed_webhook_answer *answer)
{
    char fix[FIX_SIZE], restart[RESPONDER_PROCESS_RESTART_SIZE];

    if (!is_our_refusal(&answer->body))
        findings_add(look->findings, FINDING_FAIL, subject,
                     "let POST through to the responder there: an allow-list of addresses, a firewall for web "
                     "applications or a password is in the way",
                     "the web server in front forbids it (HTTP status 403, and not the responder's answer)");
    else if (!look->config->public_url) {
        snprintf(fix, sizeof fix, "AUTOJOIN_PUBLIC_URL=%.300s, and restart the responder", buffer_string(&look->shown));
        findings_add(look->findings, FINDING_FAIL, subject, fix,
                     "our signature for %.300s, where Twilio sends to, is refused there: the responder takes its URL "
                     "for another one, and every webhook is answered 403", buffer_string(&look->shown));
    } else if (look->responder == CHECK_RESPONDER_OTHER_SETTINGS) {
        check_responder_restart(restart, sizeof restart, look->settings, true);
        snprintf(fix, sizeof fix, "%s; it must have the same AUTOJOIN_PUBLIC_URL and TWILIO_AUTH_TOKEN", restart);
        findings_add(look->findings, FINDING_FAIL, subject, fix,
                     "our signature is refused there: the running responder has other settings than %s, which were "
                     "changed since it was started, or are not its own",
                     look->config->path ? look->config->path : "the environment");
    } else if (look->responder == CHECK_RESPONDER_CURRENT)
        findings_add(look->findings, FINDING_FAIL, subject,
                     "let the front hand on the header X-Twilio-Signature, the query and the body as they came; the "
                     "responder's log has a hint, and twilio-autojoin explain names what was changed",
                     "our signature is refused there, though the responder has these settings: what stands in front of it "
                     "changes the request");
    else
        findings_add(look->findings, FINDING_FAIL, subject,
                     "give the responder the same AUTOJOIN_PUBLIC_URL and TWILIO_AUTH_TOKEN; see its "
                     "log for a hint",
                     "our signature is refused there");
    check_refusals_tell(look->findings, look->refused);
}

/* Whether every other path is answered so, too: then it is no responder that is missing behind this one. */
static bool is_answered_everywhere(const struct look *look, long status)
{
    struct signed_webhook_answer answer;
    struct origin origin;
    struct buffer other;
    bool same = false;

    buffer_init(&other, PUBLIC_URL_LIMIT);
    if (origin_parse(&origin, look->url, strlen(look->url))) {
        buffer_append(&other, look->url, origin.length);
        buffer_append_string(&other, "/no-such-path-of-twilio-autojoin");
        signed_webhook_look(&answer, buffer_string(&other), &look->way);
        same = answer.status == status;
        buffer_free(&answer.body);
    }
    buffer_free(&other);
    return same;
}

/* What a gateway answers that has nobody behind it. */
static void tell_gateway(const struct look *look, long status)
{
    struct responder_process found[1];
    char fix[FIX_SIZE];
    size_t count;

    if (is_answered_everywhere(look, status)) {
        findings_add(look->findings, FINDING_FAIL, subject,
                     responder_process_find(found, 1, look->settings) == 0
                         ? "start the responder, for none runs here (systemctl start twilio-autojoin.socket, or the web "
                           "server that starts it); if it runs elsewhere, route this path to it"
                         : "route this path to the responder's web server; if that is done, start the web server",
                     "the front answers HTTP status %ld there as to any other path: it has no server for this path, or "
                     "none that runs", status);
        return;
    }
    count = responder_process_find(found, 1, look->settings);
    if (count > 0 && found->ours)
        snprintf(fix, sizeof fix, "the responder runs (process %ld): let the web server have its socket's path, and the "
                                  "right to write to it; its error log says more", (long)found->pid);
    else
        snprintf(fix, sizeof fix, "start the responder: systemctl start twilio-autojoin.socket, or restart the web server "
                                  "that starts it; its error log says why it ended%s",
                 count > 0 ? ". If it runs, see to its socket's path and mode" : "");
    findings_add(look->findings, FINDING_FAIL, subject, fix,
                 "the web server knows the path, but reaches no responder behind it (HTTP status %ld): it is stopped, or "
                 "its socket is elsewhere", status);
}

static void tell_redirect(const struct look *look, const struct signed_webhook_answer *answer)
{
    char fix[FIX_SIZE];

    snprintf(fix, sizeof fix, "configure the URL it redirects to%s%.300s, here and at Twilio", *answer->location ? ": " : "",
             answer->location);
    findings_add(look->findings, FINDING_FAIL, subject, fix,
                 "redirects (HTTP status %ld), and Twilio's POST would become a GET without parameters", answer->status);
}

static void tell_something_else(const struct look *look, const struct signed_webhook_answer *answer)
{
    long status = answer->status;
    const char *what = status == 404   ? "the web server there does not know this path"
                       : status == 405 ? "the web server there takes no POST at this path: it leads to a file, or nowhere"
                       : status == 401 ? "the web server there asks for a password"
                       : status == 413 ? "the web server there takes no body of that size"
                                       : "not our responder's answer";

    findings_add(look->findings, FINDING_FAIL, subject,
                 status == 401 ? "take the password away for this path, or write it into the URL, here and at Twilio: "
                                 "https://USER:PASSWORD@HOST/..."
                               : "route the path to the responder, or correct AUTOJOIN_PUBLIC_URL, here and at Twilio",
                 "something else answers there (HTTP status %ld): %s", status, what);
}

static void tell_unreached(const struct look *look, const struct signed_webhook_answer *answer)
{
    struct origin origin = {.host = "?", .host_length = 1};
    char fix[FIX_SIZE];
    int length;

    origin_parse(&origin, look->url, strlen(look->url));
    length = (int)(origin.port_length ? origin.port + origin.port_length - origin.host : (long)origin.host_length);
    switch (answer->failure) {
    case SIGNED_WEBHOOK_NO_NAME:
        snprintf(fix, sizeof fix, "give %.*s an address in the DNS, or correct AUTOJOIN_PUBLIC_URL",
                 (int)origin.host_length, origin.host);
        break;
    case SIGNED_WEBHOOK_NOBODY:
        snprintf(fix, sizeof fix, "start the web server that is to listen at %.*s, or open its port", length, origin.host);
        break;
    case SIGNED_WEBHOOK_TOO_LATE:
        snprintf(fix, sizeof fix, "let the firewall pass %.*s; see whether the web server there is stuck", length,
                 origin.host);
        break;
    case SIGNED_WEBHOOK_INTERRUPTED:
        snprintf(fix, sizeof fix, "run check again");
        break;
    default:
        snprintf(fix, sizeof fix, "see whether the web server at %.*s speaks %s", length, origin.host,
                 origin.https ? "TLS 1.2 or later" : "HTTP");
        break;
    }
    if (look->way.proxy && answer->failure != SIGNED_WEBHOOK_INTERRUPTED)
        snprintf(fix, sizeof fix, "see whether AUTOJOIN_PROXY runs, and lets %.*s be reached", length, origin.host);
    findings_add(look->findings, FINDING_WARN, subject, fix, "%.*s cannot be reached from here%s: %s%s", length,
                 origin.host, look->way.proxy ? " by AUTOJOIN_PROXY" : "", answer->reason,
                 answer->failure == SIGNED_WEBHOOK_INTERRUPTED ? "" : " (from Twilio it may be)");
}

static void judge_answer(const struct look *look, const struct signed_webhook_answer *answer)
{
    long status = answer->status;

    if (status == 200 && is_our_result(&answer->body, "ignored")) {
        check_responder_tell(look->findings, look->responder, look->config, look->settings);
        findings_add(look->findings, FINDING_PASS, subject, NULL,
                     "our responder answers there, and signatures hold (%lld ms)",
                     (long long)answer->took_us / 1000);
    } else if (answer->failure == SIGNED_WEBHOOK_UNTRUSTED)
        check_certificate(look->findings, look->url, answer->verify, &look->way);
    else if (status == 0)
        tell_unreached(look, answer);
    else if (status == 403)
        tell_refused(look, answer);
    else if (status == 500 && is_our_result(&answer->body, "refused"))
        findings_add(look->findings, FINDING_FAIL, subject,
                     "correct its settings (twilio-autojoin check --offline), and restart it; the web server's error log names the faults",
                     "the responder there has faulty settings");
    else if (status == 500)
        findings_add(look->findings, FINDING_FAIL, subject, "read the web server's error log",
                     "the responder there has faulty settings, or fails");
    else if (status >= 300 && status < 400)
        tell_redirect(look, answer);
    else if (status >= 502 && status <= 504)
        tell_gateway(look, status);
    else
        tell_something_else(look, answer);
}

/* Ctrl-C is an event of the loop, which nobody else runs meanwhile. */
static bool is_interrupted(void *argument)
{
    struct command_context *context = argument;

    event_base_loop(context->base, EVLOOP_NONBLOCK);
    return context->signalled;
}

/* A post-event that nobody joins for, and that says in the log who asked. */
static bool make_webhook(struct signed_webhook *webhook, const struct config *config, const char *url)
{
    const struct signed_webhook_signer signer = {.secret = config->auth_token};
    const char *const parameters[][2] = {
        {"AccountSid", config->account_sid}, {"EventType", "onAutojoinChecked"}, {"Source", "API"}};
    struct buffer body;
    size_t i;

    buffer_init(&body, SIGNED_WEBHOOK_BODY_LIMIT);
    for (i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        percent_encode_pair(&body, parameters[i][0], parameters[i][1]);
    return signed_webhook_make(webhook, url, "application/x-www-form-urlencoded", &body, &signer) == SIGNED_WEBHOOK_OK;
}

/* That a certificate has another name or another time says more than that its issuer is not known. */
static bool is_telling(long verify)
{
    return verify == X509_V_OK || verify == X509_V_ERR_CERT_HAS_EXPIRED || verify == X509_V_ERR_CERT_NOT_YET_VALID;
}

/* Twilio believes public authorities, and AUTOJOIN_CA_FILE is for our way to Twilio: what either believes is good. */
static void send_webhook(struct look *look, const struct signed_webhook *webhook, struct signed_webhook_answer *answer)
{
    long verify;

    signed_webhook_send(answer, webhook, &look->way);
    if (answer->failure != SIGNED_WEBHOOK_UNTRUSTED || !look->way.ca_file)
        return;
    verify = answer->verify;
    buffer_free(&answer->body);
    look->way.ca_file = NULL;
    signed_webhook_send(answer, webhook, &look->way);
    if (answer->failure == SIGNED_WEBHOOK_UNTRUSTED && !is_telling(answer->verify) && is_telling(verify))
        answer->verify = verify;
}

void check_public(struct findings *findings, struct command_context *context, const char *url, const char *settings)
{
    const struct config *config = &context->config;
    struct look look = {
        .findings = findings,
        .config = config,
        .url = config->public_url ? config->public_url : url,
        .settings = settings,
        .responder = CHECK_RESPONDER_UNKNOWN,
        .refused = config->capture_dir ? 0 : check_refusals_count(config->stats_file),
        .way = {.proxy = config->proxy,
                .ca_file = config->ca_file,
                .connect_timeout_ms = config->connect_timeout_ms,
                .is_given_up = is_interrupted,
                .argument = context},
    };
    struct signed_webhook webhook;
    struct signed_webhook_answer answer;

    if (!look.url || !*look.url)
        return;
    buffer_init(&look.shown, SHOWN_LIMIT);
    origin_show(&look.shown, look.url, strlen(look.url));
    /* Userinfo is sent as credentials of its own: that is what the operator configured. */
    if (make_webhook(&webhook, config, look.url)) {
        send_webhook(&look, &webhook, &answer);
        if (answer.status != 0)
            look.responder = check_responder_ask(config, look.url, &look.way);
        judge_answer(&look, &answer);
        buffer_free(&answer.body);
    }
    signed_webhook_free(&webhook);
    buffer_free(&look.shown);
}
