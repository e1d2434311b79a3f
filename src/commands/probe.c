/* twilio-autojoin probe: the whole round trip, on the real account. */
#include "build.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/command_context.h"
#include "support/clock.h"
#include "support/jitter.h"
#include "support/quantity.h"
#include "twilio/ask.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

static const char usage[] =
    "Usage: twilio-autojoin probe [--timeout DURATION] [--yes] [--json]\n"
    "\n"
    "Creates a conversation on the account, with webhooks enabled, waits until the bot is in it, says\n"
    "how long that took, and deletes the conversation again. No message is sent to anybody.\n"
    "\n"
    "  --timeout DURATION   how long to wait for the bot (15s)\n"
    "  --yes                do not ask\n"
    "  --json               one JSON object\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin probe\n"
    "    twilio-autojoin probe --yes --timeout 30s\n"
    "\n"
    "Exit status: 0 the bot came, 1 it did not.\n";

enum { POLL_MS = 100, CLEANUP_TRIES = 3, CLEANUP_TRIES_BY_NAME = 10 };

struct probe {
    struct command_context context;
    struct asker steady; /* whom no signal interrupts */
    struct sid service;
    struct sid conversation;
    char unique_name[48]; /* by which it can be deleted even if its SID never reached us */
    char unseen[ASK_MESSAGE_SIZE]; /* why it could not be looked whether the bot is in; "" if it could */
    struct event *pause;
    uint64_t timeout_ms;
    int64_t created_us;
    bool yes, json;
};

static void name_it(struct probe *probe)
{
    struct jitter jitter;

    jitter_init(&jitter);
    snprintf(probe->unique_name, sizeof probe->unique_name, "twilio-autojoin-probe-%016llx",
             (unsigned long long)jitter_next(&jitter));
}

/* True if there is a conversation, or may be one, that is to be deleted. */
static bool create(struct probe *probe)
{
    char path[REST_PATH_LIMIT], form[128];
    struct rest_request request = {
        .method = REST_POST,
        .path = path,
        .form = form,
        .header = "X-Twilio-Webhook-Enabled: true", /* actions through REST fire none otherwise */
    };
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
    if (!sid_copy(&probe->conversation, sid, strlen(sid), "CH")) {
        if (answer.status == ASK_OK)
            ask_fail(&answer, ASK_OTHER_SHAPE);
        fprintf(stderr, "twilio-autojoin: the conversation cannot be created: %s\n", answer.message);
    }
    /* 409: libcurl sends again what a kept connection lost, and the name is taken, by us. */
    refused = answer.http_status >= 400 && answer.http_status < 500 && answer.http_status != 409;
    ask_forget(&answer);
    return !refused;
}

static void on_pause_over(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

static void pause_for(struct probe *probe, int64_t milliseconds)
{
    struct timeval delay = clock_delay(milliseconds);

    event_add(probe->pause, &delay);
    event_base_dispatch(probe->context.base);
    event_del(probe->pause);
}

/* Looks once; `wait_ms` gets the time until the next look. A key that may not look will not find it however
 * long it looks, and a Twilio that wants to be left alone is. */
static bool is_in(struct probe *probe, const char *identity, int64_t timeout_ms, int64_t *wait_ms)
{
    char path[REST_PATH_LIMIT];
    const struct rest_request request = {.method = REST_GET, .path = path, .timeout_ms = timeout_ms};
    struct ask_answer answer;
    bool there;

    *wait_ms = POLL_MS;
    if (!resources_participant(path, sizeof path, probe->service.text, probe->conversation.text,
                               identity))
        return false;
    there = ask(&probe->context.asker, &request, &answer);
    if (answer.status == ASK_CREDENTIALS || answer.status == ASK_NOT_PERMITTED ||
        answer.retry_after_s > PAGER_WAIT_LIMIT_S)
        snprintf(probe->unseen, sizeof probe->unseen, "%s", answer.message);
    if (answer.retry_after_s > 0)
        *wait_ms = answer.retry_after_s * 1000;
    ask_forget(&answer);
    return there;
}

/* True when the bot is in; the time is from the creation's answer on. */
static bool wait_for_bot(struct probe *probe, int64_t *joined_us)
{
    const struct config *config = &probe->context.config;
    bool there = false;
    size_t look;

    for (look = 0; !there && !probe->context.signalled && !probe->unseen[0]; look++) {
        int64_t wait_ms, left_ms = (int64_t)probe->timeout_ms -
                          (clock_monotonic_us() - probe->created_us) / 1000;

        if (left_ms <= 0)
            break;
        there = is_in(probe, config_identity(config, look % config_identity_count(config)),
                      left_ms, &wait_ms);
        *joined_us = clock_monotonic_us() - probe->created_us;
        if (!there && !probe->unseen[0])
            pause_for(probe, wait_ms < left_ms ? wait_ms : left_ms);
    }
    return there;
}

/* Also when we were interrupted, and however often: what we made, we remove. A creation whose
 * answer never came may still be under way at Twilio, so "not there" counts only after a while. */
static bool clean_up(struct probe *probe)
{
    bool known = probe->conversation.text[0] != '\0';
    const char *name = known ? probe->conversation.text : probe->unique_name;
    unsigned limit = known ? CLEANUP_TRIES : CLEANUP_TRIES_BY_NAME;
    bool absent = false;
    char path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_DELETE, .path = path};
    unsigned tries;

    resources_conversation(path, sizeof path, probe->service.text, name);
    for (tries = 0; tries < limit; tries++) {
        struct ask_answer answer;
        bool gone = ask(&probe->steady, &request, &answer);

        absent = answer.http_status == 404;
        ask_forget(&answer);
        if (gone || (absent && known))
            return true;
        pause_for(probe, POLL_MS);
    }
    if (absent)
        return true;
    fprintf(stderr, "twilio-autojoin: the conversation %s could not be deleted: please do so\n",
            name);
    return false;
}

static void report(const struct probe *probe, bool joined, int64_t joined_us, bool cleaned)
{
    if (probe->json)
        command_line_print_json(json_pack("{s:s, s:b, s:I, s:b}", "conversation", probe->conversation.text,
                                 "joined", joined, "ms", (json_int_t)(joined_us / 1000), "deleted",
                                 cleaned));
    else if (joined)
        printf("The bot was in %s after %lld ms.\n", probe->conversation.text,
               (long long)joined_us / 1000);
    else if (probe->unseen[0])
        printf("Whether the bot came to %s cannot be seen: %s\n", probe->conversation.text,
               probe->unseen);
    else
        printf("The bot did not come to %s%s. See: twilio-autojoin check\n",
               probe->conversation.text[0] ? probe->conversation.text : probe->unique_name, probe->context.signalled ? " before we were interrupted" : "");
}

static int run(struct probe *probe)
{
    struct ask_answer failure;
    int64_t joined_us = 0;
    bool joined, cleaned;

    probe->steady = probe->context.asker;
    probe->steady.interrupted = NULL;
    if (!check_account_service(&probe->context.asker, &probe->context.config, &probe->service,
                         &failure)) {
        fprintf(stderr, "twilio-autojoin: %s\n", failure.message);
        return COMMAND_LEFT;
    }
    if (!probe->json)
        printf("This creates a conversation named \"twilio-autojoin probe\" in %s and deletes it "
               "again.\n",
               probe->service.text);
    /* Until here Ctrl-C simply ends us; from here on it must not leave a conversation behind. */
    if (!command_line_confirm("account for a moment", probe->yes) ||
        !command_context_end_on_signals(&probe->context))
        return COMMAND_LEFT;
    name_it(probe);
    if (!create(probe))
        return COMMAND_LEFT;
    joined = probe->conversation.text[0] && wait_for_bot(probe, &joined_us);
    cleaned = clean_up(probe);
    report(probe, joined, joined_us, cleaned);
    return joined && cleaned ? COMMAND_OK : COMMAND_LEFT;
}

static const char *take_option(void *argument, int option)
{
    struct probe *probe = argument;

    probe->yes = probe->yes || option == 'y';
    probe->json = probe->json || option == 'j';
    if (option != 't' || quantity_parse_duration(optarg, 1000, 3600 * 1000, &probe->timeout_ms))
        return NULL;
    return "";
}

int probe_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"timeout", required_argument, NULL, 't'},
        {"yes", no_argument, NULL, 'y'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct probe probe = {.timeout_ms = 15000};
    int status;

    if (!command_line_read(&line, argc, argv, &probe, &status))
        return status;
    status = command_context_open(&probe.context, COMMAND_CONTEXT_TWILIO);
    if (status == EX_OK)
        probe.pause = evtimer_new(probe.context.base, on_pause_over, probe.context.base);
    if (status == EX_OK)
        status = probe.pause ? run(&probe) : EX_OSERR;
    if (probe.pause)
        event_free(probe.pause);
    command_context_close(&probe.context);
    return status;
}
