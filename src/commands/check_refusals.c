#include "build.h"

#include "commands/check_refusals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "diagnosis/capture.h"
#include "support/clock.h"
#include "support/stats.h"

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    A_FEW = 3, /* below that it may be somebody who tries the door */
};

#define PREFIX "refused-"

/* What the counters say. */
struct counted {
    bool known;
    uint64_t refused; /* for their signature */
    uint64_t joins;   /* webhooks that called for one, whatever became of it: their signature held */
};

static struct counted read_counters(const char *path)
{
    static const enum stats_counter joins[] = {STATS_JOINED, STATS_ALREADY_JOINED, STATS_GONE, STATS_RETRY_LATER,
                                               STATS_REFUSED};
    struct counted counted = {.known = false};
    struct stats_snapshot snapshot;
    struct stats *stats;
    size_t i;

    if (!path || stats_open_for_reading(&stats, path) != STATS_OK)
        return counted;
    counted.known = stats_read(stats, &snapshot);
    stats_close(stats);
    counted.refused = snapshot.counters[STATS_FORBIDDEN];
    for (i = 0; i < sizeof joins / sizeof joins[0]; i++)
        counted.joins += snapshot.counters[joins[i]];
    return counted;
}

/* How many of those that were kept are news; they have the time in their names, and the newest stand first. */
static size_t count_kept(const char *captures, const char *settings, bool *more)
{
    struct capture_names *names = captures ? malloc(sizeof *names) : NULL;
    int64_t since = clock_wall_ms() - DAY_MS;
    char text[CLOCK_TEXT_SIZE];
    struct stat status;
    size_t count = 0;

    if (settings && stat(settings, &status) == 0 && (int64_t)status.st_mtime * 1000 > since)
        since = (int64_t)status.st_mtime * 1000;
    clock_format(since, text);
    if (names && capture_look(names, captures)) {
        while (count < names->count && strcmp(names->names[count] + sizeof PREFIX - 1, text) >= 0)
            count++;
        *more = count == names->count && names->left_out > 0;
    }
    free(names);
    return count;
}

static void tell(struct findings *findings, enum finding_verdict verdict, const char *fix, uint64_t count,
                 const char *more, bool never)
{
    char number[32] = "";

    if (count > 1)
        snprintf(number, sizeof number, "%" PRIu64 "%s ", count, more);
    findings_add(findings, verdict, "webhooks", fix, "the last %swebhook%s refused (403)%s; explain says why", number,
                 count == 1 ? " was" : "s were", never ? ", and none has ever been joined" : "");
}

void check_refusals(struct findings *findings, const char *stats_file, const char *captures, const char *settings)
{
    struct counted counted = read_counters(stats_file);
    bool more = false, never = counted.known && counted.joins == 0;
    uint64_t kept = count_kept(captures, settings, &more), count = kept;

    if (never && counted.refused > kept) /* of each second only so many are kept */
        count = counted.refused;
    if (kept >= A_FEW || (kept > 0 && never))
        tell(findings, never && kept >= A_FEW ? FINDING_FAIL : FINDING_WARN, "twilio-autojoin explain", count,
             more && count == kept ? " or more" : "", never);
}

uint64_t check_refusals_count(const char *stats_file)
{
    struct counted counted = read_counters(stats_file);

    return counted.known && counted.joins == 0 ? counted.refused : 0;
}

void check_refusals_tell(struct findings *findings, uint64_t count)
{
    if (count > 0)
        tell(findings, FINDING_WARN,
             "set AUTOJOIN_CAPTURE_DIR, so that the next ones are kept, and run twilio-autojoin explain; the log has a hint",
             count, "", true);
}
