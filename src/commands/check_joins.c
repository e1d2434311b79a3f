#include "build.h"

#include "commands/check_joins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "spool/spool.h"
#include "support/clock.h"
#include "support/stats.h"
#include "twilio/verdict.h"

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    A_FEW = 3, /* below that Twilio may have been in trouble for a moment */
    FIX_SIZE = 512
};

static const char subject[] = "joins";

/* What is to be done about an error of Twilio's. */
static const struct {
    unsigned code;
    const char *fix;
} fixes[] = {
    {70051, "give TWILIO_API_KEY the permission to create participants, or take a main or standard key"},
    {50107, "give TWILIO_API_KEY the permission to create participants, or take a main or standard key"},
    {50100, "correct AUTOJOIN_ROLE_SID, or take it out, and reload the responder"},
    {50101, "correct AUTOJOIN_ROLE_SID, or take it out, and reload the responder"},
    {50109, "correct AUTOJOIN_ROLE_SID, or take it out, and reload the responder"},
    {50214, "let old conversations close (twilio-autojoin setup --closed-timer P7D), or add a bot to AUTOJOIN_IDENTITIES"},
    {50208, "let old conversations close (twilio-autojoin setup --closed-timer P7D), or add a bot to AUTOJOIN_IDENTITIES"},
};

/* Of the last joins those that failed one after the other, the newest first. */
struct failed {
    const struct stats_now_webhook *last;
    uint64_t count;
};

static bool is_failure(unsigned counter)
{
    return counter == STATS_REFUSED || counter == STATS_RETRY_LATER || counter == STATS_STREAM_REFUSED ||
           counter == STATS_STREAM_RETRY_LATER;
}

static bool is_settled(unsigned counter)
{
    return counter == STATS_JOINED || counter == STATS_ALREADY_JOINED || counter == STATS_GONE ||
           counter == STATS_STREAM_JOINED || counter == STATS_STREAM_ALREADY_JOINED || counter == STATS_STREAM_GONE;
}

static struct failed count_failed(const struct stats_now_picture *now, int64_t since_ms)
{
    struct failed failed = {NULL, 0};
    size_t i;

    for (i = 0; i < now->webhook_count && !is_settled(now->webhooks[i].counter); i++) {
        if (!is_failure(now->webhooks[i].counter) || now->webhooks[i].last_ms < since_ms)
            continue;
        if (!failed.last)
            failed.last = &now->webhooks[i];
        failed.count += now->webhooks[i].times;
    }
    return failed;
}

static int64_t changed_ms(const char *settings)
{
    struct stat status;

    return settings && stat(settings, &status) == 0
               ? (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000
               : 0;
}

/* Their tickets are gone, and none was given up: somebody has settled them since. */
static bool is_made_good(const char *spool_dir)
{
    struct spool *spool = spool_dir ? spool_new(spool_dir, false, UINT64_MAX) : NULL;
    struct spool_counts counts;
    bool good = spool && spool_count(spool, &counts) == SPOOL_OK && counts.tickets == 0 && counts.failed == 0;

    spool_free(spool);
    return good;
}

/* One conversation's refusal says nothing of the others; what failed for Twilio's sake, or for ours, does. */
static enum finding_verdict judge(const struct failed *failed)
{
    const struct stats_now_webhook *last = failed->last;
    bool refused = last->counter == STATS_REFUSED || last->counter == STATS_STREAM_REFUSED;

    if (failed->count < A_FEW || last->last_ms < clock_wall_ms() - DAY_MS)
        return FINDING_WARN;
    return refused && last->code != 0 && !verdict_is_account_wide(0, last->code) ? FINDING_WARN : FINDING_FAIL;
}

static void describe_fix(char fix[FIX_SIZE], const struct stats_now_webhook *last, bool spool)
{
    const char *then = spool ? "then twilio-autojoin drain" : "then twilio-autojoin reconcile, and twilio-autojoin probe";
    size_t i;

    for (i = 0; i < sizeof fixes / sizeof fixes[0]; i++)
        if (fixes[i].code == last->code) {
            snprintf(fix, FIX_SIZE, "%s; %s", fixes[i].fix, then);
            return;
        }
    if (last->code != 0)
        snprintf(fix, FIX_SIZE, "see https://www.twilio.com/docs/errors/%u; %s", last->code, then);
    else
        snprintf(fix, FIX_SIZE, "see the network, AUTOJOIN_PROXY, AUTOJOIN_CA_FILE and https://status.twilio.com; %s", then);
}

static void tell_failed(struct findings *findings, const struct failed *failed, bool spool)
{
    const struct stats_now_webhook *last = failed->last;
    char fix[FIX_SIZE], when[CLOCK_TEXT_SIZE], number[32] = "", code[32] = "";

    clock_format(last->last_ms, when);
    if (failed->count > 1)
        snprintf(number, sizeof number, "%" PRIu64 " ", failed->count);
    if (last->code != 0)
        snprintf(code, sizeof code, "Twilio error %u%s", last->code, last->reason[0] ? ": " : "");
    describe_fix(fix, last, spool);
    findings_add(findings, judge(failed), subject, fix, "the last %sattempt%s to join failed, %sat %s: %s%s",
                 number, failed->count == 1 ? "" : "s", failed->count == 1 ? "" : "the latest ", when, code,
                 last->reason[0] || code[0] ? last->reason : "see the log");
}

/* A list of sources that nothing matches keeps every bot out without a single error. */
static void look_at_sources(struct findings *findings, const struct stats_now_picture *now, int64_t since_ms)
{
    uint64_t count = 0;
    size_t i;

    for (i = 0; i < now->webhook_count && !is_settled(now->webhooks[i].counter); i++)
        if (now->webhooks[i].last_ms >= since_ms && strstr(now->webhooks[i].reason, "AUTOJOIN_SOURCES"))
            count += now->webhooks[i].times;
    if (now->joined_ms == 0 && count >= A_FEW)
        findings_add(findings, FINDING_WARN, subject,
                     "AUTOJOIN_SOURCES as Twilio writes them, in capitals (SMS, API, SDK), or none, and reload the responder",
                     "the last %" PRIu64 " webhooks called for no join, for their Source is not in AUTOJOIN_SOURCES, and "
                     "none has ever been joined", count);
}

void check_joins(struct findings *findings, const char *stats_file, const char *spool_dir, const char *settings)
{
    struct stats_snapshot counted;
    struct failed failed;
    struct stats *stats;
    int64_t since_ms = changed_ms(settings);

    if (!stats_file || stats_open_for_reading(&stats, stats_file) != STATS_OK)
        return;
    if (stats_read(stats, &counted)) {
        failed = count_failed(&counted.now, since_ms);
        if (counted.now.failing_since_ms != 0 && failed.last && !is_made_good(spool_dir))
            tell_failed(findings, &failed, spool_dir != NULL);
        look_at_sources(findings, &counted.now, since_ms);
    }
    stats_close(stats);
}
