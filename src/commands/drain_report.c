#include "build.h"

#include "commands/drain_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command_line.h"
#include "support/clock.h"
#include "support/sid.h"
#include "spool/spool_attempt.h"

enum { UNUSABLE_EVERY_MS = 60 * 1000 };

void drain_report_ticket(struct drain_report *report, const struct ticket *ticket)
{
    char first_seen[CLOCK_TEXT_SIZE], next_attempt[CLOCK_TEXT_SIZE];

    drain_waiting_leave(report->waiting);
    clock_format(ticket->first_seen_ms, first_seen);
    clock_format(ticket->next_attempt_ms, next_attempt);
    if (report->json)
        command_line_print_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s}", "conversation",
                             ticket->conversation.text, "service", ticket->service.text, "event",
                             ticket->event, "first_seen", first_seen, "attempts",
                             (int)ticket->attempts, "next_attempt", next_attempt, "last_verdict",
                             ticket->verdict));
    else
        printf("%s  since %s, %u attempt%s, next %s%s%s\n", ticket->conversation.text, first_seen,
               ticket->attempts, ticket->attempts == 1 ? "" : "s", next_attempt, ticket->verdict[0] ? ", last " : "",
               ticket->verdict);
}

static const char *tail_of(const struct join_outcome *outcome, enum spool_attempt_end end)
{
    switch (end) {
    case SPOOL_ATTEMPT_SETTLED:
        return spool_attempt_is_settled(outcome->result) ? "" : "meanwhile its ticket was struck out by another";
    case SPOOL_ATTEMPT_KEPT:
        return "kept";
    case SPOOL_ATTEMPT_GIVEN_UP:
        return "given up (AUTOJOIN_SPOOL_GIVE_UP): moved to failed/";
    case SPOOL_ATTEMPT_UNKNOWN:
        break;
    }
    return spool_attempt_is_settled(outcome->result) ? "its ticket could not be struck out"
                                                        : "its ticket could not be written";
}

void drain_report_outcome(struct drain_report *report, const struct ticket *ticket,
                         const struct join_outcome *outcome, enum spool_attempt_end end)
{
    const char *result = spool_attempt_result_word(outcome->result);
    const char *tail = tail_of(outcome, end);
    const char *reason = outcome->reason ? outcome->reason : "";
    bool given_up = end == SPOOL_ATTEMPT_GIVEN_UP;

    drain_waiting_leave(report->waiting);
    report->settled += spool_attempt_is_settled(outcome->result);
    report->given_up += given_up;
    report->kept += !spool_attempt_is_settled(outcome->result) &&
                    (end == SPOOL_ATTEMPT_KEPT || end == SPOOL_ATTEMPT_UNKNOWN);
    if (report->json)
        command_line_print_json(json_pack("{s:s, s:s, s:s, s:i, s:i, s:b}", "conversation",
                             ticket->conversation.text, "result", result, "reason", reason,
                             "rest_status", (int)outcome->rest_status, "rest_code",
                             (int)outcome->rest_code, "given_up", given_up));
    else
        printf("%s  %s%s%s%s%s\n", ticket->conversation.text, result, *reason ? ": " : "", reason,
               *tail ? "; " : "", tail);
    if (!report->json)
        fflush(stdout);
}

void drain_report_unusable(struct drain_report *report, const char *directory, const char *why)
{
    int64_t now = clock_monotonic_ms();

    if (report->unusable_ms != 0 && now - report->unusable_ms < UNUSABLE_EVERY_MS)
        return;
    report->unusable_ms = now;
    drain_waiting_leave(report->waiting);
    fprintf(stderr, "twilio-autojoin: %s cannot be used: %s\n", directory, why);
}

/* A foreign file's name is anybody's: what is not plain is shown as "?". */
static void print_name(FILE *out, const char *name)
{
    for (; *name; name++)
        fputc(*name > ' ' && *name < 0x7f ? *name : '?', out);
}

void drain_report_broken(struct drain_report *report, const char *name, bool moved)
{
    bool conversation = sid_valid(name, strlen(name), "CH");

    drain_waiting_leave(report->waiting);
    report->set_aside++;
    report->unreadable += conversation;
    fputs("twilio-autojoin: not a ticket: ", stderr);
    print_name(stderr, name);
    fputs(moved ? " (moved to broken/)" : "", stderr);
    fputs(conversation ? "; `twilio-autojoin reconcile` finds out whether the bot is in it\n" : "\n", stderr);
}

void drain_report_unreadable(struct drain_report *report, const char *conversation, int error)
{
    if (sid_set_look(report->told, conversation) != SID_SET_ABSENT)
        return;
    sid_set_put(report->told, conversation, false);
    report->unreadable++;
    drain_waiting_leave(report->waiting);
    fprintf(stderr, "twilio-autojoin: %s: %s%s\n", conversation, strerror(error),
            error == EACCES ? " (`chown --reference=.` it in the spool directory)" : "");
}

void drain_report_mark_stays(struct drain_report *report, const char *conversation, const char *why)
{
    drain_waiting_leave(report->waiting);
    fprintf(stderr,
            "twilio-autojoin: %s: its mark in left/ cannot be taken back, and keeps it from being joined again: %s\n",
            conversation, why);
}

void drain_report_summary(const struct drain_report *report, const struct spool_counts *left,
                         const char *stopped)
{
    drain_waiting_leave(report->waiting);
    if (report->json)
        command_line_print_json(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "settled",
                             (json_int_t)report->settled, "kept", (json_int_t)report->kept,
                             "given_up", (json_int_t)report->given_up, "set_aside",
                             (json_int_t)report->set_aside, "left", (json_int_t)left->tickets,
                             "failed", (json_int_t)left->failed, "broken",
                             (json_int_t)left->broken, "stopped", stopped ? stopped : ""));
    else if (report->dry_run)
        printf("%" PRIu64 " left\n", left->tickets);
    else
        printf("%" PRIu64 " settled, %" PRIu64 " given up, %" PRIu64 " set aside, %" PRIu64
               " left%s%s\n",
               report->settled, report->given_up, report->set_aside, left->tickets,
               stopped ? ": " : "", stopped ? stopped : "");
    if (!report->json && left->failed > 0)
        printf("%" PRIu64 " in failed/, given up now or before: `twilio-autojoin drain --failed` tries them "
               "again\n",
               left->failed);
    if (!report->json && left->broken > 0)
        printf("%" PRIu64 " in broken/ that %s no ticket%s\n", left->broken,
               left->broken == 1 ? "is" : "are", left->broken == 1 ? "" : "s");
}

int drain_report_failure(const char *directory, const char *why)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", directory, why);
    return EX_IOERR;
}

int drain_report_no_memory(void)
{
    fputs("twilio-autojoin: out of memory\n", stderr);
    return EX_OSERR;
}
