/*
 * support/stats_now: rows of processes, the ring of the last webhooks, and since when joins succeed or fail.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/stats_now.h"

static struct stats_now now;
static struct stats_now_picture picture;

static int set_up(void **state)
{
    (void)state;
    memset((void *)&now, 0, sizeof now);
    return 0;
}

static struct stats_now_process myself(const char *settings)
{
    struct stats_now_process process = {.settings_ms = 5};

    stats_now_self(&process);
    snprintf(process.version, sizeof process.version, "1.2.3");
    snprintf(process.settings, sizeof process.settings, "%s", settings);
    return process;
}

static void assert_shown(const struct stats_now_process *process)
{
    const struct stats_now_process *shown = &picture.processes[0];

    stats_now_read(&now, &picture);
    assert_int_equal(picture.process_count, 1);
    assert_true(shown->pid == process->pid && shown->begun_ticks == process->begun_ticks &&
                shown->started_ms == process->started_ms && shown->settings_ms == process->settings_ms);
    assert_string_equal(shown->version, process->version);
    assert_string_equal(shown->settings, process->settings);
}

static void a_process_comes_and_goes(void **state)
{
    struct stats_now_process process = myself("0123456789abcdef0123456789abcdef");
    int row = stats_now_enter(&now, &process);

    (void)state;
    assert_int_equal(row, 0);
    assert_shown(&process);
    assert_true(stats_now_is_alive(&picture.processes[0]));
    process.settings_ms = 9;
    snprintf(process.settings, sizeof process.settings, "other");
    stats_now_change(&now, row, &process);
    assert_shown(&process);
    stats_now_leave(&now, row, process.pid + 1); /* not its own any more */
    stats_now_read(&now, &picture);
    assert_int_equal(picture.process_count, 1);
    stats_now_leave(&now, row, process.pid);
    stats_now_read(&now, &picture);
    assert_int_equal(picture.process_count, 0);
}

static pid_t dead_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return child;
}

static void the_row_of_a_dead_one_is_taken_over(void **state)
{
    struct stats_now_process process = myself(""), dead = {.pid = dead_process(), .begun_ticks = 7};

    (void)state;
    assert_false(stats_now_is_alive(&dead));
    assert_int_equal(stats_now_enter(&now, &dead), 0);
    assert_int_equal(stats_now_enter(&now, &process), 0);
    stats_now_read(&now, &picture);
    assert_int_equal(picture.process_count, 1);
    assert_int_equal(picture.processes[0].pid, getpid());
}

/* Our parent lives, and began at another time than this says. */
static void a_number_that_came_again_is_another_process(void **state)
{
    struct stats_now_process other = {.pid = getppid(), .begun_ticks = 1};

    (void)state;
    assert_false(stats_now_is_alive(&other));
    other.begun_ticks = 0;
    assert_true(stats_now_is_alive(&other));
}

static void where_all_rows_are_taken_there_is_none(void **state)
{
    struct stats_now_process parent = {.pid = getppid()}, process = myself("");
    int i;

    (void)state;
    for (i = 0; i < STATS_NOW_PROCESSES; i++)
        now.processes[i].pid = parent.pid;
    assert_int_equal(stats_now_enter(&now, &process), -1);
    stats_now_change(&now, -1, &process);
    stats_now_breaker(&now, -1, true);
    stats_now_leave(&now, -1, process.pid);
    stats_now_read(&now, &picture);
    assert_int_equal(picture.process_count, STATS_NOW_PROCESSES);
}

static void the_breaker_is_open_since_it_opened(void **state)
{
    struct stats_now_process process = myself("");
    int row = stats_now_enter(&now, &process);

    (void)state;
    now.processes[row].breaker_ms = 42;
    stats_now_breaker(&now, row, true);
    stats_now_read(&now, &picture);
    assert_int_equal(picture.processes[0].breaker_ms, 42);
    stats_now_breaker(&now, row, false);
    stats_now_breaker(&now, row, true);
    stats_now_read(&now, &picture);
    assert_in_range(picture.processes[0].breaker_ms, clock_wall_ms() - 10000, clock_wall_ms());
}

static void note(enum stats_now_kind kind, unsigned counter, const char *reason)
{
    struct stats_now_webhook webhook = {.counter = counter, .status = 200 + counter, .code = 50433 + counter};

    snprintf(webhook.reason, sizeof webhook.reason, "%.79s", reason);
    stats_now_note(&now, kind, &webhook);
}

static void the_last_webhooks_stand_first(void **state)
{
    char reason[200];
    unsigned i;

    (void)state;
    for (i = 0; i < 3 * STATS_NOW_WEBHOOKS + 1; i++) {
        snprintf(reason, sizeof reason, "reason %u", i);
        note(STATS_NOW_SETTLED, i, reason);
    }
    stats_now_read(&now, &picture);
    assert_int_equal(picture.webhook_count, STATS_NOW_WEBHOOKS);
    for (i = 0; i < STATS_NOW_WEBHOOKS; i++) {
        unsigned number = 3 * STATS_NOW_WEBHOOKS - i;

        snprintf(reason, sizeof reason, "reason %u", number);
        assert_int_equal(picture.webhooks[i].counter, number);
        assert_int_equal(picture.webhooks[i].status, 200 + number);
        assert_int_equal(picture.webhooks[i].code, 50433 + number);
        assert_int_equal(picture.webhooks[i].times, 1);
        assert_string_equal(picture.webhooks[i].reason, reason);
    }
}

static void reasons_are_cut_and_printable(void **state)
{
    char reason[STATS_NOW_REASON_SIZE + 50];

    (void)state;
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    reason[1] = '\033';
    note(STATS_NOW_OTHER, 1, reason);
    stats_now_read(&now, &picture);
    assert_int_equal(strlen(picture.webhooks[0].reason), STATS_NOW_REASON_SIZE - 1);
    assert_int_equal(picture.webhooks[0].reason[1], '?');
}

/* A scanner's hundred forgeries do not push out what one wants to see; joins stand each by itself. */
static void what_is_like_the_last_is_counted_with_it(void **state)
{
    unsigned i;

    (void)state;
    note(STATS_NOW_SETTLED, 0, "");
    note(STATS_NOW_SETTLED, 0, "");
    for (i = 0; i < 100; i++)
        note(STATS_NOW_OTHER, 6, "no signature");
    note(STATS_NOW_OTHER, 6, "no match");
    note(STATS_NOW_OTHER, 3, "no match");
    stats_now_read(&now, &picture);
    assert_int_equal(picture.webhook_count, 5);
    assert_int_equal(picture.webhooks[0].counter, 3);
    assert_int_equal(picture.webhooks[2].times, 100);
    assert_string_equal(picture.webhooks[2].reason, "no signature");
    assert_int_equal(picture.webhooks[4].times, 1);
}

/* Its writer was killed. */
static void one_that_is_being_written_is_left_out(void **state)
{
    (void)state;
    note(STATS_NOW_SETTLED, 1, "");
    note(STATS_NOW_SETTLED, 2, "");
    now.webhooks[2].turn = 0;
    stats_now_read(&now, &picture);
    assert_int_equal(picture.webhook_count, 1);
    assert_int_equal(picture.webhooks[0].counter, 1);
}

static void since_when_it_works_or_fails(void **state)
{
    (void)state;
    note(STATS_NOW_OTHER, 3, "");
    stats_now_read(&now, &picture);
    assert_true(picture.working_since_ms == 0 && picture.failing_since_ms == 0 && picture.joined_ms == 0);
    note(STATS_NOW_FAILED, 5, "");
    stats_now_read(&now, &picture);
    assert_true(picture.failing_since_ms > 0 && picture.working_since_ms == 0);
    now.failing_since_ms = 7;
    note(STATS_NOW_FAILED, 5, "");
    stats_now_read(&now, &picture);
    assert_int_equal(picture.failing_since_ms, 7);
    note(STATS_NOW_SETTLED, 0, "");
    stats_now_read(&now, &picture);
    assert_true(picture.failing_since_ms == 0 && picture.working_since_ms > 7 && picture.joined_ms > 7);
    now.working_since_ms = now.joined_ms = 9;
    note(STATS_NOW_SETTLED, 0, "");
    stats_now_read(&now, &picture);
    assert_int_equal(picture.working_since_ms, 9);
    assert_true(picture.joined_ms > 9);
}

#define ADD(function) cases.tests[cases.count++] = (struct CMUnitTest){#function, function, set_up, NULL, NULL}

int main(void)
{
    static struct cases cases;

    ADD(a_process_comes_and_goes);
    ADD(the_row_of_a_dead_one_is_taken_over);
    ADD(a_number_that_came_again_is_another_process);
    ADD(where_all_rows_are_taken_there_is_none);
    ADD(the_breaker_is_open_since_it_opened);
    ADD(the_last_webhooks_stand_first);
    ADD(reasons_are_cut_and_printable);
    ADD(what_is_like_the_last_is_counted_with_it);
    ADD(one_that_is_being_written_is_left_out);
    ADD(since_when_it_works_or_fails);
    return cases_run(&cases, "stats_now");
}
