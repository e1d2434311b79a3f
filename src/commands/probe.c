/* twilio-autojoin probe: the whole round trip, on the real account. */
#include "build.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/account.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/confirm.h"
#include "commands/jsonline.h"
#include "commands/workplace.h"
#include "support/clock.h"
#include "support/quantity.h"
#include "twilio/participantpath.h"

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
    "Exit status: 0 the bot came, 1 it did not.\n";

enum { POLL_MS = 100, CLEANUP_TRIES = 3 };

struct probe {
    struct workplace workplace;
    struct sid service;
    struct sid conversation;
    uint64_t timeout_ms;
    int64_t created_us;
    bool yes, json;
    bool interrupted;
};

static bool create(struct probe *probe)
{
    char path[REST_PATH_LIMIT];
    struct rest_order order = {
        .method = REST_POST,
        .path = path,
        .form = "FriendlyName=twilio-autojoin%20probe",
        .header = "X-Twilio-Webhook-Enabled: true", /* actions through REST fire none otherwise */
    };
    struct ask_answer answer;
    const char *sid;
    bool created;

    snprintf(path, sizeof path, "/v1/Services/%s/Conversations", probe->service.text);
    created = ask(&probe->workplace, &order, &answer);
    probe->created_us = clock_monotonic_us();
    sid = ask_text(&answer, "sid");
    if (!created)
        fprintf(stderr, "twilio-autojoin: the conversation cannot be created: %s\n",
                answer.message);
    else if (!sid_copy(&probe->conversation, sid, strlen(sid), "CH"))
        fputs("twilio-autojoin: what came is no conversation\n", stderr);
    ask_forget(&answer);
    return probe->conversation.text[0] != '\0';
}

static void on_pause_over(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

static void pause_a_little(struct workplace *workplace)
{
    struct timeval delay = {.tv_usec = POLL_MS * 1000};

    event_base_once(workplace->base, -1, EV_TIMEOUT, on_pause_over, workplace->base, &delay);
    event_base_dispatch(workplace->base);
}

/* True when the bot is in; the time is from the creation's answer on. */
static bool wait_for_bot(struct probe *probe, int64_t *joined_us)
{
    int64_t until = probe->created_us + (int64_t)probe->timeout_ms * 1000;
    char path[REST_PATH_LIMIT];

    participantpath_identity(path, sizeof path, probe->service.text, probe->conversation.text,
                             probe->workplace.config.identity);
    while (clock_monotonic_us() < until) {
        struct ask_answer answer;
        bool there = ask_get(&probe->workplace, &answer, "%s", path);

        *joined_us = clock_monotonic_us() - probe->created_us;
        probe->interrupted = answer.interrupted;
        ask_forget(&answer);
        if (there || probe->interrupted)
            return there;
        pause_a_little(&probe->workplace);
    }
    return false;
}

/* Also when we were interrupted: what we made, we remove. */
static bool clean_up(struct probe *probe)
{
    char path[REST_PATH_LIMIT];
    struct rest_order order = {.method = REST_DELETE, .path = path};
    unsigned tries;

    snprintf(path, sizeof path, "/v1/Services/%s/Conversations/%s", probe->service.text,
             probe->conversation.text);
    for (tries = 0; tries < CLEANUP_TRIES; tries++) {
        struct ask_answer answer;
        bool gone = ask(&probe->workplace, &order, &answer) || answer.http_status == 404;

        ask_forget(&answer);
        if (gone)
            return true;
        pause_a_little(&probe->workplace);
    }
    fprintf(stderr, "twilio-autojoin: %s could not be deleted: please do so\n",
            probe->conversation.text);
    return false;
}

static void report(const struct probe *probe, bool joined, int64_t joined_us, bool cleaned)
{
    if (probe->json)
        jsonline_print(json_pack("{s:s, s:b, s:I, s:b}", "conversation", probe->conversation.text,
                                 "joined", joined, "ms", (json_int_t)(joined_us / 1000), "deleted",
                                 cleaned));
    else if (joined)
        printf("The bot was in %s after %lld ms.\n", probe->conversation.text,
               (long long)joined_us / 1000);
    else
        printf("The bot did not come to %s%s. See: twilio-autojoin check\n",
               probe->conversation.text, probe->interrupted ? " before we were interrupted" : "");
}

static int run(struct probe *probe)
{
    char message[256];
    int64_t joined_us = 0;
    bool joined, cleaned;

    if (!account_service(&probe->workplace, &probe->service, message)) {
        fprintf(stderr, "twilio-autojoin: %s\n", message);
        return COMMAND_LEFT;
    }
    if (!probe->json)
        printf("This creates a conversation named \"twilio-autojoin probe\" in %s and deletes it "
               "again.\n",
               probe->service.text);
    if (!confirm("account for a moment", probe->yes) || !create(probe))
        return COMMAND_LEFT;
    joined = wait_for_bot(probe, &joined_us);
    cleaned = clean_up(probe);
    report(probe, joined, joined_us, cleaned);
    return joined && cleaned ? COMMAND_OK : COMMAND_LEFT;
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
    struct probe probe = {.timeout_ms = 15000};
    bool good = true;
    int option, status;

    while (good && (option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return EX_OK;
        }
        probe.yes = probe.yes || option == 'y';
        probe.json = probe.json || option == 'j';
        good = option == 'y' || option == 'j' ||
               (option == 't' &&
                quantity_parse_duration(optarg, 1000, 3600 * 1000, &probe.timeout_ms));
    }
    if (!good || optind < argc) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    status = workplace_open(&probe.workplace, WORKPLACE_TWILIO);
    if (status == EX_OK && !workplace_end_on_signals(&probe.workplace))
        status = EX_OSERR;
    if (status == EX_OK)
        status = run(&probe);
    workplace_close(&probe.workplace);
    return status;
}
