#include "build.h"

#include "commands/status_verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    WAITING_LONG_MS = 15 * 60 * 1000, /* a drainer tries a ticket again within this time */
    REFUSED_LIMIT = 3,                /* of the last webhooks, with none that was proved: no scanner's accident */
};

__attribute__((format(printf, 3, 0))) static void say(char *text, size_t size, const char *format, va_list arguments)
{
    vsnprintf(text, size, format, arguments);
}

__attribute__((format(printf, 2, 3))) static void set_why(struct status_verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(verdict->why, sizeof verdict->why, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void set_todo(struct status_verdict *verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(verdict->todo, sizeof verdict->todo, format, arguments);
    va_end(arguments);
}

static const struct status_responder *find_settings(const struct status_facts *facts, enum status_settings settings)
{
    size_t i;

    for (i = 0; i < facts->responder_count; i++)
        if (facts->responders[i].settings == settings)
            return &facts->responders[i];
    return NULL;
}

/* The service's own unit is told by systemd, any other process by a signal; of what cannot be seen from here it
 * is said in words. */
static void set_reload(struct status_verdict *verdict, const struct status_responder *responder)
{
    if (!responder)
        set_todo(verdict, "reload the responder: systemctl reload twilio-autojoin, or kill -HUP its processes");
    else if (strcmp(responder->restart, "systemctl restart twilio-autojoin.service") == 0)
        set_todo(verdict, "systemctl reload twilio-autojoin.service");
    else
        set_todo(verdict, "kill -HUP %ld (and each other responder with older settings)", (long)responder->pid);
}

static bool judge_settings(struct status_verdict *verdict, const struct status_facts *facts)
{
    if (facts->fault_count == 0)
        return false;
    verdict->state = STATUS_NOT_WORKING;
    set_why(verdict, "the settings are faulty (%zu)", facts->fault_count);
    set_todo(verdict, "twilio-autojoin check --offline names each fault");
    return true;
}

static bool judge_responders(struct status_verdict *verdict, const struct status_facts *facts)
{
    const struct status_responder *faulty = find_settings(facts, STATUS_SETTINGS_FAULTY);

    if (faulty || facts->look.health == STATUS_HEALTH_FAULTY) {
        verdict->state = STATUS_NOT_WORKING;
        verdict->since_ms = faulty ? faulty->started_ms : 0;
        set_why(verdict, "the responder was started with faulty settings");
        set_reload(verdict, faulty);
        return true;
    }
    if (facts->look.health == STATUS_HEALTH_SILENT ||
        (facts->counted && facts->responder_count == 0 && facts->look.health == STATUS_HEALTH_UNKNOWN)) {
        verdict->state = STATUS_NOT_WORKING;
        set_why(verdict, facts->responder_count == 0 ? "no responder runs" : "the web server reaches no responder");
        set_todo(verdict, facts->responder_count == 0
                              ? "start it: systemctl start twilio-autojoin, or the web server that starts it"
                              : "twilio-autojoin check says what stands between the web server and the responder");
        return true;
    }
    if (facts->look.health == STATUS_HEALTH_FOREIGN) {
        verdict->state = STATUS_NOT_WORKING;
        set_why(verdict, "something else answers at the public URL");
        set_todo(verdict, "twilio-autojoin check");
        return true;
    }
    return false;
}

/* A join of the last day says more than a configuration that may have another way to us (Webhook Rules). */
static bool judge_twilio(struct status_verdict *verdict, const struct status_facts *facts)
{
    enum status_twilio twilio = facts->look.twilio;
    int64_t joined_ms = facts->counted ? facts->report.counted.now.joined_ms : 0;

    if (twilio != STATUS_TWILIO_FILTERED && twilio != STATUS_TWILIO_ELSEWHERE && twilio != STATUS_TWILIO_NOWHERE)
        return false;
    if (facts->now_ms - joined_ms < INT64_C(24) * 60 * 60 * 1000)
        return false;
    verdict->state = STATUS_NOT_WORKING;
    set_why(verdict, "Twilio sends %s", twilio == STATUS_TWILIO_NOWHERE    ? "its webhooks nowhere"
                                        : twilio == STATUS_TWILIO_FILTERED ? "not the event that calls for a join"
                                                                           : "its webhooks elsewhere");
    set_todo(verdict, "twilio-autojoin setup");
    return true;
}

/* Whoever has not been called for yet will not join either. */
static bool judge_credentials(struct status_verdict *verdict, const struct status_facts *facts)
{
    if (!facts->look.refused)
        return false;
    verdict->state = STATUS_NOT_WORKING;
    set_why(verdict, "Twilio refuses the credentials, or the account");
    set_todo(verdict, "twilio-autojoin check");
    return true;
}

static int64_t breaker_since(const struct status_facts *facts)
{
    int64_t since = 0;
    size_t i;

    for (i = 0; i < facts->responder_count; i++)
        if (facts->responders[i].breaker_ms != 0 && (since == 0 || facts->responders[i].breaker_ms < since))
            since = facts->responders[i].breaker_ms;
    return since;
}

static const struct stats_now_webhook *last_failure(const struct stats_now_picture *now)
{
    size_t i;

    for (i = 0; i < now->webhook_count; i++) {
        unsigned counter = now->webhooks[i].counter;

        if (counter == STATS_REFUSED || counter == STATS_RETRY_LATER || counter == STATS_STREAM_REFUSED ||
            counter == STATS_STREAM_RETRY_LATER)
            return &now->webhooks[i];
    }
    return NULL;
}

/* What failed left its tickets, and a drainer has settled them since. */
static bool is_made_good(const struct stats_report *report)
{
    return report->has_spool && !report->spool_wrong && report->spool.tickets == 0 && report->spool.failed == 0;
}

static bool judge_joins(struct status_verdict *verdict, const struct status_facts *facts)
{
    const struct stats_now_picture *now = &facts->report.counted.now;
    const struct stats_now_webhook *failure = last_failure(now);
    int64_t breaker_ms = breaker_since(facts);

    if (!facts->counted || (breaker_ms == 0 && (now->failing_since_ms == 0 || is_made_good(&facts->report))))
        return false;
    verdict->state = STATUS_NOT_WORKING;
    verdict->since_ms = now->failing_since_ms ? now->failing_since_ms : breaker_ms;
    if (breaker_ms) {
        set_why(verdict, "Twilio does not answer, joins are put off");
        set_todo(verdict, "see the way to Twilio: twilio-autojoin check; https://status.twilio.com");
        return true;
    }
    if (failure && failure->code != 0)
        set_why(verdict, "joins fail: Twilio error %u", failure->code);
    else
        set_why(verdict, "joins fail: %.120s", failure && failure->reason[0] ? failure->reason : "see the log");
    set_todo(verdict, "twilio-autojoin check");
    return true;
}

static bool is_proved(unsigned counter)
{
    return counter != STATS_FORBIDDEN && counter != STATS_STREAM_FORBIDDEN && counter != STATS_TOO_LARGE &&
           counter != STATS_BAD_REQUEST && counter != STATS_METHOD_NOT_ALLOWED && counter != STATS_UNSUPPORTED_TYPE;
}

/* Who only knocks carries no signature, and is nobody's fault. */
static bool is_forgery(const struct stats_now_webhook *webhook)
{
    return (webhook->counter == STATS_FORBIDDEN || webhook->counter == STATS_STREAM_FORBIDDEN) &&
           strncmp(webhook->reason, "no X-Twilio-Signature", strlen("no X-Twilio-Signature")) != 0;
}

static bool judge_signatures(struct status_verdict *verdict, const struct status_facts *facts)
{
    const struct stats_now_picture *now = &facts->report.counted.now;
    uint64_t refused = 0;
    size_t i;

    for (i = 0; facts->counted && i < now->webhook_count; i++) {
        if (is_proved(now->webhooks[i].counter))
            return false;
        if (is_forgery(&now->webhooks[i])) {
            refused += now->webhooks[i].times;
            verdict->since_ms = now->webhooks[i].first_ms;
        }
    }
    if (refused < REFUSED_LIMIT) {
        verdict->since_ms = 0;
        return false;
    }
    verdict->state = STATUS_NOT_WORKING;
    set_why(verdict, "webhooks are refused: %.120s", "no signature matches");
    set_todo(verdict, "twilio-autojoin explain");
    return true;
}

/* What works, and is to be seen to all the same. The first one counts. */
static void judge_rest(struct status_verdict *verdict, const struct status_facts *facts)
{
    const struct spool_counts *spool = &facts->report.spool;
    const struct status_responder *older = find_settings(facts, STATUS_SETTINGS_OLDER);
    bool spool_known = facts->report.has_spool && !facts->report.spool_wrong;

    if (older || facts->look.health == STATUS_HEALTH_OTHER)
        set_reload(verdict, older);
    else if (facts->report.has_spool && facts->report.spool_wrong)
        set_todo(verdict, "mend the spool: twilio-autojoin check");
    else if (spool_known && spool->failed > 0)
        set_todo(verdict, "twilio-autojoin drain --failed tries those that were given up again");
    else if (spool_known && spool->tickets > 0 && spool->oldest_ms > WAITING_LONG_MS)
        set_todo(verdict, "tickets wait long: systemctl status twilio-autojoin-drain, or twilio-autojoin drain");
    else if (!facts->enabled)
        set_todo(verdict, "TWILIO_ENABLED=true, when it is to join again");
    else if (!facts->counted)
        set_todo(verdict, "%s", facts->uncounted_fix);
    else if (verdict->state == STATUS_READY)
        set_todo(verdict, "twilio-autojoin probe tries the whole way");
}

void status_verdict_judge(struct status_verdict *verdict, const struct status_facts *facts)
{
    const struct stats_now_picture *now = &facts->report.counted.now;

    *verdict = (struct status_verdict){.state = STATUS_NOT_KNOWN};
    if (judge_settings(verdict, facts) || judge_responders(verdict, facts) || judge_joins(verdict, facts) ||
        judge_signatures(verdict, facts) || judge_credentials(verdict, facts) || judge_twilio(verdict, facts))
        return;
    if (!facts->enabled) {
        verdict->state = STATUS_OFF;
        set_why(verdict, "TWILIO_ENABLED=false");
    } else if (!facts->counted) {
        set_why(verdict, "%s", facts->uncounted);
    } else if (now->working_since_ms == 0) {
        verdict->state = STATUS_READY;
    } else {
        verdict->state = STATUS_WORKING;
        verdict->since_ms = now->working_since_ms;
    }
    judge_rest(verdict, facts);
}
