/* twilio-autojoin probe: the whole round trip, on the real account. */
#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/check_responder.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/command_context.h"
#include "commands/probe_conversation.h"
#include "commands/probe_evidence.h"
#include "commands/terminal_text.h"
#include "support/clock.h"
#include "support/quantity.h"
#include "twilio/ask.h"
#include "twilio/pager.h"
#include "twilio/resources.h"

static const char usage[] =
    "Usage: twilio-autojoin probe [--timeout DURATION] [--yes] [--json]\n"
    "\n"
    "Creates a conversation on the account, with webhooks enabled, waits until the bot is in it, says\n"
    "how long that took and by which key its webhook was proved, and deletes the conversation again. No\n"
    "message is sent to anybody. If the bot does not come: who is in it instead, what became of the\n"
    "webhook, and whether the responder runs with other settings.\n"
    "\n"
    "  --timeout DURATION   how long to wait for the bot (15s)\n"
    "  --yes                do not ask\n"
    "  --json               one JSON object\n"
    "\n"
    "Ctrl-C has it delete the conversation and end, a second one ends it at once.\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin probe\n"
    "    twilio-autojoin probe --yes --timeout 30s\n"
    "\n"
    "Exit status: 0 the bot came, 1 it did not.\n";

enum { POLL_MS = 100, COUNTED_WITHIN_MS = 1000, TEXT_SIZE = 512 };

struct probe {
    struct command_context context;
    struct probe_conversation conversation;
    struct probe_evidence evidence;
    char unseen[ASK_MESSAGE_SIZE]; /* why it could not be looked whether the bot is in; "" if it could */
    char others[TEXT_SIZE];        /* who is in it instead */
    uint64_t timeout_ms;
    int64_t joined_us; /* from the creation's answer on */
    bool joined, cleaned, yes, json;
};

/* Looks once; `wait_ms` gets the time until the next look. A key that may not look will not find it however
 * long it looks, and a Twilio that wants to be left alone is. */
static bool is_in(struct probe *probe, const char *identity, int64_t timeout_ms, int64_t *wait_ms)
{
    char path[REST_PATH_LIMIT];
    const struct rest_request request = {.method = REST_GET, .path = path, .timeout_ms = timeout_ms};
    struct ask_answer answer;
    bool there;

    *wait_ms = POLL_MS;
    if (!resources_participant(path, sizeof path, probe->conversation.service.text, probe->conversation.sid.text,
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

/* Until the bot is in, or for as long as was asked. */
static void wait_for_bot(struct probe *probe)
{
    const struct config *config = &probe->context.config;
    size_t look;

    for (look = 0; !probe->joined && !probe->context.signalled && !probe->unseen[0]; look++) {
        int64_t wait_ms, left_ms = (int64_t)probe->timeout_ms -
                          (clock_monotonic_us() - probe->conversation.created_us) / 1000;

        if (left_ms <= 0)
            break;
        probe->joined = is_in(probe, config_identity(config, look % config_identity_count(config)),
                              left_ms, &wait_ms);
        probe->joined_us = clock_monotonic_us() - probe->conversation.created_us;
        if (!probe->joined && !probe->unseen[0])
            probe_conversation_pause(&probe->conversation, wait_ms < left_ms ? wait_ms : left_ms);
    }
}

/* The responder counts a webhook when it has answered it, a moment after the bot is in. */
static void wait_for_counts(struct probe *probe)
{
    int64_t until = clock_monotonic_ms() + COUNTED_WITHIN_MS;

    while (!probe_evidence_look(&probe->evidence) && probe->evidence.stats && probe->joined &&
           !probe->context.signalled && clock_monotonic_ms() < until)
        probe_conversation_pause(&probe->conversation, POLL_MS / 2);
}

/* A line for people, wrapped to their terminal. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[2 * TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    terminal_text_print(stdout, text, 0, 0);
}

static void print_keys(const struct probe *probe)
{
    const char *keys[PROBE_KEYS];
    size_t i, count = probe_evidence_keys(&probe->evidence, keys);

    if (probe->evidence.unread) {
        say("By which key its webhook was proved cannot be told: %s.", probe->evidence.unread);
        return;
    }
    if (count == 0) {
        say("By which key its webhook was proved cannot be told: AUTOJOIN_STATS_FILE counted none (another host's "
            "responder, or an event of Event Streams?).");
        return;
    }
    fputs("Its webhook was proved by ", stdout);
    for (i = 0; i < count; i++)
        printf("%s%s", i > 0 ? " or " : "", keys[i]);
    puts(count > 1 ? ": others came at the same time." : ".");
}

/* Why it did not come, as far as that can be told. */
static void print_causes(struct probe *probe)
{
    const char *settings = probe->context.config.path;
    char text[TEXT_SIZE];

    if (probe->others[0])
        say("In it was, instead of the bot: %s", probe->others);
    probe_evidence_webhook(&probe->evidence, text, sizeof text);
    if (text[0])
        say("The last webhook was %s", text);
    if (probe_evidence_settings(&probe->evidence) == CHECK_RESPONDER_OTHER_SETTINGS) {
        check_responder_restart(text, sizeof text, settings, true);
        say("The running responder has other settings than %s. Reload or restart it: %s",
            settings ? settings : "the environment", text);
    } else {
        puts("See: twilio-autojoin check");
    }
}

static void report_json(const struct probe *probe)
{
    const char *keys[PROBE_KEYS];
    size_t i, count = probe_evidence_keys(&probe->evidence, keys);
    json_t *proved = probe->evidence.unread ? json_null() : json_array(); /* null: cannot be told */

    for (i = 0; i < count; i++)
        json_array_append_new(proved, json_string(keys[i]));
    command_line_print_json(json_pack("{s:s, s:b, s:I, s:b, s:o, s:s}", "conversation", probe->conversation.sid.text,
                                      "joined", probe->joined, "ms",
                                      (json_int_t)(probe->joined ? probe->joined_us / 1000 : 0), "deleted",
                                      probe->cleaned, "proved_by", proved, "instead", probe->others));
}

static void report(struct probe *probe)
{
    const struct probe_conversation *made = &probe->conversation;
    const char *name = made->sid.text[0] ? made->sid.text : made->unique_name;

    if (probe->json) {
        report_json(probe);
    } else if (probe->joined) {
        printf("The bot was in %s after %lld ms.\n", name, (long long)probe->joined_us / 1000);
        print_keys(probe);
    } else if (probe->unseen[0]) {
        say("Whether the bot came to %s cannot be seen: %s", name, probe->unseen);
    } else if (probe->context.signalled) {
        printf("The bot did not come to %s before we were interrupted.\n", name);
    } else {
        printf("The bot did not come to %s within %llu ms.\n", name, (unsigned long long)probe->timeout_ms);
        print_causes(probe);
    }
}

/* NULL, or why nothing that is made here would be joined. */
static const char *why_in_vain(const struct config *config, enum probe_occasion occasion)
{
    size_t i;

    if (!config->enabled)
        return "TWILIO_ENABLED=false: nothing is joined";
    if (occasion == PROBE_OCCASION_NONE)
        return "of AUTOJOIN_EVENTS none can be had without somebody else: onConversationAdded, onMessageAdded and "
               "onConversationStateUpdated can";
    for (i = 0; i < config->sources.count; i++)
        if (strcmp(config->sources.items[i], "API") == 0)
            return NULL;
    return config->sources.count > 0
               ? "what is made through REST has the Source API, and AUTOJOIN_SOURCES leaves that out: add API to it for "
                 "the time of the probe and restart the responder, or send a text to the number"
               : NULL;
}

static void announce(const struct probe *probe, enum probe_occasion occasion)
{
    say("This creates a conversation named \"twilio-autojoin probe\" in %s%s and deletes it again.",
        probe->conversation.service.text,
        occasion == PROBE_OCCASION_MESSAGE ? ", puts a message into it, which reaches nobody,"
        : occasion == PROBE_OCCASION_STATE ? ", makes it inactive and active"
                                           : "");
}

/* What was begun is ended, interrupted or not. */
static void go_round(struct probe *probe, enum probe_occasion occasion)
{
    struct probe_conversation *made = &probe->conversation;

    if (made->sid.text[0] && probe_conversation_stir(made, occasion)) {
        wait_for_bot(probe);
        wait_for_counts(probe);
    }
    if (!probe->joined && !probe->context.signalled && !probe->unseen[0])
        probe_conversation_list(made, probe->others, sizeof probe->others);
    probe->cleaned = probe_conversation_remove(made);
    report(probe);
}

static int run(struct probe *probe)
{
    const struct config *config = &probe->context.config;
    enum probe_occasion occasion = probe_conversation_occasion(config);
    const char *in_vain = why_in_vain(config, occasion);
    struct ask_answer failure;

    if (in_vain) {
        fprintf(stderr, "twilio-autojoin: %s\n", in_vain);
        return COMMAND_LEFT;
    }
    if (!check_account_service(&probe->context.asker, config, &probe->conversation.service, &failure)) {
        fprintf(stderr, "twilio-autojoin: %s\n", failure.message);
        return COMMAND_LEFT;
    }
    if (!probe->json)
        announce(probe, occasion);
    /* Until here Ctrl-C simply ends us; from here on it must not leave a conversation behind. */
    if (!command_line_confirm("account for a moment", probe->yes) ||
        !command_context_end_on_signals(&probe->context))
        return COMMAND_LEFT;
    probe_evidence_open(&probe->evidence, config);
    if (!probe_conversation_create(&probe->conversation))
        return COMMAND_LEFT;
    go_round(probe, occasion);
    return probe->joined && probe->cleaned ? COMMAND_OK : COMMAND_LEFT;
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
        status = probe_conversation_open(&probe.conversation, &probe.context) ? run(&probe) : EX_OSERR;
    probe_evidence_close(&probe.evidence);
    probe_conversation_close(&probe.conversation);
    command_context_close(&probe.context);
    return status;
}
