/* twilio-autojoin status: one screen that says how it stands, and the one thing to do. */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_context.h"
#include "commands/command_line.h"
#include "commands/status_show.h"
#include "commands/terminal_text.h"
#include "support/clock.h"

enum { EVERY_MS = 2000, LOOK_EVERY_MS = 30000 };

static const char usage[] =
    "Usage: twilio-autojoin status [--watch] [--offline] [--json]\n"
    "\n"
    "Says on one screen how it stands: whether it works and since when, which responders run and\n"
    "with which settings, what became of the last webhooks, what waits in the spool, where Twilio\n"
    "sends; and ends with the one thing to do. Changes nothing.\n"
    "\n"
    "  --watch     show it again every two seconds, until interrupted\n"
    "  --offline   ask neither Twilio nor the public URL\n"
    "  --json      as one JSON object a line\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin status\n"
    "    twilio-autojoin status --json | jq -r .todo\n"
    "\n"
    "Exit status: 0 unless it does not work, 1 if it does not, 74 the page could not be\n"
    "written.\n";

struct status_options {
    bool watch, offline, json;
};

static const char *take_option(void *argument, int option)
{
    struct status_options *options = argument;

    options->watch = options->watch || option == 'w';
    options->offline = options->offline || option == 'o';
    options->json = options->json || option == 'j';
    return NULL;
}

static void on_time(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

static void show(const struct status_facts *facts, const struct status_verdict *verdict,
                 const struct status_options *options)
{
    struct buffer page;

    if (options->json) {
        status_show_json(facts, verdict);
        return;
    }
    buffer_init(&page, STATUS_SHOW_LIMIT);
    status_show_page(&page, facts, verdict);
    if (options->watch && isatty(STDOUT_FILENO))
        terminal_text_redraw(stdout, buffer_string(&page));
    else
        printf("%s%s", buffer_string(&page), options->watch ? "\n" : "");
    fflush(stdout);
    buffer_free(&page);
}

static void look(struct status_facts *facts, const struct command_context *context, const struct status_options *options,
                 int64_t *looked_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    if (context->faults.length > 0) {
        status_look_nowhere(&facts->look, "the settings are faulty");
    } else if (options->offline) {
        status_look_nowhere(&facts->look, "not asked (--offline)");
    } else if (*looked_ms == 0 || now_ms - *looked_ms >= LOOK_EVERY_MS) {
        status_look_around(&facts->look, context);
        *looked_ms = clock_monotonic_ms();
    }
}

static int run(struct command_context *context, const struct status_options *options, const char *settings)
{
    const struct timeval pause = clock_delay(EVERY_MS);
    struct status_facts facts = {.now_ms = 0};
    struct status_verdict verdict;
    int64_t looked_ms = 0;

    if (options->watch && !options->json && isatty(STDOUT_FILENO))
        fputs("\033[2J", stdout);
    for (;;) {
        look(&facts, context, options, &looked_ms);
        status_facts_gather(&facts, context, settings);
        status_verdict_judge(&verdict, &facts);
        if (context->signalled)
            break;
        show(&facts, &verdict, options);
        if (!options->watch || ferror(stdout))
            break;
        event_base_once(context->base, -1, EV_TIMEOUT, on_time, context->base, &pause);
        event_base_dispatch(context->base);
        if (context->signalled)
            break;
    }
    if (options->watch && !options->json && isatty(STDOUT_FILENO))
        putchar('\n');
    return verdict.state == STATUS_NOT_WORKING ? COMMAND_LEFT : COMMAND_OK;
}

int status_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"watch", no_argument, NULL, 'w'}, {"offline", no_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},  {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct status_options options = {.watch = false};
    struct command_context context;
    const char *settings;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    settings = getenv("AUTOJOIN_CONFIG"); /* the pointer outlives clearenv() */
    status = command_context_open(&context,
                                  COMMAND_CONTEXT_TWILIO | COMMAND_CONTEXT_TOLERANT | COMMAND_CONTEXT_SPOOL);
    if (status == EX_OK && !context.base)
        context.base = event_base_new(); /* with faulty settings */
    if (status == EX_OK && (!context.base || !command_context_end_on_signals(&context)))
        status = EX_OSERR;
    if (status == EX_OK)
        status = run(&context, &options, settings);
    if (fflush(stdout) != 0 || ferror(stdout)) { /* nobody has read that all is well */
        fprintf(stderr, "twilio-autojoin: standard output: %s\n", strerror(errno));
        status = EX_IOERR;
    }
    command_context_close(&context);
    return status;
}
