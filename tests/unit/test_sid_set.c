/* support/sid_set: the same as a plain list would say, and what a bounded set forgets. */
#include "build.h"

#include "cases.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/sid_set.h"

enum { SIDS = 700, STEPS = 60000, SID_SIZE = 35 };

/* A plain list: when each SID was put in (0: it is not there), counting those put in. */
struct model {
    unsigned since[SIDS];
    bool marked[SIDS];
    unsigned count, puts, bound;
};

static void name(char sid[SID_SIZE], unsigned which)
{
    /* Most bytes are the same, so that they meet in the table. */
    snprintf(sid, SID_SIZE, "CH%032x", which * 0x01000001u);
}

static bool is_there(const struct model *model, unsigned which)
{
    return model->since[which] > 0 &&
           (model->bound == 0 || model->since[which] + model->bound > model->puts);
}

static unsigned count_there(const struct model *model)
{
    unsigned which, count = 0;

    for (which = 0; which < SIDS; which++)
        count += is_there(model, which);
    return count;
}

static void put(struct model *model, struct sid_set *set, unsigned which, bool marked)
{
    char sid[SID_SIZE];

    name(sid, which);
    if (!is_there(model, which))
        model->since[which] = ++model->puts;
    model->marked[which] = marked;
    assert_true(sid_set_put(set, sid, marked));
}

static void compare(const struct model *model, const struct sid_set *set, unsigned which)
{
    enum sid_set_mark expected = SID_SET_ABSENT;
    char sid[SID_SIZE];

    name(sid, which);
    if (is_there(model, which))
        expected = model->marked[which] ? SID_SET_MARKED : SID_SET_PLAIN;
    assert_int_equal(sid_set_look(set, sid), expected);
}

static void walk(unsigned bound)
{
    struct sid_set *set = sid_set_new(bound);
    struct model model = {.bound = bound};
    unsigned seed = (unsigned)time(NULL), step, which;

    print_message("seed %u\n", seed);
    srandom(seed);
    assert_non_null(set);
    for (step = 0; step < STEPS; step++) {
        long choice = random();

        which = (unsigned)(choice >> 8) % SIDS;
        if (choice % 3 == 0) {
            char sid[SID_SIZE];

            name(sid, which);
            sid_set_remove(set, sid);
            model.since[which] = 0;
        } else {
            put(&model, set, which, choice % 2 == 0);
        }
        compare(&model, set, (unsigned)random() % SIDS);
        if (step % 1000 == 0) {
            for (which = 0; which < SIDS; which++)
                compare(&model, set, which);
            assert_int_equal(sid_set_count(set), count_there(&model));
        }
    }
    sid_set_free(set);
}

static void grows_and_says_what_a_list_would(void **state)
{
    (void)state;
    walk(0);
}

static void bounded_it_holds_the_last_that_were_put_in(void **state)
{
    (void)state;
    walk(100);
}

static void the_oldest_goes_first_and_another_mark_makes_it_no_younger(void **state)
{
    struct sid_set *set = sid_set_new(3);
    struct model model = {.bound = 3};
    unsigned which;

    (void)state;
    assert_non_null(set);
    for (which = 0; which < 3; which++)
        put(&model, set, which, false);
    put(&model, set, 0, true);
    put(&model, set, 3, false);
    assert_int_equal(sid_set_count(set), 3);
    assert_int_equal(sid_set_look(set, "CH00000000000000000000000000000000"), SID_SET_ABSENT);
    for (which = 0; which < 4; which++)
        compare(&model, set, which);
    sid_set_free(set);
}

static void letter_case_does_not_count(void **state)
{
    struct sid_set *set = sid_set_new(0);

    (void)state;
    assert_non_null(set);
    assert_true(sid_set_put(set, "CHabcdefabcdefabcdefabcdefabcdef01", true));
    assert_int_equal(sid_set_look(set, "CHABCDEFABCDEFABCDEFABCDEFABCDEF01"), SID_SET_MARKED);
    assert_int_equal(sid_set_look(set, "CHABCDEFABCDEFABCDEFABCDEFABCDEF02"), SID_SET_ABSENT);
    sid_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_says_what_a_list_would),
        cmocka_unit_test(bounded_it_holds_the_last_that_were_put_in),
        cmocka_unit_test(the_oldest_goes_first_and_another_mark_makes_it_no_younger),
        cmocka_unit_test(letter_case_does_not_count),
    };

    return cmocka_run_group_tests_name("sid_set", tests, NULL, NULL);
}
