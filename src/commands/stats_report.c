#include "build.h"

#include "commands/stats_report.h"

#include "support/clock.h"

enum { BREAKER_FRESH_MS = 2500 };

const struct stats_report_counter stats_report_counters[] = {
    {STATS_JOINED, "webhooks", "result", "joined"},
    {STATS_ALREADY_JOINED, "webhooks", "result", "already-joined"},
    {STATS_GONE, "webhooks", "result", "gone"},
    {STATS_IGNORED, "webhooks", "result", "ignored"},
    {STATS_RETRY_LATER, "webhooks", "result", "retry-later"},
    {STATS_REFUSED, "webhooks", "result", "refused"},
    {STATS_FORBIDDEN, "webhooks", "result", "forbidden"},
    {STATS_METHOD_NOT_ALLOWED, "webhooks", "result", "method-not-allowed"},
    {STATS_UNSUPPORTED_TYPE, "webhooks", "result", "unsupported-type"},
    {STATS_TOO_LARGE, "webhooks", "result", "too-large"},
    {STATS_BAD_REQUEST, "webhooks", "result", "bad-request"},
    {STATS_STREAM_JOINED, "stream_events", "result", "joined"},
    {STATS_STREAM_ALREADY_JOINED, "stream_events", "result", "already-joined"},
    {STATS_STREAM_GONE, "stream_events", "result", "gone"},
    {STATS_STREAM_IGNORED, "stream_events", "result", "ignored"},
    {STATS_STREAM_RETRY_LATER, "stream_events", "result", "retry-later"},
    {STATS_STREAM_REFUSED, "stream_events", "result", "refused"},
    {STATS_STREAM_FORBIDDEN, "stream_events", "result", "forbidden"},
    {STATS_STREAM_TOO_LARGE, "stream_events", "result", "too-large"},
    {STATS_STREAM_BAD_REQUEST, "stream_events", "result", "bad-request"},
    {STATS_TOKEN_SHA1, "signatures", "key", "auth-token-sha1"},
    {STATS_TOKEN_SHA256, "signatures", "key", "auth-token-sha256"},
    {STATS_SECONDARY_SHA1, "signatures", "key", "secondary-sha1"},
    {STATS_SECONDARY_SHA256, "signatures", "key", "secondary-sha256"},
    {STATS_SHARED_KEY_SHA1, "signatures", "key", "shared-key-sha1"},
    {STATS_SHARED_KEY_SHA256, "signatures", "key", "shared-key-sha256"},
    {STATS_REST_OK, "rest", "outcome", "ok"},
    {STATS_REST_CONFLICT, "rest", "outcome", "conflict"},
    {STATS_REST_LIMITED, "rest", "outcome", "limited"},
    {STATS_REST_CLIENT_ERROR, "rest", "outcome", "client-error"},
    {STATS_REST_SERVER_ERROR, "rest", "outcome", "server-error"},
    {STATS_REST_TIMEOUT, "rest", "outcome", "timeout"},
    {STATS_REST_UNREACHABLE, "rest", "outcome", "unreachable"},
    {STATS_SPOOL_WRITTEN, "spool", "event", "written"},
    {STATS_SPOOL_STRUCK, "spool", "event", "struck"},
    {STATS_SPOOL_FULL, "spool", "event", "full"},
    {STATS_SPOOL_FAILED, "spool", "event", "failed"},
    {STATS_SPOOL_SLOW, "spool", "event", "slow"},
    {STATS_BREAKER_OPENED, "breaker", "event", "opened"},
    {STATS_RESPONDER_STARTED, "responder", "event", "started"},
};
_Static_assert(sizeof stats_report_counters / sizeof stats_report_counters[0] == STATS_COUNTER_COUNT,
               "every counter is shown");

const char *const stats_report_time_names[STATS_HISTOGRAM_COUNT] = {"webhook", "rest"};

void stats_report_look_at_spool(struct stats_report *report, struct spool *spool)
{
    enum spool_status status;

    report->has_spool = spool != NULL;
    report->spool_wrong = NULL;
    if (!spool)
        return;
    status = spool_count(spool, &report->spool);
    if (status != SPOOL_OK)
        report->spool_wrong = spool_describe(spool, status);
}

bool stats_report_breaker_is_open(const struct stats_report *report)
{
    return clock_wall_ms() - report->counted.breaker_open_ms < BREAKER_FRESH_MS;
}
