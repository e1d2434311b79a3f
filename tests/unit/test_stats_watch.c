/*
 * commands/stats_watch: what is zero is not shown, rates are those of the last ten seconds, and the page fits.
 */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "commands/stats_watch.h"

static struct stats_report report;
static struct stats_watch watched;
static struct buffer page;

static int set_up(void **state)
{
    (void)state;
    report = (struct stats_report){.counted = {.started_ms = 1000}};
    watched = (struct stats_watch){.count = 0};
    buffer_init(&page, STATS_WATCH_LIMIT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buffer_free(&page);
    return 0;
}

static const char *draw(unsigned columns, unsigned lines)
{
    buffer_clear(&page);
    stats_watch_page(&page, &watched, &report, 61000, columns, lines);
    return buffer_string(&page);
}

static void take(int64_t second)
{
    stats_watch_take(&watched, &report, second * 1000);
}

static void nothing_was_counted(void **state)
{
    (void)state;
    take(0);
    assert_string_equal(draw(80, 24), "Since 1970-01-01 00:00:01, in all and lately; now 00:01:01 UTC\n"
                                      "Nothing was counted yet.\n\nbreaker closed\n");
}

static void what_rests_has_no_rate(void **state)
{
    (void)state;
    report.counted.counters[STATS_JOINED] = 7;
    take(0);
    take(1);
    draw(80, 24);
    assert_non_null(strstr(buffer_string(&page), "\nwebhook joined                7\n"));
    assert_null(strstr(buffer_string(&page), "already-joined"));
}

static const struct rate {
    const char *name;
    unsigned each_second;
    unsigned seconds;
    const char *shown;
} rates[] = {
    {"many", 1234, 5, " 1234/s\n"},
    {"a few", 5, 5, " 5.0/s\n"},
    {"over more than the window", 3, 30, " 3.0/s\n"},
};

static void rates_are_of_the_last_seconds(void **state)
{
    const struct rate *row = *state;
    unsigned i;

    set_up(NULL);
    for (i = 0; i <= row->seconds; i++) {
        take(i);
        report.counted.counters[STATS_JOINED] += row->each_second;
    }
    report.counted.counters[STATS_JOINED] -= row->each_second;
    assert_non_null(strstr(draw(80, 24), row->shown));
    tear_down(NULL);
}

static void what_is_rare_is_told_by_the_minute(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 20; i++) {
        report.counted.counters[STATS_REFUSED] = i >= 15;
        take(i);
    }
    assert_non_null(strstr(draw(80, 24), " 6/min\n"));
    for (; i < 40; i++)
        take(i);
    assert_null(strstr(draw(80, 24), "/min"));
}

/* Another responder made the file anew. */
static void what_shrinks_has_no_rate(void **state)
{
    (void)state;
    report.counted.counters[STATS_JOINED] = 9;
    take(0);
    report.counted.counters[STATS_JOINED] = 1;
    take(1);
    assert_null(strstr(draw(80, 24), "/"));
}

static void every_size_is_kept_to(void **state)
{
    unsigned columns, lines, i;

    (void)state;
    for (i = 0; i < STATS_COUNTER_COUNT; i++)
        report.counted.counters[i] = UINT64_MAX - i;
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++)
        report.counted.times[i].buckets[STATS_BUCKET_COUNT - 1] = 1;
    report.has_spool = true;
    report.spool = (struct spool_counts){.tickets = UINT64_MAX, .failed = UINT64_MAX, .broken = 1, .oldest_ms = INT64_MAX};
    take(0);
    for (columns = 40; columns <= 100; columns++) {
        for (lines = 7; lines < 60; lines++) {
            const char *at = draw(columns, lines);
            unsigned count = 0;

            for (; *at; count++) {
                size_t length = strcspn(at, "\n");

                assert_true(length <= columns);
                at += length + 1;
            }
            assert_true(count <= lines);
        }
    }
}

#define ADD(function) cases.tests[cases.count++] = (struct CMUnitTest){#function, function, set_up, tear_down, NULL}

int main(void)
{
    static struct cases cases;

    ADD(nothing_was_counted);
    ADD(what_rests_has_no_rate);
    CASES_ADD_TABLE(&cases, rates_are_of_the_last_seconds, rates);
    ADD(what_is_rare_is_told_by_the_minute);
    ADD(what_shrinks_has_no_rate);
    ADD(every_size_is_kept_to);
    return cases_run(&cases, "stats_watch");
}
