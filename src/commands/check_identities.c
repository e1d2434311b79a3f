#include "build.h"

#include "commands/check_identities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/nearest.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

enum {
    CONVERSATIONS_LIMIT = 1000, /* of one identity, active and inactive (Twilio, limits) */
    CONVERSATIONS_WARN = 800,
    PAGES_LIMIT = 60,
    USER_PAGES_LIMIT = 20,
};

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

/* The users of a service, and the one among them whose identity is nearest. */
struct users {
    struct nearest_search search;
    char nearest[NEAREST_LIMIT + 1];
    unsigned count;
};

static void compare_user(void *argument, const json_t *user)
{
    struct users *users = argument;
    const char *identity = pager_item_text(user, "identity");
    const char *before = users->search.found;

    users->count += *identity != '\0';
    if (!*identity || strlen(identity) > NEAREST_LIMIT)
        return;
    nearest_try(&users->search, identity);
    if (users->search.found == before)
        return;
    snprintf(users->nearest, sizeof users->nearest, "%s", identity); /* the page goes */
    users->search.found = users->nearest;
}

/* A user begins when somebody connects with the identity, or when it is made a participant: one that is not there has
 * never done either. */
static void tell_missing(struct findings *findings, struct command_context *context, const char *service,
                         const char *identity)
{
    struct users users = {.search = {.word = identity}};
    struct ask_answer failure = {.retry_after_s = -1};
    char path[REST_PATH_LIMIT], fix[256];
    bool more = false;

    if (!resources_users(path, sizeof path, service))
        ask_fail(&failure, ASK_NO_MEMORY);
    else
        pager_read_all(&context->asker, RESOURCES_KEY_USERS, path, USER_PAGES_LIMIT, compare_user, &users, &more, &failure);
    if (users.search.found)
        snprintf(fix, sizeof fix, "TWILIO_IDENTITY=%s, if that is the bot's (it is a user there); otherwise connect the bot once",
                 users.nearest);
    else
        snprintf(fix, sizeof fix, "connect the bot once with that identity, or correct TWILIO_IDENTITY");
    findings_add(findings, FINDING_WARN, "identity", fix,
                 "%.80s is no user of the service: nobody has ever connected with it (%s%u user%s there%s%s)", identity,
                 more ? "more than " : "", users.count, users.count == 1 ? "" : "s",
                 failure.status == ASK_OK ? "" : "; not all could be listed: ",
                 failure.status == ASK_OK ? "" : failure.message);
}

/* False if that cannot be asked. */
static bool check_user(struct findings *findings, struct command_context *context, const char *service,
                       const char *identity)
{
    char path[REST_PATH_LIMIT];
    struct ask_answer answer = {.retry_after_s = -1};
    bool asked;

    if (!resources_user(path, sizeof path, service, identity))
        ask_fail(&answer, ASK_NO_MEMORY);
    else
        ask_get(&context->asker, path, &answer);
    asked = answer.status == ASK_OK || answer.status == ASK_NOT_FOUND;
    if (answer.status == ASK_NOT_FOUND)
        tell_missing(findings, context, service, identity);
    else if (answer.status == ASK_OK)
        findings_add(findings, FINDING_PASS, "identity", NULL, "%.80s is a user that Twilio knows", identity);
    else
        findings_add_unasked(findings, FINDING_WARN, "identity", &answer);
    ask_forget(&answer);
    return asked;
}

/* What keeps one list from us keeps the others, and a Twilio that fails is asked six times for each. */
void check_identities(struct findings *findings, struct command_context *context, const char *service)
{
    const struct config *config = &context->config;
    size_t i, count = config_identity_count(config);

    for (i = 0; i < count; i++)
        if (!check_limit(findings, context, service, config_identity(config, i)))
            return;
    for (i = 0; i < count; i++)
        if (!check_user(findings, context, service, config_identity(config, i)))
            return;
}
