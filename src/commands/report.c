/* twilio-autojoin report: a file for somebody who helps. */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_context.h"
#include "commands/command_line.h"
#include "commands/report_scrub.h"
#include "commands/report_text.h"
#include "support/clock.h"

enum { NAME_SIZE = 64, REPORT_LIMIT = 2 * REPORT_TEXT_LIMIT };

static const char usage[] =
    "Usage: twilio-autojoin report [--output FILE] [--log FILE] [--offline] [--yes]\n"
    "\n"
    "Writes a file that can be sent to somebody who helps: versions, settings, what check, status\n"
    "and stats say, and what happened according to the last log lines. Without secrets and without\n"
    "anything personal: of identities, SIDs, phone numbers and the like it only says that they are\n"
    "there. Shows all of it first, and asks.\n"
    "\n"
    "  --output FILE   its name, otherwise twilio-autojoin-report-TIME.txt here\n"
    "  --log FILE      the log to take lines from, as the web server's error log; otherwise systemd's\n"
    "                  journal of our services\n"
    "  --offline       ask neither Twilio nor the public URL\n"
    "  --yes           write it without asking\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin report\n"
    "    twilio-autojoin report --log /var/log/lighttpd/error.log --output report.txt\n"
    "\n"
    "Exit status: 0 written, 1 not written because nobody said yes, 73 it cannot be written.\n";

struct report_options {
    const char *output, *log;
    bool offline, yes;
};

static const char *take_option(void *argument, int option)
{
    struct report_options *options = argument;

    switch (option) {
    case 'o':
        options->output = optarg;
        break;
    case 'l':
        options->log = optarg;
        break;
    case 'f':
        options->offline = true;
        break;
    default:
        options->yes = true;
    }
    return NULL;
}

static void name_it(char name[NAME_SIZE])
{
    char now[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), now);
    snprintf(name, NAME_SIZE, "twilio-autojoin-report-%.4s%.2s%.2s-%.2s%.2s%.2s.txt", now, now + 5, now + 8, now + 11,
             now + 14, now + 17);
}

/* Whoever reads it has seen it. */
static bool confirm(const char *name, bool yes)
{
    char answer[16] = "";

    if (yes)
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fputs("twilio-autojoin: report: not on a terminal: --yes is needed to write it\n", stderr);
        return false;
    }
    printf("\nThat is all of it. Write it to %s? [y/N] ", name);
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* A new file, for its owner alone; never over another one. */
static int write_report(const char *name, const struct buffer *report)
{
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), status = EX_OK;

    if (descriptor < 0 || !buffer_write_all(descriptor, report)) {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", name, strerror(errno));
        status = EX_CANTCREAT;
    }
    if (descriptor >= 0 && close(descriptor) != 0 && status == EX_OK)
        status = EX_CANTCREAT;
    return status;
}

static int finish(const struct report_options *options, const struct buffer *report)
{
    char own[NAME_SIZE];
    const char *name = options->output;
    int status;

    if (buffer_status(report) != BUFFER_OK) {
        fputs("twilio-autojoin: report: out of memory, or too long\n", stderr);
        return EX_OSERR;
    }
    if (!name) {
        name_it(own);
        name = own;
    }
    fputs(buffer_string(report), stdout);
    fflush(stdout);
    if (!confirm(name, options->yes))
        return COMMAND_LEFT;
    status = write_report(name, report);
    if (status == EX_OK)
        printf("\nWritten to %s\n", name);
    return status;
}

int report_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'}, {"log", required_argument, NULL, 'l'},
        {"offline", no_argument, NULL, 'f'},      {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct report_options options = {.output = NULL};
    struct command_context context;
    struct buffer raw, report;
    char now[CLOCK_TEXT_SIZE];
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    buffer_init_secret(&raw, REPORT_TEXT_LIMIT);
    buffer_init(&report, REPORT_LIMIT);
    report_text_gather(&raw, options.log, options.offline);
    status = command_context_open(&context, COMMAND_CONTEXT_SETTINGS);
    if (status == EX_OK) {
        clock_format(clock_wall_ms(), now);
        buffer_append_format(&report, "twilio-autojoin report, %s\n\n", now);
        report_text_settings(&report, &context.config, &context.faults);
        report_scrub(&report, buffer_string(&raw), &context.config);
        status = finish(&options, &report);
    }
    buffer_free(&report);
    buffer_free(&raw);
    command_context_close(&context);
    return status;
}
