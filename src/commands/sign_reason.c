#include "build.h"

#include "commands/sign_reason.h"

#include "commands/stats_report.h"
#include "support/stats.h"

static const char *result_of(unsigned counter)
{
    size_t i;

    for (i = 0; i < STATS_COUNTER_COUNT; i++)
        if ((unsigned)stats_report_counters[i].counter == counter)
            return stats_report_counters[i].value;
    return "unknown";
}

static void append(struct buffer *out, const struct stats_now_webhook *webhook)
{
    buffer_append_string(out, result_of(webhook->counter));
    if (*webhook->reason)
        buffer_append_format(out, ": %s", webhook->reason);
    if (webhook->code)
        buffer_append_format(out, " (Twilio's code %u)", webhook->code);
}

void sign_reason(struct buffer *out, const struct config *config, long status, int64_t sent_ms)
{
    struct stats_snapshot snapshot;
    struct stats *stats;
    size_t i;

    if (!config->stats_file || stats_open_for_reading(&stats, config->stats_file) != STATS_OK)
        return;
    if (stats_read(stats, &snapshot)) {
        for (i = 0; i < snapshot.now.webhook_count; i++) {
            const struct stats_now_webhook *webhook = &snapshot.now.webhooks[i];

            if (webhook->last_ms >= sent_ms && (long)webhook->status == status) {
                append(out, webhook);
                break;
            }
        }
    }
    stats_close(stats);
}
