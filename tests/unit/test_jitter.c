/* support/jitter: random delays that spread over their whole range. */
#include "build.h"

#include "cases.h"

#include <stdio.h>

#include "support/jitter.h"

static void stays_below_its_limit_and_reaches_all_of_it(void **state)
{
    struct jitter jitter;
    unsigned counts[10] = {0}, i;

    (void)state;
    jitter_init(&jitter);
    print_message("seed %016llx\n", (unsigned long long)jitter.state);
    for (i = 0; i < 10000; i++) {
        int64_t number = jitter_below(&jitter, 10);

        assert_in_range(number, 0, 9);
        counts[number]++;
    }
    /* 1000 are expected of each: 700 is ten standard deviations away. */
    for (i = 0; i < 10; i++)
        assert_in_range(counts[i], 700, 1300);
}

static void a_limit_of_nothing_gives_nothing(void **state)
{
    struct jitter jitter = {.state = 1};

    (void)state;
    assert_int_equal(jitter_below(&jitter, 0), 0);
    assert_int_equal(jitter_below(&jitter, -5), 0);
    assert_int_equal(jitter_below(&jitter, 1), 0);
}

static void processes_started_together_differ(void **state)
{
    struct jitter a, b;

    (void)state;
    jitter_init(&a);
    jitter_init(&b);
    assert_int_not_equal(a.state, b.state);
    assert_int_not_equal(jitter_next(&a), jitter_next(&b));
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    struct jitter a = {.state = 42}, b = {.state = 42};
    unsigned i;

    (void)state;
    for (i = 0; i < 100; i++)
        assert_int_equal(jitter_next(&a), jitter_next(&b));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, stays_below_its_limit_and_reaches_all_of_it);
    CASES_ADD(&cases, a_limit_of_nothing_gives_nothing);
    CASES_ADD(&cases, processes_started_together_differ);
    CASES_ADD(&cases, the_same_seed_gives_the_same_numbers);
    return cases_run(&cases, "jitter");
}
