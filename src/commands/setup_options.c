#include "build.h"

#include "commands/setup_options.h"

#include <stdint.h>
#include <string.h>

#include "commands/command_line.h"
#include "support/quantity.h"

static const char usage[] =
    "Usage: twilio-autojoin setup [--url URL] [--level service|account] [--retries N]\n"
    "                             [--method METHOD] [--events LIST] [--closed-timer P7D]\n"
    "                             [--inactive-timer PT1H] [--replace] [--dry-run] [--yes]\n"
    "\n"
    "Makes Twilio send onConversationAdded to our URL, and shows the difference first.\n"
    "\n"
    "  --url URL         the webhook URL (AUTOJOIN_PUBLIC_URL)\n"
    "  --level LEVEL     the service's settings (default), or the account's\n"
    "  --method METHOD   POST (default) or GET, which the responder refuses: to undo\n"
    "  --events LIST     exactly these events, comma-separated, or \"none\"; by default\n"
    "                    onConversationAdded joins those that are there\n"
    "  --retries N       how often Twilio repeats a webhook that failed\n"
    "  --closed-timer D, --inactive-timer D\n"
    "                    close, or set aside, conversations after that time without a message, so\n"
    "                    that the bot never meets Twilio's limit of 1000; ISO 8601 or \"none\"; for\n"
    "                    the account\n"
    "  --replace         overwrite a URL that is somebody else's\n"
    "  --dry-run         show the difference and stop\n"
    "  --yes             do not ask\n"
    "\n"
    "Exit status: 0 done or nothing to do, 1 not done.\n";

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
        return quantity_parse_number(optarg, 100, &number) ? NULL : "";
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

bool setup_options_read(struct setup_options *options, int argc, char **argv, int *status)
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
        {"dry-run", no_argument, NULL, 'n'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};

    *options = (struct setup_options){.level = "service"};
    return command_line_read(&line, argc, argv, options, status);
}
