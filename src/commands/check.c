/* twilio-autojoin check: what would keep the bot from joining? */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/check_files.h"
#include "commands/check_public.h"
#include "commands/check_settings.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/check_finding.h"
#include "commands/command_context.h"
#include "webhook/public_url.h"

static const char usage[] =
    "Usage: twilio-autojoin check [--offline] [--json]\n"
    "\n"
    "Says what would keep the bot from joining: settings, spool, credentials, clock, webhook\n"
    "configuration of account and service, addresses, the bot's number of conversations,\n"
    "and whether the public URL leads to our responder. Changes nothing.\n"
    "\n"
    "  --offline   only what needs no network\n"
    "  --json      one JSON object a line\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin check\n"
    "    twilio-autojoin check --json | jq -r 'select(.verdict == \"fail\").fix'\n"
    "\n"
    "Exit status: 0 nothing failed (there may be warnings), 1 something failed or check was\n"
    "interrupted, 64 wrong use, 71 memory ran out, 74 the findings could not be written.\n";

struct check_options {
    bool offline, json;
};

static const char *take_option(void *argument, int option)
{
    struct check_options *options = argument;

    options->offline = options->offline || option == 'o';
    options->json = options->json || option == 'j';
    return NULL;
}

int check_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"offline", no_argument, NULL, 'o'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct check_options options = {false, false};
    struct findings findings;
    struct check_files files;
    struct check_settings_place place;
    struct buffer sent_to; /* the URL that Twilio sends to */
    struct command_context context;
    bool sound;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    findings_begin(&findings, options.json);
    place.path = getenv("AUTOJOIN_CONFIG"); /* the pointer outlives clearenv() */
    check_files_look(&files);
    place.user = files.user;
    place.group = files.group;
    place.why = files.why;
    status = command_context_open(&context, COMMAND_CONTEXT_TWILIO | COMMAND_CONTEXT_TOLERANT);
    if (status != EX_OK)
        goto out;
    sound = check_settings(&findings, &context.config, &context.faults, &place);
    check_files_tell(&files, &findings);
    if (sound && !options.offline && command_context_end_on_signals(&context)) {
        buffer_init(&sent_to, PUBLIC_URL_LIMIT);
        check_account(&findings, &context, &sent_to);
        check_public(&findings, &context, buffer_string(&sent_to), place.path);
        buffer_free(&sent_to);
    }
    if (context.signalled)
        findings_add(&findings, FINDING_WARN, "check", "run it again", "was interrupted: not all was looked at");
    findings_end(&findings);
    status = findings.counts[FINDING_FAIL] > 0 || context.signalled ? COMMAND_LEFT : COMMAND_OK;
    if (fflush(stdout) != 0 || ferror(stdout)) { /* nobody has read that all is well */
        fprintf(stderr, "twilio-autojoin: standard output: %s\n", strerror(errno));
        status = EX_IOERR;
    }
out:
    check_files_free(&files);
    command_context_close(&context);
    return status;
}
