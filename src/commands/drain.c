/* twilio-autojoin drain: finishes the joins that are left in the spool. */
#include "build.h"

#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/drain_run.h"
#include "commands/command_context.h"

static const char usage[] =
    "Usage: twilio-autojoin drain [--watch | --due] [--failed] [--dry-run] [--rejoin] [--json]\n"
    "\n"
    "Finishes the joins that are left in the spool (AUTOJOIN_SPOOL_DIR): every ticket once, now.\n"
    "\n"
    "  --due       only the tickets whose time has come (for a timer)\n"
    "  --watch     go on for ever: due tickets, and new ones as they appear\n"
    "  --failed    also what was given up (failed/): taken back, and tried as if new\n"
    "  --dry-run   show the tickets, call nobody\n"
    "  --rejoin    also conversations that the bot was removed from\n"
    "  --json      one JSON object a line\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin drain\n"
    "    twilio-autojoin drain --failed\n"
    "\n"
    "Exit status: 0 nothing is left, 1 tickets are left, 71 memory ran out, 74 the spool cannot\n"
    "be used, 78 the settings are faulty.\n";

static const char *take_option(void *argument, int option)
{
    struct drain_options *options = argument;

    switch (option) {
    case 'd':
        options->due_only = true;
        return NULL;
    case 'w':
        options->watch = options->due_only = true;
        return NULL;
    case 'n':
        options->dry_run = true;
        return NULL;
    case 'f':
        options->failed = true;
        return NULL;
    case 'r':
        options->rejoin = true;
        return NULL;
    case 'j':
        options->json = true;
        return NULL;
    default:
        return "";
    }
}

/* Gives tickets that were given up another time. False if the spool cannot be used. */
static bool take_back_failed(struct spool *spool, const char *directory)
{
    uint64_t taken;
    enum spool_status status = spool_take_back_failed(spool, &taken);

    if (taken > 0 || status == SPOOL_OK)
        fprintf(stderr, "twilio-autojoin: %" PRIu64 " taken back from failed/\n", taken);
    if (status == SPOOL_FULL) /* what waits is drained all the same, and then there is room */
        fprintf(stderr, "twilio-autojoin: the others stay in failed/: %s\n",
                spool_describe(spool, status));
    if (status == SPOOL_OK || status == SPOOL_FULL)
        return true;
    fprintf(stderr, "twilio-autojoin: %s: %s\n", directory, spool_describe(spool, status));
    return false;
}

int drain_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"due", no_argument, NULL, 'd'},     {"watch", no_argument, NULL, 'w'},
        {"dry-run", no_argument, NULL, 'n'}, {"rejoin", no_argument, NULL, 'r'},
        {"failed", no_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},    {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct drain_options options = {0};
    struct command_context context;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    status = command_context_open(&context, COMMAND_CONTEXT_TWILIO | COMMAND_CONTEXT_SPOOL);
    if (status == EX_OK && !context.spool) {
        fputs("twilio-autojoin: AUTOJOIN_SPOOL_DIR is not set: there is nothing to drain\n", stderr);
        status = EX_CONFIG;
    }
    if (status == EX_OK && options.failed && !options.dry_run &&
        !take_back_failed(context.spool, context.config.spool_dir))
        status = EX_IOERR;
    if (status == EX_OK)
        status = drain_run(&context, &options);
    command_context_close(&context);
    return status;
}
