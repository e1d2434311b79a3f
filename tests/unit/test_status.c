/*
 * commands/status_verdict and status_show: which of several things counts, and that the page keeps to 24 lines of 80
 * columns whatever stands in it.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "commands/status_show.h"
#include "commands/status_verdict.h"

enum { NOW_MS = 1000000000, MINUTE_MS = 60 * 1000 };

static struct status_facts facts;
static struct status_verdict verdict;

/* All is well: a responder, a join a minute ago, Twilio sends to us. */
static void be_well(void)
{
    facts = (struct status_facts){.now_ms = NOW_MS,
                                  .enabled = true,
                                  .counted = true,
                                  .responder_count = 1,
                                  .responders = {{.pid = 7, .settings = STATUS_SETTINGS_CURRENT, .version = "1.0.0"}},
                                  .look = {.twilio = STATUS_TWILIO_SENDS, .health = STATUS_HEALTH_CURRENT}};
    facts.report.counted.now.working_since_ms = NOW_MS - 60 * MINUTE_MS;
    facts.report.counted.now.joined_ms = NOW_MS - MINUTE_MS;
}

static void note(enum stats_counter counter, unsigned code, const char *reason, uint64_t times)
{
    struct stats_now_picture *now = &facts.report.counted.now;
    struct stats_now_webhook *webhook = &now->webhooks[now->webhook_count++];

    *webhook = (struct stats_now_webhook){.counter = counter, .code = code, .times = times, .first_ms = 5, .last_ms = 6};
    snprintf(webhook->reason, sizeof webhook->reason, "%s", reason);
}

static void judge(enum status_state state, int64_t since_ms, const char *why, const char *todo)
{
    status_verdict_judge(&verdict, &facts);
    assert_int_equal(verdict.state, state);
    assert_int_equal(verdict.since_ms, since_ms);
    assert_string_equal(verdict.why, why);
    assert_non_null(strstr(verdict.todo, todo));
    assert_int_equal(*verdict.todo == '\0', *todo == '\0');
}

static void all_is_well(void **state)
{
    (void)state;
    be_well();
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "");
    facts.report.counted.now.working_since_ms = facts.report.counted.now.joined_ms = 0;
    judge(STATUS_READY, 0, "", "probe");
}

/* Each is worse than all that stand below it. */
static void the_worst_counts(void **state)
{
    (void)state;
    be_well();
    facts.enabled = false;
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "TWILIO_ENABLED=true");
    facts.report.has_spool = true;
    facts.report.spool = (struct spool_counts){.tickets = 3, .oldest_ms = 60 * MINUTE_MS};
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "tickets wait long");
    facts.report.spool.failed = 1;
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "drain --failed");
    facts.report.spool_wrong = "Permission denied";
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "mend the spool");
    facts.responders[0].settings = STATUS_SETTINGS_OLDER;
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "kill -HUP 7");
    facts.look.twilio = STATUS_TWILIO_NOWHERE;
    judge(STATUS_OFF, 0, "TWILIO_ENABLED=false", "kill -HUP 7"); /* a join of today says that there is a way */
    facts.report.counted.now.joined_ms = NOW_MS - 25 * 60 * MINUTE_MS;
    judge(STATUS_NOT_WORKING, 0, "Twilio sends its webhooks nowhere", "setup");
    facts.look.refused = true;
    judge(STATUS_NOT_WORKING, 0, "Twilio refuses the credentials, or the account", "check");
    note(STATS_FORBIDDEN, 0, "the signature does not match", 3);
    judge(STATUS_NOT_WORKING, 5, "webhooks are refused: no signature matches", "explain");
    facts.report.counted.now.failing_since_ms = 77;
    note(STATS_STREAM_REFUSED, 50434, "no", 1);
    judge(STATUS_NOT_WORKING, 77, "joins fail: Twilio error 50434", "check");
    facts.responders[0].breaker_ms = 66;
    judge(STATUS_NOT_WORKING, 77, "Twilio does not answer, joins are put off", "check");
    facts.look.health = STATUS_HEALTH_FOREIGN;
    judge(STATUS_NOT_WORKING, 0, "something else answers at the public URL", "check");
    facts.look.health = STATUS_HEALTH_SILENT;
    judge(STATUS_NOT_WORKING, 0, "the web server reaches no responder", "check");
    facts.responders[0].settings = STATUS_SETTINGS_FAULTY;
    facts.responders[0].started_ms = 55;
    judge(STATUS_NOT_WORKING, 55, "the responder was started with faulty settings", "kill -HUP 7");
    facts.fault_count = 2;
    judge(STATUS_NOT_WORKING, 0, "the settings are faulty (2)", "check --offline");
}

static void the_service_is_reloaded_by_its_name(void **state)
{
    (void)state;
    be_well();
    facts.responders[0].settings = STATUS_SETTINGS_OLDER;
    snprintf(facts.responders[0].restart, sizeof facts.responders[0].restart,
             "systemctl restart twilio-autojoin.service");
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "systemctl reload twilio-autojoin.service");
}

/* As CGI none stays, and one that answers is none that is missed. */
static void none_runs(void **state)
{
    (void)state;
    be_well();
    facts.responder_count = 0;
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "");
    facts.look.health = STATUS_HEALTH_UNKNOWN;
    judge(STATUS_NOT_WORKING, 0, "no responder runs", "start it");
    facts.counted = false;
    snprintf(facts.uncounted, sizeof facts.uncounted, "AUTOJOIN_STATS_FILE is not set");
    snprintf(facts.uncounted_fix, sizeof facts.uncounted_fix, "set it");
    judge(STATUS_NOT_KNOWN, 0, "AUTOJOIN_STATS_FILE is not set", "set it");
}

/* One that was proved among them: the others are somebody else's. */
static void a_forgery_is_no_fault_of_ours(void **state)
{
    (void)state;
    be_well();
    note(STATS_FORBIDDEN, 0, "the signature does not match", 100);
    note(STATS_IGNORED, 0, "", 1);
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "");
    facts.report.counted.now.webhook_count = 0;
    note(STATS_FORBIDDEN, 0, "no X-Twilio-Signature (some CGI servers pass no such header on)", 100);
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "");
    note(STATS_FORBIDDEN, 0, "the signature does not match", 2);
    judge(STATUS_WORKING, NOW_MS - 60 * MINUTE_MS, "", "");
}

static void fill(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size / 2] = ' ';
    text[3] = '\033';
    text[size - 1] = '\0';
}

static void assert_fits(void)
{
    struct buffer page;
    const char *at;
    unsigned lines = 0;

    buffer_init(&page, STATUS_SHOW_LIMIT);
    status_show_page(&page, &facts, &verdict);
    assert_int_equal(buffer_status(&page), BUFFER_OK);
    for (at = buffer_string(&page); *at; lines++) {
        size_t length = strcspn(at, "\n");

        assert_true(length <= STATUS_SHOW_COLUMNS);
        assert_null(memchr(at, '\033', length));
        at += length + 1;
    }
    assert_true(lines <= STATUS_SHOW_LINES);
    buffer_free(&page);
}

static void the_page_fits_whatever_stands_in_it(void **state)
{
    struct stats_now_picture *now = &facts.report.counted.now;
    size_t i;

    (void)state;
    be_well();
    facts.responder_count = STATUS_RESPONDERS_LIMIT;
    for (i = 0; i < STATUS_RESPONDERS_LIMIT; i++) {
        facts.responders[i] = (struct status_responder){
            .pid = 4194304, .started_ms = 1, .breaker_ms = 1, .settings = (enum status_settings)(i % 4)};
        fill(facts.responders[i].version, sizeof facts.responders[i].version);
    }
    now->webhook_count = STATS_NOW_WEBHOOKS;
    for (i = 0; i < STATS_NOW_WEBHOOKS; i++) {
        now->webhooks[i] = (struct stats_now_webhook){
            .counter = (unsigned)i * 3, .status = 500, .code = UINT32_MAX, .times = UINT64_MAX, .last_ms = 1};
        fill(now->webhooks[i].reason, sizeof now->webhooks[i].reason);
    }
    facts.report.has_spool = true;
    facts.report.spool = (struct spool_counts){.tickets = UINT64_MAX, .failed = UINT64_MAX, .oldest_ms = INT64_MAX};
    fill(facts.look.twilio_text, sizeof facts.look.twilio_text);
    fill(facts.look.events, sizeof facts.look.events);
    fill(facts.look.health_text, sizeof facts.look.health_text);
    verdict = (struct status_verdict){.state = STATUS_NOT_WORKING, .since_ms = 1};
    fill(verdict.why, sizeof verdict.why);
    fill(verdict.todo, sizeof verdict.todo);
    assert_fits();
    facts.report.spool_wrong = verdict.todo;
    facts.look.health = STATUS_HEALTH_UNKNOWN;
    assert_fits();
    facts.counted = false;
    fill(facts.uncounted, sizeof facts.uncounted);
    assert_fits();
    facts.responder_count = 0;
    assert_fits();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, all_is_well);
    CASES_ADD(&cases, the_worst_counts);
    CASES_ADD(&cases, the_service_is_reloaded_by_its_name);
    CASES_ADD(&cases, none_runs);
    CASES_ADD(&cases, a_forgery_is_no_fault_of_ours);
    CASES_ADD(&cases, the_page_fits_whatever_stands_in_it);
    return cases_run(&cases, "status");
}
