/* support/nearest: which known word was meant. */
#include "build.h"

#include <string.h>

#include "cases.h"

#include "support/nearest.h"

static const char *nearest(const char *word, const char *const *known)
{
    struct nearest_search search = {.word = word};

    for (; *known; known++)
        nearest_try(&search, *known);
    return search.found;
}

static void what_was_meant_is_found(void **state)
{
    static const char *const known[] = {"check", "setup", "reconcile", "explain", NULL};

    (void)state;
    assert_string_equal(nearest("chekc", known), "check");
    assert_string_equal(nearest("chek", known), "check");
    assert_string_equal(nearest("SETUP", known), "setup");
    assert_string_equal(nearest("reconcil", known), "reconcile");
    assert_string_equal(nearest("explian", known), "explain");
}

static void what_is_like_nothing_finds_nothing(void **state)
{
    static const char *const known[] = {"check", "setup", NULL};

    (void)state;
    assert_null(nearest("xyzzy", known));
    assert_null(nearest("", known));
    assert_null(nearest("c", known));
}

static void the_first_of_equals_counts(void **state)
{
    static const char *const known[] = {"stat1", "stat2", NULL};

    (void)state;
    assert_string_equal(nearest("stats", known), "stat1");
}

static void distance_counts_letters_and_not_their_case(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("abc", "ABC"), 0);
    assert_int_equal(nearest_distance("abc", "abd"), 2);
    assert_int_equal(nearest_distance("abc", "abcd"), 1);
    assert_int_equal(nearest_distance("", "abcd"), 4);
}

static void of_long_words_only_so_much_is_compared(void **state)
{
    char word[4 * NEAREST_LIMIT];

    (void)state;
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_int_equal(nearest_distance(word, word), 0);
    assert_int_equal(nearest_distance(word, ""), NEAREST_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_meant_is_found),
        cmocka_unit_test(what_is_like_nothing_finds_nothing),
        cmocka_unit_test(the_first_of_equals_counts),
        cmocka_unit_test(distance_counts_letters_and_not_their_case),
        cmocka_unit_test(of_long_words_only_so_much_is_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
