#include "build.h"

#include "commands/check_spool.h"

#include <inttypes.h>
#include <stdio.h>

#include "spool/spool.h"
#include "support/clock.h"
#include "support/stats.h"

/* What lies aside is nobody's until the operator looks. */
static void check_set_aside(struct findings *findings, const char *directory, const struct spool_counts *counts)
{
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

static void check_waiting(struct findings *findings, const char *directory, uint64_t limit,
                          const struct spool_counts *counts)
{
    if (counts->tickets >= limit)
        findings_add(findings, FINDING_FAIL, "spool", "twilio-autojoin drain, or a larger AUTOJOIN_SPOOL_MAX",
                     "%s holds %" PRIu64 " joins, and AUTOJOIN_SPOOL_MAX is %" PRIu64 ": no more are written down",
                     directory, counts->tickets, limit);
    else if (counts->tickets > 0)
        findings_add(findings, FINDING_WARN, "spool", "twilio-autojoin drain",
                     "%" PRIu64 " %s waiting in %s", counts->tickets,
                     counts->tickets == 1 ? "join is" : "joins are", directory);
    else if (counts->failed == 0 && counts->broken == 0)
        findings_add(findings, FINDING_PASS, "spool", NULL, "%s is usable and empty", directory);
}

bool check_spool(struct findings *findings, const char *directory, uint64_t limit, const char **why)
{
    struct spool *spool = spool_new(directory, false, limit);
    struct spool_counts counts;
    enum spool_status status;

    *why = "out of memory";
    if (!spool)
        return false;
    status = spool_count(spool, &counts);
    if (status == SPOOL_OK)
        status = spool_try(spool);
    if (status == SPOOL_OK) {
        check_waiting(findings, directory, limit, &counts);
        check_set_aside(findings, directory, &counts);
    } else {
        *why = spool_describe(spool, status);
    }
    spool_free(spool);
    return status == SPOOL_OK;
}

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* Whoever waited for it knows only that webhooks were late. That it was slow once is no news for ever. */
void check_spool_speed(struct findings *findings, const char *directory, const char *stats_file)
{
    struct stats_snapshot counted;
    struct stats *stats;

    if (!directory || !stats_file || stats_open_for_reading(&stats, stats_file) != STATS_OK)
        return;
    if (stats_read(stats, &counted) && counted.spool_slow_ms > clock_wall_ms() - DAY_MS) {
        char last[CLOCK_TEXT_SIZE];

        clock_format(counted.spool_slow_ms, last);
        findings_add(findings, FINDING_WARN, "spool", "put AUTOJOIN_SPOOL_DIR on a local disk",
                     "%s is slow: every webhook waited for it, over %d ms each time, %" PRIu64
                     " times, last at %s",
                     directory, STATS_SPOOL_SLOW_MS, counted.counters[STATS_SPOOL_SLOW], last);
    }
    stats_close(stats);
}
