/* support/clock: the form of a time, and that the clocks go. */
#include "build.h"

#include "cases.h"

#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "support/clock.h"

static const struct row {
    const char *name;
    int64_t wall_ms;
    const char *text;
} rows[] = {
    {"the epoch", 0, "1970-01-01T00:00:00.000Z"},
    {"one millisecond", 1, "1970-01-01T00:00:00.001Z"},
    {"the last millisecond of a second", 999, "1970-01-01T00:00:00.999Z"},
    {"a second is no millisecond", 1000, "1970-01-01T00:00:01.000Z"},
    {"a leap day", 1709164800123, "2024-02-29T00:00:00.123Z"},
    {"the end of a year", 1767225599678, "2025-12-31T23:59:59.678Z"},
    {"the last second of 31 bits", 2147483647000, "2038-01-19T03:14:07.000Z"},
    {"beyond 2038", 4102444800000, "2100-01-01T00:00:00.000Z"},
};

static void is_written(void **state)
{
    const struct row *row = *state;
    char text[CLOCK_TEXT_SIZE];

    clock_format(row->wall_ms, text);
    assert_string_equal(text, row->text);
}

static void is_read(void **state)
{
    const struct row *row = *state;
    int64_t wall_ms = -1;

    assert_true(clock_parse(row->text, &wall_ms));
    assert_int_equal(wall_ms, row->wall_ms);
}

/* Each day of 430 years, at a time of day that goes through all of them; and what is no such day is
 * counted on, as the C library does. */
static void is_read_as_the_c_library_counts(void **state)
{
    int64_t number, read;

    (void)state;
    for (number = 0; number < 430 * 365; number++) {
        int64_t wall_ms = (number * 86400 + number * 7919 % 86400) * 1000 + number % 1000;
        char text[CLOCK_TEXT_SIZE];

        clock_format(wall_ms, text);
        assert_true(clock_parse(text, &read));
        assert_int_equal(read, wall_ms);
    }
    assert_true(clock_parse("2026-02-31T00:00:60Z", &read));
    assert_int_equal(read, INT64_C(1772496060000)); /* 2026-03-03T00:01:00Z */
}

static const struct bad {
    const char *name, *text;
} bads[] = {
    {"nothing", ""},
    {"a word", "yesterday"},
    {"a date alone", "2026-03-04"},
    {"a blank for the T", "2026-03-04 05:06:07Z"},
    {"no zone", "2026-03-04T05:06:07"},
    {"another zone", "2026-03-04T05:06:07+01:00"},
    {"something behind it", "2026-03-04T05:06:07Z "},
    {"something before it", " 2026-03-04T05:06:07Z"},
    {"a year of three digits", "926-03-04T05:06:07Z"},
    {"a year of five digits", "12026-03-04T05:06:07Z"},
    {"before 1970", "1969-12-31T23:59:59Z"},
    {"month 0", "2026-00-04T05:06:07Z"},
    {"month 13", "2026-13-04T05:06:07Z"},
    {"day 0", "2026-03-00T05:06:07Z"},
    {"day 32", "2026-03-32T05:06:07Z"},
    {"hour 24", "2026-03-04T24:06:07Z"},
    {"minute 60", "2026-03-04T05:60:07Z"},
    {"second 61", "2026-03-04T05:06:61Z"},
    {"a minus in a number", "2026-03-04T05:06:-7Z"},
};

static void is_no_time(void **state)
{
    const struct bad *row = *state;
    int64_t wall_ms = -1;

    assert_false(clock_parse(row->text, &wall_ms));
    assert_int_equal(wall_ms, -1);
}

static void is_written_in_utc_whatever_the_zone(void **state)
{
    char text[CLOCK_TEXT_SIZE];

    (void)state;
    setenv("TZ", "Asia/Kolkata", 1);
    tzset();
    clock_format(0, text);
    unsetenv("TZ");
    tzset();
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void the_monotonic_clock_never_goes_back(void **state)
{
    int64_t before = clock_monotonic_us();
    unsigned i;

    (void)state;
    for (i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_us();

        assert_true(now >= before);
        before = now;
    }
    assert_in_range(clock_monotonic_ms() - before / 1000, 0, 1000);
}

static void the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    assert_in_range(clock_wall_ms() / 1000 - (int64_t)time(NULL) + 5, 0, 10);
}

static void count(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    ++*(unsigned *)argument;
}

/* Built with another time_t than ours, libevent would read nothing of the milliseconds. */
static void libevent_waits_as_long_as_a_delay_says(void **state)
{
    const struct timeval delay = clock_delay(120);
    struct event_base *base = event_base_new();
    int64_t begun_ms = clock_monotonic_ms();
    unsigned called = 0;

    (void)state;
    assert_non_null(base);
    assert_int_equal(event_base_once(base, -1, EV_TIMEOUT, count, &called, &delay), 0);
    assert_int_equal(event_base_dispatch(base), 1);
    assert_int_equal(called, 1);
    assert_in_range(clock_monotonic_ms() - begun_ms, 110, 10000);
    event_base_free(base);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_written, rows);
    CASES_ADD_TABLE(&cases, is_read, rows);
    CASES_ADD(&cases, is_read_as_the_c_library_counts);
    CASES_ADD_TABLE(&cases, is_no_time, bads);
    CASES_ADD(&cases, is_written_in_utc_whatever_the_zone);
    CASES_ADD(&cases, the_monotonic_clock_never_goes_back);
    CASES_ADD(&cases, the_wall_clock_is_the_systems);
    CASES_ADD(&cases, libevent_waits_as_long_as_a_delay_says);
    return cases_run(&cases, "clock");
}
