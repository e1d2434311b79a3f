/* support/stats: what several processes count at once adds up, and the quantiles of it. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/stats.h"
#include "tempfolder.h"

enum { PROCESSES = 4, BATCH = 10000, FOR_MS = 400, TIMED = 100000 };

static int set_up(void **state)
{
    (void)state;
    tempfolder_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tempfolder_remove();
    return 0;
}

static struct stats *open_stats(void)
{
    struct stats *stats = NULL;

    assert_int_equal(stats_open(&stats, tempfolder_path("stats")), STATS_OK);
    return stats;
}

/* Counts for as long as all others do, and writes how often; ends the process. */
static void count_in_child(int64_t until_ms, int results)
{
    struct stats *stats = NULL;
    uint64_t counted = 0;
    unsigned i;

    if (stats_open(&stats, tempfolder_path("stats")) != STATS_OK)
        _exit(1);
    for (i = 0; i < TIMED; i++)
        stats_time(stats, STATS_REST_TIME, 3);
    do {
        for (i = 0; i < BATCH; i++)
            stats_count(stats, STATS_JOINED);
        counted += BATCH;
    } while (clock_monotonic_ms() < until_ms);
    _exit(write(results, &counted, sizeof counted) == sizeof counted ? 0 : 1);
}

static void no_count_of_several_processes_is_lost(void **state)
{
    struct stats *stats = open_stats();
    struct stats_snapshot snapshot;
    int64_t until_ms = clock_monotonic_ms() + FOR_MS;
    uint64_t counted = 0, timed = 0;
    int results[2];
    unsigned i;

    (void)state;
    assert_int_equal(pipe(results), 0);
    for (i = 0; i < PROCESSES; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            count_in_child(until_ms, results[1]);
    }
    for (i = 0; i < PROCESSES; i++) {
        uint64_t one;
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
        assert_int_equal(read(results[0], &one, sizeof one), sizeof one);
        counted += one;
    }
    close(results[0]);
    close(results[1]);
    stats_read(stats, &snapshot);
    assert_int_equal(snapshot.counters[STATS_JOINED], counted);
    for (i = 0; i < STATS_BUCKET_COUNT; i++)
        timed += snapshot.times[STATS_REST_TIME].buckets[i];
    assert_int_equal(timed, PROCESSES * TIMED);
    assert_int_equal(snapshot.times[STATS_REST_TIME].sum_us, 3 * PROCESSES * TIMED);
    stats_close(stats);
}

static void a_time_on_a_bound_is_in_the_bucket_below_it(void **state)
{
    struct stats *stats = open_stats();
    struct stats_snapshot snapshot;

    (void)state;
    stats_time(stats, STATS_WEBHOOK_TIME, stats_bounds_us[4]);
    stats_time(stats, STATS_WEBHOOK_TIME, stats_bounds_us[4] + 1);
    stats_time(stats, STATS_WEBHOOK_TIME, stats_bounds_us[STATS_BUCKET_COUNT - 2] + 1);
    stats_read(stats, &snapshot);
    assert_int_equal(snapshot.times[STATS_WEBHOOK_TIME].buckets[4], 1);
    assert_int_equal(snapshot.times[STATS_WEBHOOK_TIME].buckets[5], 1);
    assert_int_equal(snapshot.times[STATS_WEBHOOK_TIME].buckets[STATS_BUCKET_COUNT - 1], 1);
    stats_close(stats);
}

static void quantiles_are_bounds_of_their_buckets(void **state)
{
    struct stats_times times = {.sum_us = 0};

    (void)state;
    assert_int_equal(stats_quantile_us(&times, 0.5), -1);
    times.buckets[2] = 98;
    times.buckets[7] = 1;
    times.buckets[STATS_BUCKET_COUNT - 1] = 1;
    assert_int_equal(stats_quantile_us(&times, 0.98), stats_bounds_us[2]);
    assert_int_equal(stats_quantile_us(&times, 0.985), stats_bounds_us[7]);
    assert_true(stats_quantile_us(&times, 1) == INT64_MAX);
}

static void what_is_no_statistics_is_refused_and_left_as_it_is(void **state)
{
    static const char text[] = "somebody's notes";
    struct stats *stats = NULL;
    char now[sizeof text] = "";
    FILE *file;

    (void)state;
    assert_int_equal(stats_open_for_reading(&stats, tempfolder_path("none")), STATS_FAILED);
    assert_int_equal(access(tempfolder_path("none"), F_OK), -1);
    tempfolder_write("notes", text, sizeof text, 0600);
    assert_int_equal(stats_open(&stats, tempfolder_path("notes")), STATS_OTHER_VERSION);
    file = fopen(tempfolder_path("notes"), "re");
    assert_non_null(file);
    assert_int_equal(fread(now, 1, sizeof now, file), sizeof text);
    assert_int_equal(fgetc(file), EOF);
    fclose(file);
    assert_string_equal(now, text);
}

static void without_statistics_nothing_is_counted(void **state)
{
    (void)state;
    stats_count(NULL, STATS_JOINED);
    stats_time(NULL, STATS_REST_TIME, 1);
    stats_breaker_open(NULL);
    stats_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_count_of_several_processes_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_time_on_a_bound_is_in_the_bucket_below_it, set_up,
                                        tear_down),
        cmocka_unit_test(quantiles_are_bounds_of_their_buckets),
        cmocka_unit_test_setup_teardown(what_is_no_statistics_is_refused_and_left_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test(without_statistics_nothing_is_counted),
    };

    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
