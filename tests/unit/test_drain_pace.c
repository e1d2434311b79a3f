/* commands/drain_pace: what makes a pass end, what makes a watcher wait, and for how long. */
#include "build.h"

#include "cases.h"

#include "commands/drain_pace.h"
#include "support/clock.h"

enum { NOT_NOW_MS = -60 * 1000, ON_TIME_MS = 100 /* for a busy machine */ };

struct row {
    const char *name;
    struct join_outcome outcome;
    bool put_off;
    const char *stopped; /* of a pass; NULL: it goes on */
    bool no_memory;
    int64_t pause_ms;
};

#define LATER .result = JOIN_RETRY_LATER
#define REFUSED .result = JOIN_REFUSED

static const struct row rows[] = {
    {"joined", {.result = JOIN_JOINED, .attempts = 1}, false, NULL, false, 0},
    {"a refusal of one conversation", {REFUSED, .attempts = 1}, false, NULL, false, 0},
    {"429 without Retry-After", {LATER, .attempts = 1, .limited = true}, false, NULL, false, 1000},
    {"429 with Retry-After", {LATER, .attempts = 1, .limited = true, .retry_after = 7}, false, NULL,
     false, 7000},
    {"429 that asks for as long as a pass waits", {LATER, .attempts = 1, .limited = true, .retry_after = 60},
     false, NULL, false, 60 * 1000},
    {"429 that asks for longer", {LATER, .attempts = 1, .limited = true, .retry_after = 61}, false,
     "Twilio asks to come back later (429)", false, 61 * 1000},
    {"429 that asks for a day", {LATER, .attempts = 1, .limited = true, .retry_after = 86400}, false,
     "Twilio asks to come back later (429)", false, 60 * 60 * 1000},
    {"a refusal of all", {REFUSED, .attempts = 1, .account_wide = true, .reason = "credentials"},
     false, "credentials", false, 60 * 1000},
    {"a refusal of all that one has to look into", {REFUSED, .attempts = 1, .account_wide = true, .for_some = true, .reason = "key"},
     false, NULL, false, 0},
    {"the breaker is open", {LATER}, true, "Twilio does not answer", false, 200},
    {"no memory for an attempt", {LATER, .no_memory = true}, false, "out of memory", true, 1000},
};

static void expect_pause(const struct drain_pace *pace, int64_t pause_ms)
{
    int64_t wait = drain_pace_wait_ms(pace, clock_monotonic_ms() + NOT_NOW_MS);

    if (pause_ms == 0)
        assert_true(wait <= 0);
    else
        assert_in_range(wait, pause_ms - ON_TIME_MS, pause_ms);
}

static void a_pass_heeds(void **state)
{
    const struct row *row = *state;
    struct drain_pace pace = {.watch = false};

    drain_pace_heed(&pace, &row->outcome, row->put_off);
    if (row->stopped)
        assert_string_equal(pace.stopped, row->stopped);
    else
        assert_null(pace.stopped);
    assert_int_equal(pace.no_memory, row->no_memory);
    expect_pause(&pace, row->pause_ms);
}

static void a_watcher_waits_and_never_ends(void **state)
{
    const struct row *row = *state;
    struct drain_pace pace = {.watch = true};

    drain_pace_heed(&pace, &row->outcome, row->put_off);
    assert_null(pace.stopped);
    assert_false(pace.no_memory);
    expect_pause(&pace, row->pause_ms);
}

static void a_longer_pause_is_not_cut_short(void **state)
{
    static const struct join_outcome limited = {LATER, .limited = true, .retry_after = 60};
    static const struct join_outcome again = {LATER, .limited = true, .retry_after = 1};
    struct drain_pace pace = {.watch = true};

    (void)state;
    drain_pace_heed(&pace, &limited, false);
    drain_pace_heed(&pace, &again, false);
    expect_pause(&pace, 60 * 1000);
}

static void what_is_due_later_than_the_pause_waits_for_its_own_time(void **state)
{
    struct drain_pace pace = {.watch = true};

    (void)state;
    drain_pace_run_out_of_memory(&pace);
    assert_in_range(drain_pace_wait_ms(&pace, clock_monotonic_ms() + 5000), 5000 - ON_TIME_MS, 5000);
}

static void one_at_a_time_while_the_breaker_is_open(void **state)
{
    (void)state;
    assert_int_equal(drain_pace_concurrency(512, false), 32);
    assert_int_equal(drain_pace_concurrency(3, false), 3);
    assert_int_equal(drain_pace_concurrency(512, true), 1);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_pass_heeds, rows);
    CASES_ADD_TABLE(&cases, a_watcher_waits_and_never_ends, rows);
    CASES_ADD(&cases, a_longer_pause_is_not_cut_short);
    CASES_ADD(&cases, what_is_due_later_than_the_pause_waits_for_its_own_time);
    CASES_ADD(&cases, one_at_a_time_while_the_breaker_is_open);
    return cases_run(&cases, "drain_pace");
}
