#include "build.h"

#include "commands/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/ask.h"
#include "commands/webhookcheck.h"
#include "support/clock.h"
#include "twilio/conversation.h"

enum {
    CLOCK_WARN_S = 60,
    CONVERSATIONS_LIMIT = 1000, /* of one identity, active and inactive (Twilio, limits) */
    CONVERSATIONS_WARN = 800,
    PAGES_LIMIT = 60,
};

/* The account's default service; false, with the reason in `message`, if it cannot be asked or there is none. */
static bool default_service(struct workplace *workplace, struct sid *service, char *message)
{
    struct ask_answer answer;
    const char *found;

    message[0] = '\0';
    if (ask_get(workplace, &answer, "/v1/Configuration")) {
        found = ask_text(&answer, "default_chat_service_sid");
        if (!sid_copy(service, found, strlen(found), "IS"))
            snprintf(message, 256, "the account has no default service");
    } else {
        snprintf(message, 256, "%s", answer.message);
    }
    ask_forget(&answer);
    return message[0] == '\0';
}

bool account_service(struct workplace *workplace, struct sid *service, char *message)
{
    const char *configured = workplace->config.chat_service_sid;

    if (configured)
        return sid_copy(service, configured, strlen(configured), "IS");
    return default_service(workplace, service, message);
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

/* True if the account could be asked. */
static bool check_credentials(struct findings *findings, struct workplace *workplace)
{
    const char *mend = workplace->config.api_key
                           ? "check TWILIO_API_KEY and TWILIO_API_SECRET"
                           : "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (a promoted secondary "
                             "token replaces the primary)";
    struct ask_answer answer;
    bool good = ask_get(workplace, &answer, "/v1/Configuration/Webhooks");

    if (good) {
        findings_add(findings, FINDING_PASS, "credentials", NULL, "Twilio takes %s",
                     workplace->config.api_key ? "the API key" : "the account's auth token");
        check_clock(findings, &answer);
    } else if (answer.http_status == 401 || answer.http_status == 403) {
        findings_add(findings, FINDING_FAIL, "credentials", mend, "%s", answer.message);
    } else {
        findings_add(findings, FINDING_FAIL, "twilio",
                     "check the network, AUTOJOIN_API_URL, AUTOJOIN_PROXY and AUTOJOIN_CA_FILE",
                     "cannot be asked: %s", answer.message);
    }
    ask_forget(&answer);
    return good;
}

/* With an API key for REST the auth token is only used for signatures, where a wrong one shows as
 * nothing but 403s. Twilio takes it for REST too, so it can be asked. */
static void check_token(struct findings *findings, struct workplace *workplace, const char *name,
                        const char *token, enum finding_verdict verdict)
{
    struct rest_order order = {
        .method = REST_GET,
        .path = "/v1/Configuration/Webhooks",
        .user = workplace->config.account_sid,
        .password = token,
    };
    struct ask_answer answer;

    if (!token)
        return;
    if (ask(workplace, &order, &answer))
        findings_add(findings, FINDING_PASS, "auth token", NULL, "Twilio takes %s", name);
    else if (answer.http_status == 401)
        findings_add(findings, verdict, "auth token",
                     "take it from the console (an API key's secret signs nothing; after a promotion "
                     "the old primary is dead)",
                     "Twilio does not take %s: its signatures will not match", name);
    ask_forget(&answer);
}

/* Without a service of its own an address uses the account's default one (Twilio's API document,
 * AutoCreation.ConversationServiceSid). */
static void check_address(struct findings *findings, const json_t *address, const char *service,
                          const char *standard)
{
    const json_t *creation = json_object_get(address, "auto_creation");
    const char *number = json_string_value(json_object_get(address, "address"));
    const char *type = json_string_value(json_object_get(creation, "type"));
    const char *other = json_string_value(json_object_get(creation, "conversation_service_sid"));
    const char *creates_in = other ? other : standard;
    const char *tail = number && strlen(number) > 4 ? number + strlen(number) - 4 : "";

    if (!json_is_true(json_object_get(creation, "enabled")))
        findings_add(findings, FINDING_WARN, "address",
                     "switch on autocreation for the number in the console",
                     "the address ending in %s creates no conversations", tail);
    else if (*creates_in && strcmp(creates_in, service) != 0)
        findings_add(findings, FINDING_WARN, "address", "set TWILIO_CHAT_SERVICE_SID to that one",
                     "the address ending in %s creates its conversations in %.34s", tail,
                     creates_in);
    else if (type && strcmp(type, "studio") == 0)
        findings_add(findings, FINDING_WARN, "address", NULL,
                     "the address ending in %s hands its conversations to a Studio flow", tail);
}

static void check_addresses(struct findings *findings, struct workplace *workplace,
                            const char *service)
{
    struct ask_answer answer;
    struct sid standard = {""};
    const json_t *addresses;
    char message[256];
    size_t i;

    default_service(workplace, &standard, message);
    if (!ask_get(workplace, &answer, "/v1/Configuration/Addresses?PageSize=50"))
        findings_add(findings, FINDING_WARN, "addresses", NULL, "cannot be asked: %s",
                     answer.message);
    addresses = json_object_get(answer.json, "address_configurations");
    for (i = 0; i < json_array_size(addresses); i++)
        check_address(findings, json_array_get(addresses, i), service, standard.text);
    ask_forget(&answer);
}

static void count_open(void *argument, const char *sid, const char *state)
{
    *(unsigned *)argument += sid && strcmp(state, "closed") != 0;
}

/* Reads one page; false if it is none. */
static bool count_page(struct workplace *workplace, char *path, size_t size, unsigned *count,
                       char *message)
{
    struct ask_answer answer;
    char next[REST_PATH_LIMIT] = "";
    char *body = NULL;
    bool good = ask_get(workplace, &answer, "%s", path);

    snprintf(message, 256, "%s", good ? "what came is no list" : answer.message);
    if (good)
        body = json_dumps(answer.json, 0);
    good = body && conversation_read_page(CONVERSATION_LIST_OF_IDENTITY, body, strlen(body),
                                          workplace->config.api_url, count_open, count, next,
                                          sizeof next) == PAGE_OK;
    snprintf(path, size, "%s", next);
    free(body);
    ask_forget(&answer);
    return good;
}

/* Active and inactive conversations count, closed ones do not (Twilio, Conversations limits). */
static void check_limit(struct findings *findings, struct workplace *workplace, const char *service,
                        const char *identity)
{
    static const char mend[] = "twilio-autojoin setup --closed-timer P7D (old conversations close)";
    char path[REST_PATH_LIMIT], message[256];
    unsigned count = 0, page;

    if (!conversation_first_page(path, sizeof path, CONVERSATION_LIST_OF_IDENTITY, service, NULL,
                                 identity)) {
        findings_add(findings, FINDING_WARN, "limit", NULL, "cannot be asked: out of memory");
        return;
    }
    for (page = 0; page < PAGES_LIMIT && *path; page++) {
        if (!count_page(workplace, path, sizeof path, &count, message)) {
            findings_add(findings, FINDING_WARN, "limit", NULL, "cannot be asked: %s", message);
            return;
        }
    }
    findings_add(findings,
                 count >= CONVERSATIONS_LIMIT  ? FINDING_FAIL
                 : count >= CONVERSATIONS_WARN ? FINDING_WARN
                                               : FINDING_PASS,
                 "limit", count >= CONVERSATIONS_WARN ? mend : NULL,
                 "%.80s is in %s%u of at most %d conversations", identity,
                 *path ? "more than " : "", count, CONVERSATIONS_LIMIT);
}

void account_check(struct findings *findings, struct workplace *workplace)
{
    size_t i;
    char message[256];
    struct sid service;

    if (!check_credentials(findings, workplace))
        return;
    if (workplace->config.api_key)
        check_token(findings, workplace, "TWILIO_AUTH_TOKEN", workplace->config.auth_token,
                    FINDING_FAIL);
    check_token(findings, workplace, "TWILIO_AUTH_TOKEN_SECONDARY",
                workplace->config.auth_token_secondary, FINDING_WARN);
    if (!account_service(workplace, &service, message)) {
        findings_add(findings, FINDING_FAIL, "service", "set TWILIO_CHAT_SERVICE_SID", "%s",
                     message);
        return;
    }
    webhookcheck(findings, workplace, service.text);
    check_addresses(findings, workplace, service.text);
    for (i = 0; i < config_identity_count(&workplace->config); i++)
        check_limit(findings, workplace, service.text, config_identity(&workplace->config, i));
}
