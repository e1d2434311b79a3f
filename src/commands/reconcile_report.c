#include "build.h"

#include "commands/reconcile_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "commands/command_line.h"
#include "support/clock.h"
#include "spool/spool_attempt.h"

enum { TERMINAL_EVERY_MS = 200, LINE_EVERY_MS = 10000, BAR_WIDTH = 24 };

static void leave_line(struct reconcile_report *report)
{
    if (report->on_line)
        fputs("\r\033[K", stderr);
    report->on_line = false;
}

/* "1:23:45", or "2:03". */
static void print_duration(int64_t seconds)
{
    long long hours = (long long)seconds / 3600, minutes = (long long)seconds / 60 % 60;

    if (hours > 0)
        fprintf(stderr, "%lld:%02lld:%02lld", hours, minutes, (long long)seconds % 60);
    else
        fprintf(stderr, "%lld:%02lld", minutes, (long long)seconds % 60);
}

static void print_bar(const struct reconcile_report *report, int64_t now)
{
    uint64_t ended = report->ended < report->total ? report->ended : report->total;
    unsigned done = (unsigned)(ended * BAR_WIDTH / report->total), i;
    double passed_s = (double)(now - report->joining_ms) / 1000.0;
    double rate = passed_s > 0 ? (double)report->ended / passed_s : 0;

    fputs("\r[", stderr);
    for (i = 0; i < BAR_WIDTH; i++)
        fputc(i < done ? '#' : '-', stderr);
    fprintf(stderr, "] %" PRIu64 "/%" PRIu64 ", %" PRIu64 " joined, %" PRIu64 " failed, %.1f/s", report->ended,
            report->total, report->joined, report->failed, rate);
    if (rate > 0) {
        fputs(", ", stderr);
        print_duration((int64_t)((double)(report->total - ended) / rate + 0.5));
        fputs(" left", stderr);
    }
    fputs("\033[K", stderr);
}

void reconcile_report_progress(struct reconcile_report *report)
{
    bool terminal = isatty(STDERR_FILENO);
    int64_t now = clock_monotonic_ms();

    if (report->json && isatty(STDOUT_FILENO)) /* who reads the lines there, reads nothing between them */
        return;
    if (report->shown_ms == 0)
        report->shown_ms = now;
    if (now - report->shown_ms < (terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS))
        return;
    report->shown_ms = now;
    report->on_line = terminal;
    if (terminal && report->total > 0)
        print_bar(report, now);
    else
        fprintf(stderr,
                "%s%" PRIu64 " conversations looked at, %" PRIu64 " without the bot, %" PRIu64
                " joined%s",
                terminal ? "\r" : "", report->listed, report->missing, report->joined,
                terminal ? "\033[K" : "\n");
}

void reconcile_report_found(struct reconcile_report *report, uint64_t total)
{
    leave_line(report);
    report->total = total;
    if (report->json)
        return;
    printf("%" PRIu64 " active conversations%s, %" PRIu64 " without the bot", report->listed,
           report->whole ? "" : " looked at", report->missing);
    if (total < report->missing)
        printf(": %" PRIu64 " would be joined (--limit)", total);
    puts(".");
    fflush(stdout);
}

void reconcile_report_begin_joining(struct reconcile_report *report)
{
    report->counted = report->whole ? report->listed : 0;
    report->listed = report->missing = report->left_alone = report->failed = 0;
    report->whole = false;
    report->reached[0] = '\0';
    report->joining_ms = clock_monotonic_ms();
    report->shown_ms = report->joining_ms - TERMINAL_EVERY_MS; /* the bar stands there from the beginning */
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
    report->ended++;
    if (outcome->result == JOIN_ALREADY_JOINED)
        return; /* no news */
    if (outcome->result == JOIN_JOINED && !report->json && !report->verbose && isatty(STDOUT_FILENO))
        return; /* the bar tells */
    leave_line(report);
    if (report->json)
        command_line_print_json(json_pack("{s:s, s:s, s:s, s:i}", "conversation", conversation, "result", result,
                             "reason", reason, "rest_code", (int)outcome->rest_code));
    else
        printf("%s  %s%s%s\n", conversation, result, *reason ? ": " : "", reason);
}

/* Of those that are known to be without the bot. */
static uint64_t untried(const struct reconcile_report *report)
{
    uint64_t known = report->total > report->missing ? report->total : report->missing;

    return !report->dry_run && known > report->ended ? known - report->ended : 0;
}

/* After a run that ended early. */
static void print_unseen(const struct reconcile_report *report)
{
    if (untried(report) > 0)
        printf("Not joined: %" PRIu64 " that are without the bot\n", untried(report));
    if (report->whole || (report->counted > 0 && report->listed >= report->counted))
        return;
    if (report->listed == 0)
        puts("Not looked at: all active conversations");
    else
        printf("Not looked at: what follows in Twilio's list after these %" PRIu64 ", the last of them of %s\n",
               report->listed, report->reached[0] ? report->reached : "an unknown day");
}

void reconcile_report_summary(struct reconcile_report *report, const char *stopped)
{
    leave_line(report);
    if (report->json)
        command_line_print_json(json_pack(
            "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:b, s:I}", "listed", (json_int_t)report->listed,
            "missing", (json_int_t)report->missing, "left_alone", (json_int_t)report->left_alone,
            "joined", (json_int_t)report->joined, "gone", (json_int_t)report->gone, "failed",
            (json_int_t)report->failed, "rest_calls", (json_int_t)report->rest_calls, "stopped",
            stopped ? stopped : "", "whole", report->whole, "untried", (json_int_t)untried(report)));
    else
        printf("%" PRIu64 " active conversations, %" PRIu64 " %s, %" PRIu64 " joined, %" PRIu64
               " failed%s%s\n",
               report->listed, report->missing, report->dry_run ? "without the bot" : "were without",
               report->joined, report->failed, stopped ? ": stopped: " : "",
               stopped ? stopped : "");
    if (!report->json && stopped)
        print_unseen(report);
}
