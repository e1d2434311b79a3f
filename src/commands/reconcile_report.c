#include "build.h"

#include "commands/reconcile_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/command_line.h"
#include "support/clock.h"
#include "spool/spool_attempt.h"

enum { TERMINAL_EVERY_MS = 200, LINE_EVERY_MS = 10000 };

static void leave_line(struct reconcile_report *report)
{
    if (report->on_line)
        fputs("\r\033[K", stderr);
    report->on_line = false;
}

void reconcile_report_progress(struct reconcile_report *report)
{
    bool terminal = isatty(STDERR_FILENO);
    int64_t now = clock_monotonic_ms();

    if (report->shown_ms == 0)
        report->shown_ms = now;
    if (now - report->shown_ms < (terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS))
        return;
    report->shown_ms = now;
    fprintf(stderr,
            "%s%" PRIu64 " conversations looked at, %" PRIu64 " without the bot, %" PRIu64
            " joined%s",
            terminal ? "\r" : "", report->listed, report->missing, report->joined,
            terminal ? "\033[K" : "\n");
    report->on_line = terminal;
}

void reconcile_report_note(struct reconcile_report *report, const char *text)
{
    leave_line(report);
    fprintf(stderr, "twilio-autojoin: %s\n", text);
}

void reconcile_report_missing(struct reconcile_report *report, const char *conversation)
{
    leave_line(report);
    if (report->json)
        command_line_print_json(json_pack("{s:s, s:s}", "conversation", conversation, "result", "missing"));
    else
        printf("%s  missing\n", conversation);
}

void reconcile_report_outcome(struct reconcile_report *report, const char *conversation,
                             const struct join_outcome *outcome)
{
    const char *result = spool_attempt_result_word(outcome->result);
    const char *reason = outcome->reason ? outcome->reason : "";

    report->joined += outcome->result == JOIN_JOINED;
    report->gone += outcome->result == JOIN_GONE;
    report->failed += !spool_attempt_is_settled(outcome->result);
    if (outcome->result == JOIN_ALREADY_JOINED)
        return; /* no news */
    leave_line(report);
    if (report->json)
        command_line_print_json(json_pack("{s:s, s:s, s:s, s:i}", "conversation", conversation, "result", result,
                             "reason", reason, "rest_code", (int)outcome->rest_code));
    else
        printf("%s  %s%s%s\n", conversation, result, *reason ? ": " : "", reason);
}

void reconcile_report_summary(struct reconcile_report *report, const char *stopped)
{
    leave_line(report);
    if (report->json)
        command_line_print_json(json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "listed", (json_int_t)report->listed,
            "missing", (json_int_t)report->missing, "left_alone", (json_int_t)report->left_alone,
            "joined", (json_int_t)report->joined, "gone", (json_int_t)report->gone, "failed",
            (json_int_t)report->failed, "rest_calls", (json_int_t)report->rest_calls, "stopped",
            stopped ? stopped : ""));
    else
        printf("%" PRIu64 " active conversations, %" PRIu64 " %s, %" PRIu64 " joined, %" PRIu64
               " failed%s%s\n",
               report->listed, report->missing, report->dry_run ? "without the bot" : "were without",
               report->joined, report->failed, stopped ? ": stopped: " : "",
               stopped ? stopped : "");
}
