/* twilio-autojoin setup: makes Twilio send its webhooks to us. */
#include "build.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/setup_event_stream.h"
#include "commands/setup_retries.h"
#include "commands/setup_shared_key.h"
#include "commands/setup_timers.h"
#include "commands/setup_webhook.h"
#include "support/quantity.h"

static const char usage[] =
    "Usage: twilio-autojoin setup [--url URL] [--level service|account] [--retries N]\n"
    "                             [--method METHOD] [--events LIST] [--closed-timer P7D]\n"
    "                             [--inactive-timer PT1H] [--replace] [--restore]\n"
    "                             [--event-stream] [--shared-key [--share N]]\n"
    "                             [--dry-run] [--yes]\n"
    "       twilio-autojoin setup --shared-key|--event-stream --undo [--dry-run] [--yes]\n"
    "\n"
    "Makes Twilio send its webhooks to our URL, and shows the difference first.\n"
    "\n"
    "  --url URL         the webhook URL (AUTOJOIN_PUBLIC_URL)\n"
    "  --level LEVEL     the service's settings (default), or the account's; our URL is taken out\n"
    "                    of the other one, so that no event comes twice\n"
    "  --method METHOD   POST (default) or GET, which the responder refuses: to undo\n"
    "  --events LIST     exactly these events, comma-separated, or \"none\"; by default those of\n"
    "                    AUTOJOIN_EVENTS and onParticipantRemoved join those that are there\n"
    "  --retries N       how often Twilio repeats a webhook that failed: 0 to 3\n"
    "  --closed-timer D, --inactive-timer D\n"
    "                    close, or set aside, conversations after that time without a message, so\n"
    "                    that the bot never meets Twilio's limit of 1000; ISO 8601 or \"none\"; for\n"
    "                    the account\n"
    "  --replace         overwrite a URL that is somebody else's\n"
    "  --restore         as the lines of undoing have it: URL and events as they were, whatever\n"
    "                    they are, and nothing of the other level\n"
    "  --event-stream    have Event Streams send to our URL, too: what reached nobody comes again\n"
    "                    for four hours\n"
    "  --shared-key      have Twilio sign by a new SharedKey, by a Webhook Rule for our URL alone,\n"
    "                    and write the key into AUTOJOIN_SHARED_KEYS before; called again, rotate\n"
    "  --share N         that key signs N percent (100), what signs today the rest\n"
    "  --undo            take back what --shared-key or --event-stream made\n"
    "  --dry-run         show the difference and stop\n"
    "  --yes             do not ask\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin setup --dry-run\n"
    "    twilio-autojoin setup --retries 3\n"
    "\n"
    "Exit status: 0 done or nothing to do, 1 not done.\n";

/* Whether anything of the webhook was asked for: with nothing at all it is. */
static bool wants_webhook(const struct setup_options *options)
{
    bool other = options->retries || options->closed_timer || options->inactive_timer || options->shared_key ||
                 options->event_stream;

    if (options->undo)
        return false;
    return options->url || options->level || options->method || options->events || options->replace || !other;
}

/* What is wrong with the options, said on standard error. */
static bool is_wrong(struct setup *setup, bool webhook)
{
    struct setup_options *options = &setup->options;
    const char *wrong = NULL;
    char event[SETUP_WEBHOOK_WRONG_SIZE];

    if (options->url)
        wrong = setup_webhook_judge_url(options->url, options->restore);
    if (!wrong && options->events && !options->restore) {
        setup_webhook_judge_events(options->events, event, sizeof event);
        wrong = *event ? event : NULL;
    }
    if (!wrong && options->undo && !options->shared_key && !options->event_stream)
        wrong = "--undo goes with --shared-key or --event-stream; what else was set has a line of undoing";
    if (!wrong && options->undo && (options->retries || options->closed_timer || options->inactive_timer))
        wrong = "--undo goes with --shared-key and --event-stream alone";
    if (!wrong && options->share && !options->shared_key)
        wrong = "--share goes with --shared-key";
    if (webhook && !options->url)
        options->url = setup->context.config.public_url;
    if (webhook && !options->url)
        wrong = "which URL? Give --url or set AUTOJOIN_PUBLIC_URL";
    if (wrong)
        fprintf(stderr, "twilio-autojoin: %s\n", wrong);
    return wrong != NULL;
}

static bool needs_service(const struct setup_options *options, bool webhook)
{
    return webhook || options->retries || options->closed_timer || options->inactive_timer;
}

/* Everything that was asked for, until something is not done. */
static int run(struct setup *setup)
{
    struct setup_options *options = &setup->options;
    bool webhook = wants_webhook(options);
    struct ask_answer failure;
    int status = COMMAND_OK;

    if (is_wrong(setup, webhook))
        return EX_USAGE;
    if (needs_service(options, webhook) &&
        !check_account_service(&setup->context.asker, &setup->context.config, &setup->service,
                               &failure)) {
        fprintf(stderr, "twilio-autojoin: %s\n", failure.message);
        return COMMAND_LEFT;
    }
    if (webhook)
        status = setup_webhook(setup);
    if (status == COMMAND_OK && options->retries)
        status = setup_retries(setup);
    if (status == COMMAND_OK && (options->closed_timer || options->inactive_timer))
        status = setup_timers(setup);
    if (status == COMMAND_OK && options->event_stream)
        status = options->undo ? setup_event_stream_undo(setup) : setup_event_stream(setup);
    /* Last, for it has signals end what it waits for. */
    if (status == COMMAND_OK && options->shared_key)
        status = options->undo ? setup_shared_key_undo(setup) : setup_shared_key(setup);
    return status;
}

static const char *take_option(void *argument, int option)
{
    struct setup_options *options = argument;
    uint64_t number;

    switch (option) {
    case 'u':
        options->url = optarg;
        return NULL;
    case 'l':
        options->level = optarg;
        return strcmp(optarg, "service") == 0 || strcmp(optarg, "account") == 0 ? NULL : "";
    case 'r':
        options->retries = optarg;
        return quantity_parse_number(optarg, SETUP_RETRIES_MOST, &number) ? NULL : "--retries must be 0 to 3";
    case 'c':
        options->closed_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0 ? NULL : "";
    case 'i':
        options->inactive_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0 ? NULL : "";
    case 'm':
        options->method = optarg;
        return strcmp(optarg, "POST") == 0 || strcmp(optarg, "GET") == 0 ? NULL : "";
    case 'e':
        options->events = optarg;
        return NULL;
    case 'R':
        options->replace = true;
        return NULL;
    case 'o':
        options->restore = options->replace = true;
        return NULL;
    case 'k':
        options->shared_key = true;
        return NULL;
    case 'S':
        options->share = optarg;
        return quantity_parse_number(optarg, 100, &number) && number > 0 ? NULL : "--share must be 1 to 100";
    case 'E':
        options->event_stream = true;
        return NULL;
    case 'U':
        options->undo = true;
        return NULL;
    case 'n':
        options->dry_run = true;
        return NULL;
    case 'y':
        options->yes = true;
        return NULL;
    default:
        return "";
    }
}

/* Reads the command line. False if that is all there is to do, with the exit status. */
static bool read_options(struct setup_options *options, int argc, char **argv, int *status)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},
        {"level", required_argument, NULL, 'l'},
        {"retries", required_argument, NULL, 'r'},
        {"closed-timer", required_argument, NULL, 'c'},
        {"inactive-timer", required_argument, NULL, 'i'},
        {"method", required_argument, NULL, 'm'},
        {"events", required_argument, NULL, 'e'},
        {"replace", no_argument, NULL, 'R'},
        {"restore", no_argument, NULL, 'o'},
        {"shared-key", no_argument, NULL, 'k'},
        {"share", required_argument, NULL, 'S'},
        {"event-stream", no_argument, NULL, 'E'},
        {"undo", no_argument, NULL, 'U'},
        {"dry-run", no_argument, NULL, 'n'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};

    *options = (struct setup_options){.url = NULL};
    return command_line_read(&line, argc, argv, options, status);
}

static void remember_environment(struct setup *setup)
{
    const char *keys = getenv("AUTOJOIN_SHARED_KEYS"), *file = getenv("AUTOJOIN_SHARED_KEYS_FILE");

    snprintf(setup->environment_keys, sizeof setup->environment_keys, "%s", keys && *keys ? "1" : "");
    snprintf(setup->environment_keys_file, sizeof setup->environment_keys_file, "%s", file ? file : "");
}

int setup_command(int argc, char **argv)
{
    struct setup setup = {0};
    int status = EX_OK;

    if (!read_options(&setup.options, argc, argv, &status))
        return status;
    remember_environment(&setup); /* before it is forgotten */
    status = command_context_open(&setup.context, COMMAND_CONTEXT_TWILIO);
    if (status == EX_OK)
        status = run(&setup);
    command_context_close(&setup.context);
    return status;
}
