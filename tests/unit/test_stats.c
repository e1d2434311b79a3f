/* support/stats: what several processes count at once adds up, and the quantiles of it. */
#include "build.h"

#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/* Whoever may write to the file could forge what is counted, or take its pages away under us. */
static const struct unsafe {
    const char *name;
    mode_t mode;
    uid_t owner; /* 0: ours */
    bool twice;
} unsafes[] = {
    {"a file that its group can write to", 0620, 0, false},
    {"a file that everybody can write to", 0602, 0, false},
    {"another user's file", 0600, 4321, false},
    {"another user's file, open to all", 0666, 4321, false},
    {"a second name of a file", 0600, 0, true},
};

static void is_not_counted_in(void **state)
{
    const struct unsafe *row = *state;
    struct stats *stats = NULL;
    struct stat status;

    if (row->owner && geteuid() != 0)
        skip();
    set_up(NULL);
    tempfolder_write("stats", "", 0, row->mode);
    if (row->owner)
        assert_int_equal(chown(tempfolder_path("stats"), row->owner, (gid_t)-1), 0);
    if (row->twice)
        assert_int_equal(link(tempfolder_path("stats"), tempfolder_path("second")), 0);
    assert_int_equal(stats_open(&stats, tempfolder_path("stats")), STATS_UNSAFE);
    assert_null(stats);
    assert_int_equal(stat(tempfolder_path("stats"), &status), 0);
    assert_int_equal(status.st_size, 0); /* nor touched */
    tear_down(NULL);
}

static void a_link_is_not_followed(void **state)
{
    struct stats *stats = NULL;

    (void)state;
    tempfolder_write("victim", "", 0, 0600);
    assert_int_equal(symlink(tempfolder_path("victim"), tempfolder_path("stats")), 0);
    assert_int_equal(stats_open(&stats, tempfolder_path("stats")), STATS_FAILED);
}

static uint64_t joined(const struct stats *stats)
{
    struct stats_snapshot snapshot;

    assert_true(stats_read(stats, &snapshot));
    return snapshot.counters[STATS_JOINED];
}

/* In the file, that is: which is mapped again once a second at most. */
static void count_until_it_is_seen(struct stats *stats)
{
    int64_t last_ms = clock_monotonic_ms() + 3000;
    struct stats_snapshot snapshot;

    do {
        assert_true(clock_monotonic_ms() < last_ms);
        stats_count(stats, STATS_JOINED);
    } while (!stats_read(stats, &snapshot) || snapshot.counters[STATS_JOINED] == 0);
}

/* The access to a page that is gone is a SIGBUS. */
static void counting_outlives_a_file_that_is_shortened(void **state)
{
    struct stats *stats = open_stats(), *other;
    unsigned i;

    (void)state;
    for (i = 0; i < 3; i++) {
        stats_count(stats, STATS_JOINED);
        assert_int_equal(truncate(tempfolder_path("stats"), 0), 0);
        count_until_it_is_seen(stats);
    }
    stats_close(stats);
    assert_int_equal(stats_open_for_reading(&other, tempfolder_path("stats")), STATS_OK);
    assert_true(joined(other) > 0);
    stats_close(other);
}

/* It cannot be mapped again: a link stands there by now. Counting costs the same, and kills nobody. */
static void counting_outlives_a_file_that_is_gone_for_good(void **state)
{
    struct stats *stats = open_stats();
    struct stats_snapshot snapshot;
    unsigned i;

    (void)state;
    assert_int_equal(truncate(tempfolder_path("stats"), 0), 0);
    assert_int_equal(unlink(tempfolder_path("stats")), 0);
    assert_int_equal(symlink("nowhere", tempfolder_path("stats")), 0);
    for (i = 0; i < 1000; i++)
        stats_count(stats, STATS_JOINED);
    assert_false(stats_read(stats, &snapshot));
    stats_breaker_open(stats);
    stats_close(stats);
}

static void reading_outlives_it_too_and_says_so(void **state)
{
    struct stats *stats = open_stats(), *reading;
    struct stats_snapshot snapshot;

    (void)state;
    stats_count(stats, STATS_JOINED);
    stats_close(stats);
    assert_int_equal(stats_open_for_reading(&reading, tempfolder_path("stats")), STATS_OK);
    assert_int_equal(joined(reading), 1);
    assert_int_equal(truncate(tempfolder_path("stats"), 0), 0);
    assert_false(stats_read(reading, &snapshot));
    assert_int_equal(snapshot.counters[STATS_JOINED], 0);
    assert_false(stats_read(reading, &snapshot));
    stats_close(reading);
}

static void signal_itself(void)
{
    raise(SIGBUS);
}

/* A page of a file that has none. */
static void read_beyond_a_file(void)
{
    FILE *file = tmpfile();
    const volatile char *page = file ? mmap(NULL, 1, PROT_READ, MAP_SHARED, fileno(file), 0) : MAP_FAILED;

    if (page != MAP_FAILED)
        (void)page[0];
}

/* Of anything else it stays the end, and at once. */
static void assert_is_the_end(void (*cause)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct stats *stats = open_stats();

        (void)stats;
        alarm(5);
        cause();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void another_bus_error_ends_the_process(void **state)
{
    (void)state;
    assert_is_the_end(signal_itself);
    assert_is_the_end(read_beyond_a_file);
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
    static struct cases cases;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_count_of_several_processes_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_time_on_a_bound_is_in_the_bucket_below_it, set_up,
                                        tear_down),
        cmocka_unit_test(quantiles_are_bounds_of_their_buckets),
        cmocka_unit_test_setup_teardown(what_is_no_statistics_is_refused_and_left_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counting_outlives_a_file_that_is_shortened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counting_outlives_a_file_that_is_gone_for_good, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(reading_outlives_it_too_and_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_bus_error_ends_the_process, set_up, tear_down),
        cmocka_unit_test(without_statistics_nothing_is_counted),
    };
    int failed;

    CASES_ADD_TABLE(&cases, is_not_counted_in, unsafes);
    failed = cases_run(&cases, "stats: files");
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL) + failed;
}
