/* twilio-autojoin stats: the counters of all processes. */
#include "build.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/statsreport.h"
#include "commands/workplace.h"

static const char usage[] =
    "Usage: twilio-autojoin stats [--watch | --prometheus | --json]\n"
    "\n"
    "Shows what all responders counted (AUTOJOIN_STATS_FILE), and the spool.\n"
    "\n"
    "  --watch        show it again every second, until interrupted\n"
    "  --prometheus   in Prometheus' text format, for node_exporter's textfile collector\n"
    "  --json         as one JSON object\n"
    "\n"
    "Exit status: 0 shown, 66 there is no such file, 78 no AUTOJOIN_STATS_FILE.\n";

static int show(const struct workplace *workplace, struct stats *stats, enum statsreport_form form)
{
    struct statsreport report;

    if (!stats_read(stats, &report.counted)) {
        fprintf(stderr, "twilio-autojoin: %s: was shortened just now\n", workplace->config.stats_file);
        return EX_NOINPUT;
    }
    statsreport_look_at_spool(&report, workplace->spool);
    statsreport_print(&report, form);
    return EX_OK;
}

static void on_second(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

/* Redraws in place; a signal ends it. */
static int watch(struct workplace *workplace, struct stats *stats)
{
    const struct timeval second = {.tv_sec = 1};
    bool terminal = isatty(STDOUT_FILENO);
    int status;

    workplace->base = event_base_new();
    if (!workplace->base || !workplace_end_on_signals(workplace))
        return EX_OSERR;
    do {
        if (terminal)
            fputs("\033[H\033[2J", stdout);
        status = show(workplace, stats, STATSREPORT_TABLE);
        fflush(stdout);
        if (status != EX_OK)
            return status;
        event_base_once(workplace->base, -1, EV_TIMEOUT, on_second, workplace->base, &second);
        event_base_dispatch(workplace->base);
    } while (!workplace->signalled);
    return EX_OK;
}

static int run(struct workplace *workplace, bool watching, enum statsreport_form form)
{
    const char *path = workplace->config.stats_file;
    struct stats *stats;
    enum stats_status opened;
    int status;

    if (!path) {
        fputs("twilio-autojoin: AUTOJOIN_STATS_FILE is not set: nothing is counted\n", stderr);
        return EX_CONFIG;
    }
    opened = stats_open_for_reading(&stats, path);
    if (opened != STATS_OK) {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", path, stats_describe(opened));
        return EX_NOINPUT;
    }
    status = watching ? watch(workplace, stats) : show(workplace, stats, form);
    stats_close(stats);
    return status;
}

struct stats_options {
    enum statsreport_form form;
    bool watching;
};

static const char *take_option(void *argument, int option)
{
    struct stats_options *options = argument;

    if (option == 'w')
        options->watching = true;
    else
        options->form = option == 'p' ? STATSREPORT_PROMETHEUS : STATSREPORT_JSON;
    return NULL;
}

int stats_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"watch", no_argument, NULL, 'w'}, {"prometheus", no_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct stats_options options = {STATSREPORT_TABLE, false};
    struct workplace workplace;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    status = workplace_open(&workplace, WORKPLACE_SPOOL | WORKPLACE_TOLERANT);
    if (status == EX_OK)
        status = run(&workplace, options.watching, options.form);
    workplace_close(&workplace);
    return status;
}
