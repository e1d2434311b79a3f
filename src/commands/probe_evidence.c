#include "build.h"

#include "commands/probe_evidence.h"

#include <stdio.h>
#include <string.h>

#include "commands/signed_webhook.h"
#include "support/clock.h"
#include "support/config_fingerprint.h"

static const struct {
    enum stats_counter counter;
    const char *name;
} keys_known[PROBE_KEYS] = {
    {STATS_TOKEN_SHA1, "the auth token, HMAC-SHA1"},
    {STATS_TOKEN_SHA256, "the auth token, HMAC-SHA256"},
    {STATS_SECONDARY_SHA1, "the secondary auth token, HMAC-SHA1"},
    {STATS_SECONDARY_SHA256, "the secondary auth token, HMAC-SHA256"},
    {STATS_SHARED_KEY_SHA1, "a shared key, HMAC-SHA1"},
    {STATS_SHARED_KEY_SHA256, "a shared key, HMAC-SHA256"},
};

static const struct {
    enum stats_counter counter;
    const char *name;
} results_known[] = {
    {STATS_JOINED, "joined"},           {STATS_ALREADY_JOINED, "already-joined"},
    {STATS_GONE, "gone"},               {STATS_IGNORED, "ignored"},
    {STATS_RETRY_LATER, "retry-later"}, {STATS_REFUSED, "refused"},
    {STATS_FORBIDDEN, "forbidden"},     {STATS_BAD_REQUEST, "bad-request"},
    {STATS_TOO_LARGE, "too-large"},     {STATS_UNSUPPORTED_TYPE, "unsupported-type"},
};

void probe_evidence_open(struct probe_evidence *evidence, const struct config *config)
{
    enum stats_status status;

    *evidence = (struct probe_evidence){.config = config, .begun_ms = clock_wall_ms()};
    if (!config->stats_file) {
        evidence->unread = "AUTOJOIN_STATS_FILE is not set";
        return;
    }
    status = stats_open_for_reading(&evidence->stats, config->stats_file);
    if (status != STATS_OK) {
        evidence->stats = NULL;
        evidence->unread = stats_describe(status);
    } else if (!stats_read(evidence->stats, &evidence->before)) {
        probe_evidence_close(evidence);
        evidence->unread = "the statistics file was cut short";
    }
}

void probe_evidence_close(struct probe_evidence *evidence)
{
    stats_close(evidence->stats);
    evidence->stats = NULL;
}

static uint64_t risen(const struct probe_evidence *evidence, enum stats_counter counter)
{
    uint64_t before = evidence->before.counters[counter], after = evidence->after.counters[counter];

    return after > before ? after - before : 0;
}

bool probe_evidence_look(struct probe_evidence *evidence)
{
    const char *keys[PROBE_KEYS];

    return evidence->stats && stats_read(evidence->stats, &evidence->after) && probe_evidence_keys(evidence, keys) > 0;
}

size_t probe_evidence_keys(const struct probe_evidence *evidence, const char *keys[PROBE_KEYS])
{
    size_t i, count = 0;

    for (i = 0; evidence->stats && i < PROBE_KEYS; i++)
        if (risen(evidence, keys_known[i].counter) > 0)
            keys[count++] = keys_known[i].name;
    return count;
}

static const char *result_name(unsigned counter)
{
    size_t i;

    for (i = 0; i < sizeof results_known / sizeof results_known[0]; i++)
        if (results_known[i].counter == counter)
            return results_known[i].name;
    return "answered";
}

void probe_evidence_webhook(const struct probe_evidence *evidence, char *text, size_t size)
{
    const struct stats_now_picture *now = &evidence->after.now;

    text[0] = '\0';
    if (!evidence->stats || now->webhook_count == 0 || now->webhooks[0].last_ms < evidence->begun_ms)
        return;
    snprintf(text, size, "%s (status %u)%s%s", result_name(now->webhooks[0].counter), now->webhooks[0].status,
             *now->webhooks[0].reason ? ": " : "", now->webhooks[0].reason);
}

/* Of several, one with other settings is enough. */
static enum check_responder_verdict judge_processes(const struct probe_evidence *evidence)
{
    const struct stats_now_picture *now = &evidence->after.now;
    enum check_responder_verdict verdict = CHECK_RESPONDER_UNKNOWN;
    char own[CONFIG_FINGERPRINT_SIZE];
    size_t i;

    if (!evidence->stats || !config_fingerprint(evidence->config, own))
        return verdict;
    for (i = 0; i < now->process_count; i++) {
        if (!stats_now_is_alive(&now->processes[i]))
            continue;
        switch (config_fingerprint_compare(own, now->processes[i].settings)) {
        case CONFIG_FINGERPRINT_OTHER:
            return CHECK_RESPONDER_OTHER_SETTINGS;
        case CONFIG_FINGERPRINT_SAME:
        case CONFIG_FINGERPRINT_ENVIRONMENT:
            verdict = CHECK_RESPONDER_CURRENT;
            break;
        case CONFIG_FINGERPRINT_UNKNOWN:
            break;
        }
    }
    return verdict;
}

enum check_responder_verdict probe_evidence_settings(const struct probe_evidence *evidence)
{
    const struct config *config = evidence->config;
    const struct signed_webhook_way way = {.proxy = config->proxy,
                                           .ca_file = config->ca_file,
                                           .connect_timeout_ms = config->connect_timeout_ms};
    enum check_responder_verdict verdict = CHECK_RESPONDER_UNKNOWN;

    if (config->public_url)
        verdict = check_responder_ask(config, config->public_url, &way);
    return verdict == CHECK_RESPONDER_UNKNOWN ? judge_processes(evidence) : verdict;
}
