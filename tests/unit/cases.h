/*
 * Makes one cmocka test of each row of a table, so that a failure names its row.
 *
 * A row is a struct whose first member is its name; the test finds its row in *state.
 */
#ifndef AUTOJOIN_TESTS_UNIT_CASES_H
#define AUTOJOIN_TESTS_UNIT_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* cmocka 2 would have it called by a name that cmocka 1 does not know, and means the same. */
#ifdef assert_uint_in_range
#undef assert_in_range
#define assert_in_range(value, minimum, maximum) assert_uint_in_range(value, minimum, maximum)
#endif

enum { CASES_LIMIT = 256 };

struct cases {
    struct CMUnitTest tests[CASES_LIMIT];
    size_t count;
};

static inline void cases_add_row(struct cases *cases, const char *name,
                                 CMUnitTestFunction function, const void *row)
{
    if (cases->count == CASES_LIMIT)
        abort(); /* a case left out would look like one that passed */
    cases->tests[cases->count++] =
        (struct CMUnitTest){name, function, NULL, NULL, (void *)(uintptr_t)row};
}

static inline void cases_add_rows(struct cases *cases, CMUnitTestFunction function,
                                  const void *rows, size_t count, size_t size)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *row = (const char *)rows + i * size;

        cases_add_row(cases, *(const char *const *)(const void *)row, function, row);
    }
}

#define CASES_ADD(cases, function) cases_add_row(cases, #function, function, NULL)

#define CASES_ADD_TABLE(cases, function, rows) \
    cases_add_rows(cases, function, rows, sizeof(rows) / sizeof((rows)[0]), sizeof((rows)[0]))

static inline int cases_run(struct cases *cases, const char *module)
{
    return _cmocka_run_group_tests(module, cases->tests, cases->count, NULL, NULL);
}

#endif
