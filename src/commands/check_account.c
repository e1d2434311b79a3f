#include "build.h"

#include "commands/check_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/check_rules.h"
#include "commands/check_sinks.h"
#include "commands/check_addresses.h"
#include "commands/check_identities.h"
#include "commands/check_webhooks.h"
#include "support/clock.h"
#include "twilio/resources.h"

enum { CLOCK_WARN_S = 60, SUSPENDED = 20403 };

static bool default_service(const struct asker *asker, struct sid *service, struct ask_answer *failure)
{
    char path[REST_PATH_LIMIT];
    const char *found;

    resources_configuration(path, sizeof path);
    if (!ask_get(asker, path, failure) || !ask_has_text(failure, "default_chat_service_sid"))
        return false;
    found = ask_text(failure, "default_chat_service_sid");
    if (!sid_copy(service, found, strlen(found), "IS")) {
        ask_fail(failure, ASK_NOT_FOUND);
        snprintf(failure->message, sizeof failure->message, "the account has no default service");
    }
    ask_forget(failure);
    return failure->status == ASK_OK;
}

bool check_account_service(const struct asker *asker, const struct config *config, struct sid *service,
                     struct ask_answer *failure)
{
    const char *configured = config->chat_service_sid;

    *failure = (struct ask_answer){.retry_after_s = -1};
    if (configured)
        return sid_copy(service, configured, strlen(configured), "IS");
    return default_service(asker, service, failure);
}

/* A certificate is judged by our clock, and tokens of clients by Twilio's. */
static void check_clock(struct findings *findings, const struct ask_answer *answer)
{
    struct tm parts = {0};
    long long difference;

    if (!strptime(answer->date, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        return;
    difference = (long long)(clock_wall_ms() / 1000) - (long long)timegm(&parts);
    if (llabs(difference) > CLOCK_WARN_S)
        findings_add(findings, FINDING_WARN, "clock", "timedatectl set-ntp true",
                     "differs from Twilio's by %lld s", difference);
    else
        findings_add(findings, FINDING_PASS, "clock", NULL, "agrees with Twilio's");
}

/* Whoever's key it is, it is asked of its own account: all would be found well there, and no bot would join here. */
static bool is_of_another_account(struct findings *findings, const struct config *config, const struct ask_answer *answer)
{
    const char *account = ask_text(answer, "account_sid");

    if (!*account || strcmp(account, config->account_sid) == 0)
        return false;
    findings_add(findings, FINDING_FAIL, "credentials",
                 "take an API key of that account, or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to the key's account",
                 "TWILIO_API_KEY is of the account %.34s, and TWILIO_ACCOUNT_SID is %s: the bot would not be joined",
                 account, config->account_sid);
    return true;
}

/* A code of its own has a fix of its own. */
static void tell_refused(struct findings *findings, const struct config *config, const struct ask_answer *answer)
{
    const char *fix = config->api_key
                           ? "check TWILIO_API_KEY and TWILIO_API_SECRET"
                           : "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (a promoted secondary "
                             "token replaces the primary)";

    if (answer->code == SUSPENDED)
        fix = "see to the account in Twilio's console: it is suspended or closed (a balance, a review), and until it is active "
              "again nothing can be joined";
    findings_add(findings, FINDING_FAIL, "credentials", fix, "%s", answer->message);
}

/* Where no answer came, it is said from whom. */
static void tell_unreached(struct findings *findings, const struct config *config, const struct ask_answer *answer)
{
    const char *fix = "check the network, AUTOJOIN_API_URL, AUTOJOIN_PROXY and AUTOJOIN_CA_FILE";

    if (answer->http_status != 0 || answer->status == ASK_INTERRUPTED)
        findings_add(findings, FINDING_FAIL, "twilio", fix, "cannot be asked: %s", answer->message);
    else
        findings_add(findings, FINDING_FAIL, "twilio", fix, "cannot be asked: %s (%s%s%s)", answer->message, config->api_url,
                     config->proxy ? ", by AUTOJOIN_PROXY" : "",
                     config->ca_file && answer->status == ASK_TLS ? ", believing AUTOJOIN_CA_FILE alone" : "");
}

/* True if there is something further to be asked. A key that may not read this is taken all the same; a 403
 * without one of Twilio's codes may be anybody's. */
static bool check_credentials(struct findings *findings, struct command_context *context)
{
    const struct config *config = &context->config;
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    bool taken;

    resources_webhooks(path, sizeof path, "");
    taken = ask_get(&context->asker, path, &answer) ||
            (answer.status == ASK_NOT_PERMITTED && answer.code != 0);
    if (taken && is_of_another_account(findings, config, &answer)) {
        taken = false;
    } else if (taken) {
        findings_add(findings, FINDING_PASS, "credentials", NULL, "Twilio takes %s",
                     config->api_key ? "the API key" : "the account's auth token");
        check_clock(findings, &answer);
    } else if (answer.status == ASK_CREDENTIALS) {
        tell_refused(findings, config, &answer);
    } else {
        tell_unreached(findings, config, &answer);
    }
    ask_forget(&answer);
    return taken;
}

/* With an API key for REST the auth token is only used for signatures, where a wrong one shows as
 * nothing but 403s. Twilio takes it for REST too, so it can be asked. */
static void check_token(struct findings *findings, struct command_context *context, const char *name,
                        const char *token, enum finding_verdict verdict)
{
    char path[REST_PATH_LIMIT];
    struct rest_request request = {
        .method = REST_GET,
        .path = path,
        .user = context->config.account_sid,
        .password = token,
    };
    struct ask_answer answer;

    if (!token)
        return;
    resources_webhooks(path, sizeof path, "");
    if (ask(&context->asker, &request, &answer))
        findings_add(findings, FINDING_PASS, "auth token", NULL, "Twilio takes %s", name);
    else if (answer.status == ASK_CREDENTIALS)
        findings_add(findings, verdict, "auth token",
                     "take it from the console (an API key's secret signs nothing; after a promotion "
                     "the old primary is dead)",
                     "Twilio does not take %s: its signatures will not match", name);
    ask_forget(&answer);
}

/* True if the checks of the service may go on: also with the account's default one, unknown, for a key that
 * may not read which that is. */
static bool find_service(struct findings *findings, struct command_context *context, struct sid *service)
{
    struct ask_answer failure;

    *service = (struct sid){""};
    if (check_account_service(&context->asker, &context->config, service, &failure))
        return true;
    if (failure.status == ASK_NOT_PERMITTED)
        findings_add_unasked(findings, FINDING_WARN, "service", &failure);
    else
        findings_add(findings, FINDING_FAIL, "service", "set TWILIO_CHAT_SERVICE_SID", "%s",
                     failure.message);
    return failure.status == ASK_NOT_PERMITTED;
}

void check_account(struct findings *findings, struct command_context *context, struct buffer *sent_to)
{
    struct sid service, by_default = {""};
    struct ask_answer unknown;
    bool streamed;

    if (!check_credentials(findings, context))
        return;
    if (context->config.api_key)
        check_token(findings, context, "TWILIO_AUTH_TOKEN", context->config.auth_token,
                    FINDING_FAIL);
    check_token(findings, context, "TWILIO_AUTH_TOKEN_SECONDARY",
                context->config.auth_token_secondary, FINDING_WARN);
    check_rules(findings, context);
    streamed = check_sinks(findings, context);
    if (!find_service(findings, context, &service))
        return;
    check_webhooks(findings, context, service.text, streamed, sent_to);
    default_service(&context->asker, &by_default, &unknown);
    check_addresses(findings, context, service.text, by_default.text, unknown.message);
    check_identities(findings, context, service.text);
}
