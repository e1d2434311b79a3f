#include "build.h"

#include "commands/check_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/check_rules.h"
#include "commands/check_sinks.h"
#include "commands/check_webhooks.h"
#include "support/clock.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

enum {
    CLOCK_WARN_S = 60,
    CONVERSATIONS_LIMIT = 1000, /* of one identity, active and inactive (Twilio, limits) */
    CONVERSATIONS_WARN = 800,
    PAGES_LIMIT = 60,
    ADDRESS_PAGES_LIMIT = 200,
};

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

/* True if there is something further to be asked. A key that may not read this is taken all the same; a 403
 * without one of Twilio's codes may be anybody's. */
static bool check_credentials(struct findings *findings, struct command_context *context)
{
    const char *fix = context->config.api_key
                           ? "check TWILIO_API_KEY and TWILIO_API_SECRET"
                           : "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (a promoted secondary "
                             "token replaces the primary)";
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    bool taken;

    resources_webhooks(path, sizeof path, "");
    taken = ask_get(&context->asker, path, &answer) ||
            (answer.status == ASK_NOT_PERMITTED && answer.code != 0);
    if (taken) {
        findings_add(findings, FINDING_PASS, "credentials", NULL, "Twilio takes %s",
                     context->config.api_key ? "the API key" : "the account's auth token");
        check_clock(findings, &answer);
    } else if (answer.status == ASK_CREDENTIALS) {
        findings_add(findings, FINDING_FAIL, "credentials", fix, "%s", answer.message);
    } else {
        findings_add(findings, FINDING_FAIL, "twilio",
                     "check the network, AUTOJOIN_API_URL, AUTOJOIN_PROXY and AUTOJOIN_CA_FILE",
                     "cannot be asked: %s", answer.message);
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

struct addresses {
    struct findings *findings;
    const char *service; /* the bot's; "" if it cannot be told */
    struct sid default_service; /* the account's; likewise */
};

/* Without a service of its own an address uses the account's default one (Twilio's API document,
 * AutoCreation.ConversationServiceSid). */
static void check_address(void *argument, const json_t *address)
{
    const struct addresses *addresses = argument;
    const json_t *creation = json_object_get(address, "auto_creation");
    const char *number = pager_item_text(address, "address");
    const char *other = pager_item_text(creation, "conversation_service_sid");
    const char *creates_in = *other ? other : addresses->default_service.text;
    const char *tail = strlen(number) > 4 ? number + strlen(number) - 4 : "";

    if (!json_is_true(json_object_get(creation, "enabled")))
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "switch on autocreation for the number in the console",
                     "the address ending in %s creates no conversations", tail);
    else if (*creates_in && *addresses->service && strcmp(creates_in, addresses->service) != 0)
        findings_add(addresses->findings, FINDING_WARN, "address",
                     "set TWILIO_CHAT_SERVICE_SID to that one",
                     "the address ending in %s creates its conversations in %.34s", tail,
                     creates_in);
    else if (strcmp(pager_item_text(creation, "type"), "studio") == 0)
        findings_add(addresses->findings, FINDING_WARN, "address", NULL,
                     "the address ending in %s hands its conversations to a Studio flow", tail);
}

static void check_addresses(struct findings *findings, struct command_context *context,
                            const char *service)
{
    struct addresses addresses = {.findings = findings, .service = service};
    char path[REST_PATH_LIMIT];
    struct ask_answer failure;
    bool more;

    default_service(&context->asker, &addresses.default_service, &failure);
    resources_addresses(path, sizeof path);
    if (!pager_read_all(&context->asker, RESOURCES_KEY_ADDRESSES, path, ADDRESS_PAGES_LIMIT,
                        check_address, &addresses, &more, &failure))
        findings_add_unasked(findings, FINDING_WARN, "addresses", &failure);
    else if (more)
        findings_add(findings, FINDING_WARN, "addresses", NULL,
                     "there are more than %d: only those were looked at", ADDRESS_PAGES_LIMIT * 50);
}

static void count_open(void *argument, const json_t *item)
{
    *(unsigned *)argument += pager_item_sid(item, "conversation_sid", "CH") &&
                             strcmp(pager_item_text(item, "conversation_state"), "closed") != 0;
}

/* Active and inactive conversations count, closed ones do not (Twilio, Conversations limits). False if that
 * cannot be asked. */
static bool check_limit(struct findings *findings, struct command_context *context, const char *service,
                        const char *identity)
{
    static const char fix[] = "twilio-autojoin setup --closed-timer P7D (old conversations close)";
    char path[REST_PATH_LIMIT];
    struct ask_answer failure = {.retry_after_s = -1};
    unsigned count = 0;
    bool more = false;

    if (!resources_conversations_of(path, sizeof path, service, identity))
        ask_fail(&failure, ASK_NO_MEMORY);
    else
        pager_read_all(&context->asker, RESOURCES_KEY_CONVERSATIONS, path, PAGES_LIMIT, count_open,
                       &count, &more, &failure);
    if (failure.status != ASK_OK)
        findings_add_unasked(findings, FINDING_WARN, "limit", &failure);
    else
        findings_add(findings,
                     count >= CONVERSATIONS_LIMIT  ? FINDING_FAIL
                     : count >= CONVERSATIONS_WARN ? FINDING_WARN
                                                   : FINDING_PASS,
                     "limit", count >= CONVERSATIONS_WARN ? fix : NULL,
                     "%.80s is in %s%u of at most %d conversations", identity,
                     more ? "more than " : "", count, CONVERSATIONS_LIMIT);
    return failure.status == ASK_OK;
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
    struct sid service;
    size_t i;

    if (!check_credentials(findings, context))
        return;
    if (context->config.api_key)
        check_token(findings, context, "TWILIO_AUTH_TOKEN", context->config.auth_token,
                    FINDING_FAIL);
    check_token(findings, context, "TWILIO_AUTH_TOKEN_SECONDARY",
                context->config.auth_token_secondary, FINDING_WARN);
    check_rules(findings, context);
    check_sinks(findings, context);
    if (!find_service(findings, context, &service))
        return;
    check_webhooks(findings, context, service.text, sent_to);
    check_addresses(findings, context, service.text);
    /* What keeps one list from us keeps the others, and a Twilio that fails is asked six times for each. */
    for (i = 0; i < config_identity_count(&context->config); i++)
        if (!check_limit(findings, context, service.text, config_identity(&context->config, i)))
            break;
}
