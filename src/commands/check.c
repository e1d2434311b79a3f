/* twilio-autojoin check: what would keep the bot from joining? */
#include "build.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/check_webhooks.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/check_finding.h"
#include "commands/command_context.h"
#include "support/clock.h"
#include "support/stats.h"

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
    "Exit status: 0 nothing failed (there may be warnings), 1 something failed.\n";

static void check_settings(struct findings *findings, const struct command_context *context)
{
    const struct config *config = &context->config;
    const char *at = buffer_string(&context->faults);

    while (*at) {
        int length = (int)strcspn(at, "\n");

        findings_add(findings, FINDING_FAIL, "settings", NULL, "%.*s", length, at);
        at += length + (at[length] == '\n');
    }
    if (context->faults.length > 0)
        return;
    findings_add(findings, FINDING_PASS, "settings", NULL, "well-formed, from %s",
                 config->path ? config->path : "the environment");
    if (!config->enabled)
        findings_add(findings, FINDING_FAIL, "settings", "TWILIO_ENABLED=true",
                     "TWILIO_ENABLED is false: nothing is joined");
    if (!config->public_url)
        findings_add(findings, FINDING_WARN, "settings",
                     "AUTOJOIN_PUBLIC_URL=https://YOUR-HOST/webhooks/twilio",
                     "AUTOJOIN_PUBLIC_URL is not set: behind a proxy signatures will fail");
    if (!config->spool_dir)
        findings_add(findings, FINDING_WARN, "settings",
                     "AUTOJOIN_SPOOL_DIR=/var/spool/twilio-autojoin",
                     "AUTOJOIN_SPOOL_DIR is not set: a join that fails is not tried again");
}

/* What lies aside is nobody's until the operator looks. */
static void check_set_aside(struct findings *findings, const struct command_context *context,
                            const struct spool_counts *counts)
{
    const char *directory = context->config.spool_dir;

    if (counts->failed > 0)
        findings_add(findings, FINDING_WARN, "spool", "twilio-autojoin drain --failed",
                     "%" PRIu64 " %s given up and lie%s in %s/failed: the bot is not in %s",
                     counts->failed, counts->failed == 1 ? "join was" : "joins were",
                     counts->failed == 1 ? "s" : "", directory,
                     counts->failed == 1 ? "that conversation" : "those conversations");
    if (counts->broken > 0)
        findings_add(findings, FINDING_WARN, "spool",
                     "look at them, run twilio-autojoin reconcile, and delete them",
                     "%" PRIu64 " %s in %s/broken that %s no ticket%s", counts->broken,
                     counts->broken == 1 ? "file lies" : "files lie", directory,
                     counts->broken == 1 ? "is" : "are", counts->broken == 1 ? "" : "s");
}

static void check_spool(struct findings *findings, const struct command_context *context)
{
    struct spool_counts counts;
    enum spool_status status;

    if (!context->spool)
        return;
    status = spool_count(context->spool, &counts);
    if (status == SPOOL_OK)
        status = spool_try(context->spool);
    if (status != SPOOL_OK) {
        findings_add(findings, FINDING_FAIL, "spool",
                     "create it, owned by the user the responder runs as, mode 0700 (or chown and chmod it)", "%s: %s",
                     context->config.spool_dir, spool_describe(context->spool, status));
        return;
    }
    if (counts.tickets > 0)
        findings_add(findings, FINDING_WARN, "spool", "twilio-autojoin drain",
                     "%" PRIu64 " %s waiting in %s", counts.tickets,
                     counts.tickets == 1 ? "join is" : "joins are", context->config.spool_dir);
    else if (counts.failed == 0 && counts.broken == 0)
        findings_add(findings, FINDING_PASS, "spool", NULL, "%s is usable and empty",
                     context->config.spool_dir);
    check_set_aside(findings, context, &counts);
}

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* Whoever waited for it knows only that webhooks were late. That it was slow once is no news for ever. */
static void check_spool_speed(struct findings *findings, const struct command_context *context)
{
    const char *path = context->config.stats_file;
    struct stats_snapshot counted;
    struct stats *stats;

    if (!context->spool || !path || stats_open_for_reading(&stats, path) != STATS_OK)
        return;
    if (stats_read(stats, &counted) && counted.spool_slow_ms > clock_wall_ms() - DAY_MS) {
        char last[CLOCK_TEXT_SIZE];

        clock_format(counted.spool_slow_ms, last);
        findings_add(findings, FINDING_WARN, "spool", "put AUTOJOIN_SPOOL_DIR on a local disk",
                     "%s is slow: every webhook waited for it, over %d ms each time, %" PRIu64
                     " times, last at %s",
                     context->config.spool_dir, STATS_SPOOL_SLOW_MS,
                     counted.counters[STATS_SPOOL_SLOW], last);
    }
    stats_close(stats);
}

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
    struct command_context context;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    findings_begin(&findings, options.json);
    status = command_context_open(&context, COMMAND_CONTEXT_TWILIO | COMMAND_CONTEXT_SPOOL | COMMAND_CONTEXT_TOLERANT);
    if (status != EX_OK)
        goto out;
    check_settings(&findings, &context);
    check_spool(&findings, &context);
    check_spool_speed(&findings, &context);
    if (context.faults.length == 0 && !options.offline && command_context_end_on_signals(&context)) {
        check_account(&findings, &context);
        check_public(&findings, &context);
    }
    findings_end(&findings);
    status = findings.counts[FINDING_FAIL] > 0 ? COMMAND_LEFT : COMMAND_OK;
out:
    command_context_close(&context);
    return status;
}
