#include "build.h"

#include "commands/status_facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/clock.h"
#include "support/config_fingerprint.h"

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static void read_stats(struct status_facts *facts, const struct command_context *context)
{
    const char *path = context->config.stats_file;
    struct stats *stats;
    enum stats_status status;

    if (!path) {
        snprintf(facts->uncounted, sizeof facts->uncounted, "AUTOJOIN_STATS_FILE is not set");
        snprintf(facts->uncounted_fix, sizeof facts->uncounted_fix,
                 "set AUTOJOIN_STATS_FILE=/run/twilio-autojoin/stats and reload, so that this page can tell");
        return;
    }
    status = stats_open_for_reading(&stats, path);
    if (status == STATS_FAILED && errno == ENOENT) {
        snprintf(facts->uncounted, sizeof facts->uncounted, "no responder has made %.100s yet", path);
        snprintf(facts->uncounted_fix, sizeof facts->uncounted_fix,
                 "start the responder, or reload it: systemctl reload twilio-autojoin");
    } else if (status != STATS_OK && is_directory(path)) {
        snprintf(facts->uncounted, sizeof facts->uncounted, "%.100s: Is a directory", path);
        snprintf(facts->uncounted_fix, sizeof facts->uncounted_fix,
                 "AUTOJOIN_STATS_FILE=%.100s/stats, and reload the responder", path);
    } else if (status != STATS_OK) {
        int why = errno;

        snprintf(facts->uncounted, sizeof facts->uncounted, "%.80s: %.70s", path, stats_describe(status));
        snprintf(facts->uncounted_fix, sizeof facts->uncounted_fix,
                 status == STATS_FAILED && why == EACCES ? "run this as root, or as the user the responder runs as%.0s"
                                                           : "rm %.100s, and reload the responder", path);
    } else {
        facts->counted = stats_read(stats, &facts->report.counted);
        if (!facts->counted)
            snprintf(facts->uncounted, sizeof facts->uncounted, "%.100s was shortened just now", path);
        stats_close(stats);
    }
}

static enum status_settings judge_settings(const char *own, const char *theirs)
{
    if (!*theirs)
        return STATUS_SETTINGS_FAULTY;
    switch (config_fingerprint_compare(own, theirs)) {
    case CONFIG_FINGERPRINT_SAME:
    case CONFIG_FINGERPRINT_ENVIRONMENT: /* variables of whoever started it are in force, as they should be */
        return STATUS_SETTINGS_CURRENT;
    case CONFIG_FINGERPRINT_OTHER:
        return STATUS_SETTINGS_OLDER;
    case CONFIG_FINGERPRINT_UNKNOWN:
        break;
    }
    return STATUS_SETTINGS_UNKNOWN;
}

/* Those that say so themselves. */
static void take_counted(struct status_facts *facts, const struct config *config)
{
    const struct stats_now_picture *now = &facts->report.counted.now;
    char own[CONFIG_FINGERPRINT_SIZE] = "";
    size_t i;

    if (facts->fault_count == 0)
        config_fingerprint(config, own);
    for (i = 0; i < now->process_count; i++) {
        const struct stats_now_process *process = &now->processes[i];
        struct status_responder *responder = &facts->responders[facts->responder_count];

        if (!stats_now_is_alive(process))
            continue;
        facts->responder_count++;
        *responder = (struct status_responder){.pid = (pid_t)process->pid,
                                               .started_ms = process->started_ms,
                                               .breaker_ms = process->breaker_ms,
                                               .settings = judge_settings(own, process->settings)};
        snprintf(responder->version, sizeof responder->version, "%s", process->version);
    }
}

static struct status_responder *find(struct status_facts *facts, pid_t pid)
{
    size_t i;

    for (i = 0; i < facts->responder_count; i++)
        if (facts->responders[i].pid == pid)
            return &facts->responders[i];
    return NULL;
}

/* What /proc shows: how each is started anew; and those that do not count where we look, which may be another's
 * unless their settings file is known to be ours. */
static void take_processes(struct status_facts *facts, const char *settings)
{
    struct responder_process found[STATUS_RESPONDERS_LIMIT];
    size_t count = responder_process_find(found, STATUS_RESPONDERS_LIMIT, settings), i;

    for (i = 0; i < count; i++) {
        struct status_responder *responder = find(facts, found[i].pid);

        if (!responder) {
            if (facts->responder_count == STATUS_RESPONDERS_LIMIT || (facts->counted && !found[i].ours))
                continue;
            responder = &facts->responders[facts->responder_count++];
            *responder = (struct status_responder){.pid = found[i].pid,
                                                   .started_ms = found[i].started_ms,
                                                   .settings = STATUS_SETTINGS_UNKNOWN};
        }
        snprintf(responder->restart, sizeof responder->restart, "%s", found[i].restart);
    }
}

static size_t count_lines(const struct buffer *text)
{
    const char *at = buffer_string(text);
    size_t count = 0;

    for (; *at; at++)
        count += *at == '\n';
    return count;
}

void status_facts_gather(struct status_facts *facts, const struct command_context *context, const char *settings)
{
    struct status_look look = facts->look;

    *facts = (struct status_facts){.now_ms = clock_wall_ms(),
                                   .settings_path = context->config.path,
                                   .fault_count = count_lines(&context->faults),
                                   .enabled = context->config.enabled,
                                   .look = look};
    read_stats(facts, context);
    if (facts->counted)
        take_counted(facts, &context->config);
    take_processes(facts, settings);
    stats_report_look_at_spool(&facts->report, context->spool);
}
