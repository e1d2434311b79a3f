/* twilio-autojoin reconcile: finds the active conversations without the bot, and joins them. */
#include "build.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/reconcile_run.h"
#include "support/clock.h"
#include "support/quantity.h"

static const char usage[] =
    "Usage: twilio-autojoin reconcile [--since DATE] [--dry-run] [--limit N] [--rate N]\n"
    "                                 [--state FILE] [--rejoin] [--yes] [--verbose] [--json]\n"
    "\n"
    "Compares Twilio's active conversations with those the bot is in, and joins the missing ones:\n"
    "what no webhook told us of. The service is TWILIO_CHAT_SERVICE_SID, or the default one.\n"
    "\n"
    "  --since DATE   only conversations created from DATE (YYYY-MM-DD) on, newest first\n"
    "  --dry-run      show what is missing, join nothing\n"
    "  --limit N      join at most N conversations\n"
    "  --rate N       at most N joins a second (25)\n"
    "  --state FILE   remember there how far we came, and go on from there next time\n"
    "  --rejoin       also conversations that the bot was removed from\n"
    "  --yes          do not ask on a terminal whether to join them\n"
    "  --verbose      a line a join on a terminal, too\n"
    "  --json         one JSON object a line\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin reconcile --dry-run\n"
    "    twilio-autojoin reconcile --since 2026-11-01\n"
    "\n"
    "Exit status: 0 the bot is in all of them, 1 some are left, 69 Twilio cannot be asked, 77 it\n"
    "refuses the credentials or the key may not list, 78 the settings are faulty.\n";

static bool is_date(const char *text)
{
    char whole[32], again[CLOCK_TEXT_SIZE];
    int64_t time;

    snprintf(whole, sizeof whole, "%.20sT00:00:00Z", text);
    if (strlen(text) != 10 || !clock_parse(whole, &time))
        return false;
    clock_format(time, again); /* the 31st of February would be a day in March */
    return strncmp(text, again, 10) == 0;
}

static bool take_number(uint64_t *number, const char *text)
{
    return quantity_parse_number(text, 1000000000, number) && *number > 0;
}

static const char *take_option(void *argument, int option)
{
    struct reconcile_options *options = argument;

    switch (option) {
    case 's':
        options->since = optarg;
        return is_date(optarg) ? NULL : "--since takes a date as 2026-01-31";
    case 'n':
        options->dry_run = true;
        return NULL;
    case 'l':
        return take_number(&options->limit, optarg) ? NULL
                                                    : "--limit takes a whole number above 0";
    case 'a':
        return take_number(&options->rate, optarg) ? NULL
                                                   : "--rate takes a whole number above 0";
    case 't':
        options->state_path = optarg;
        return NULL;
    case 'r':
        options->rejoin = true;
        return NULL;
    case 'j':
        options->json = true;
        return NULL;
    case 'y':
        options->ask = false;
        return NULL;
    case 'v':
        options->verbose = true;
        return NULL;
    default:
        return "";
    }
}

int reconcile_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"since", required_argument, NULL, 's'}, {"dry-run", no_argument, NULL, 'n'},
        {"limit", required_argument, NULL, 'l'}, {"rate", required_argument, NULL, 'a'},
        {"state", required_argument, NULL, 't'}, {"rejoin", no_argument, NULL, 'r'},
        {"yes", no_argument, NULL, 'y'},         {"verbose", no_argument, NULL, 'v'},
        {"json", no_argument, NULL, 'j'},        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct reconcile_options options = {.rate = 25, .ask = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    struct command_context context;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    options.ask = options.ask && !options.json; /* which a program reads */
    options.count_first = options.ask || (isatty(STDERR_FILENO) && !options.json);
    status = command_context_open(&context, COMMAND_CONTEXT_TWILIO | COMMAND_CONTEXT_SPOOL);
    if (status == EX_OK)
        status = reconcile_run(&context, &options);
    command_context_close(&context);
    return status;
}
