#include "build.h"

#include "commands/probe_conversation.h"

#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "support/jitter.h"
#include "support/log.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

enum {
    REMOVE_MS = 30 * 1000,     /* all in all */
    REMOVE_TRY_MS = 5 * 1000,  /* one that is not answered */
    REMOVE_FIRST_MS = 100,     /* pauses between two, doubling */
    REMOVE_LONGEST_MS = 2000,
    REFUSALS = 3,              /* of what does not pass by itself */
    UNKNOWN_FOR_MS = 1000,     /* a creation whose answer never came may still be under way at Twilio */
    FORM_SIZE = 160,
};

static const char webhooks[] = "X-Twilio-Webhook-Enabled: true"; /* actions through REST fire none otherwise */

enum probe_occasion probe_conversation_occasion(const struct config *config)
{
    if (config->events & SETTING_ON_CONVERSATION_ADDED)
        return PROBE_OCCASION_CREATION;
    if (config->events & SETTING_ON_MESSAGE_ADDED)
        return PROBE_OCCASION_MESSAGE;
    return config->events & SETTING_ON_CONVERSATION_STATE_UPDATED ? PROBE_OCCASION_STATE : PROBE_OCCASION_NONE;
}

static void on_pause_over(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

bool probe_conversation_open(struct probe_conversation *probe, struct command_context *context)
{
    struct jitter jitter;

    *probe = (struct probe_conversation){.context = context, .steady = context->asker};
    probe->steady.interrupted = &context->insisted;
    jitter_init(&jitter);
    snprintf(probe->unique_name, sizeof probe->unique_name, "twilio-autojoin-probe-%016llx",
             (unsigned long long)jitter_next(&jitter));
    probe->pause = evtimer_new(context->base, on_pause_over, context->base);
    return probe->pause != NULL;
}

void probe_conversation_close(struct probe_conversation *probe)
{
    if (probe->pause)
        event_free(probe->pause);
    probe->pause = NULL;
}

void probe_conversation_pause(struct probe_conversation *probe, int64_t milliseconds)
{
    struct timeval delay = clock_delay(milliseconds);

    event_add(probe->pause, &delay);
    event_base_dispatch(probe->context->base);
    event_del(probe->pause);
}

bool probe_conversation_create(struct probe_conversation *probe)
{
    char path[REST_PATH_LIMIT], form[FORM_SIZE];
    struct rest_request request = {.method = REST_POST, .path = path, .form = form, .header = webhooks};
    struct ask_answer answer;
    const char *sid;
    bool refused;

    resources_conversations(path, sizeof path, probe->service.text);
    snprintf(form, sizeof form, "FriendlyName=twilio-autojoin%%20probe&UniqueName=%s",
             probe->unique_name);
    /* A DELETE that overtakes an interrupted POST would leave the conversation there. */
    ask(&probe->steady, &request, &answer);
    probe->created_us = clock_monotonic_us();
    sid = ask_text(&answer, "sid");
    if (!sid_copy(&probe->sid, sid, strlen(sid), "CH")) {
        if (answer.status == ASK_OK)
            ask_fail(&answer, ASK_OTHER_SHAPE);
        fprintf(stderr, "twilio-autojoin: the conversation cannot be created: %s\n", answer.message);
    }
    /* 409: libcurl sends again what a kept connection lost, and the name is taken, by us. */
    refused = answer.http_status >= 400 && answer.http_status < 500 && answer.http_status != 409;
    ask_forget(&answer);
    return !refused;
}

static bool post(struct probe_conversation *probe, const char *path, const char *form)
{
    const struct rest_request request = {.method = REST_POST, .path = path, .form = form, .header = webhooks};
    struct ask_answer answer;
    bool done = ask(&probe->context->asker, &request, &answer);

    if (!done && answer.status != ASK_INTERRUPTED)
        fprintf(stderr, "twilio-autojoin: the webhook that calls for a join cannot be had: %s\n", answer.message);
    ask_forget(&answer);
    return done;
}

bool probe_conversation_stir(struct probe_conversation *probe, enum probe_occasion occasion)
{
    char path[REST_PATH_LIMIT];

    switch (occasion) {
    case PROBE_OCCASION_CREATION:
        return true;
    case PROBE_OCCASION_MESSAGE:
        return resources_messages(path, sizeof path, probe->service.text, probe->sid.text) &&
               post(probe, path, "Author=twilio-autojoin%20probe&Body=twilio-autojoin%20probe");
    case PROBE_OCCASION_STATE:
        return resources_conversation(path, sizeof path, probe->service.text, probe->sid.text) &&
               post(probe, path, "State=inactive") && post(probe, path, "State=active");
    case PROBE_OCCASION_NONE:
        break;
    }
    return false;
}

struct listing {
    char *text;
    size_t size, length;
};

static void add_participant(void *argument, const json_t *item)
{
    struct listing *listing = argument;
    const char *name = pager_item_text(item, "identity");
    char shown[128];
    int length;

    if (!*name)
        name = pager_item_text(item, "sid");
    log_copy_printable(shown, sizeof shown, name);
    length = snprintf(listing->text + listing->length, listing->size - listing->length, "%s%s",
                      listing->length > 0 ? ", " : "", shown);
    if (length > 0 && (size_t)length < listing->size - listing->length)
        listing->length += (size_t)length;
    listing->text[listing->length] = '\0'; /* who has no place is left out */
}

void probe_conversation_list(struct probe_conversation *probe, char *text, size_t size)
{
    struct listing listing = {text, size, 0};
    char path[REST_PATH_LIMIT];
    struct ask_answer failure;
    bool more;

    text[0] = '\0';
    if (probe->sid.text[0] &&
        resources_participants_list(path, sizeof path, probe->service.text, probe->sid.text))
        pager_read_all(&probe->context->asker, RESOURCES_KEY_PARTICIPANTS, path, 1, add_participant, &listing, &more,
                       &failure);
}

static bool complain(const struct probe_conversation *probe, const char *why)
{
    const char *name = probe->sid.text[0] ? probe->sid.text : probe->unique_name;

    fprintf(stderr, "twilio-autojoin: the conversation %s could not be deleted: please do so%s%s%s%s\n", name,
            *why ? " (" : "", why, *why ? ")" : "",
            probe->sid.text[0] ? "" : "; it is there by that unique name, if it is");
    return false;
}

/* Whether another try may end otherwise. */
static bool may_pass(enum ask_status status)
{
    switch (status) {
    case ASK_LIMITED:
    case ASK_FAILING:
    case ASK_TIMEOUT:
    case ASK_UNREACHABLE:
    case ASK_TLS:
    case ASK_BAD_REPLY:
    case ASK_NO_MEMORY:
        return true;
    default:
        return false;
    }
}

bool probe_conversation_remove(struct probe_conversation *probe)
{
    int64_t begun = clock_monotonic_ms(), left, wait = REMOVE_FIRST_MS;
    bool known = probe->sid.text[0] != '\0';
    char path[REST_PATH_LIMIT], why[ASK_MESSAGE_SIZE] = "";
    struct rest_request request = {.method = REST_DELETE, .path = path};
    unsigned refusals = 0;

    resources_conversation(path, sizeof path, probe->service.text, known ? probe->sid.text : probe->unique_name);
    while ((left = begun + REMOVE_MS - clock_monotonic_ms()) > 0) {
        struct ask_answer answer;
        int64_t after = wait;
        bool gone, absent;

        request.timeout_ms = left < REMOVE_TRY_MS ? left : REMOVE_TRY_MS;
        gone = ask(&probe->steady, &request, &answer);
        absent = answer.http_status == 404;
        refusals += !gone && !absent && !may_pass(answer.status);
        if (answer.retry_after_s > 0)
            after = answer.retry_after_s * 1000;
        snprintf(why, sizeof why, "%s", answer.message);
        ask_forget(&answer);
        if (gone || (absent && (known || clock_monotonic_ms() - begun >= UNKNOWN_FOR_MS)))
            return true;
        if (probe->context->insisted || refusals == REFUSALS || after > left)
            break;
        probe_conversation_pause(probe, after);
        if (!absent && wait < REMOVE_LONGEST_MS)
            wait *= 2;
    }
    return complain(probe, why);
}
