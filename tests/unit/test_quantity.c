/* support/quantity: numbers and durations of settings and headers. */
#include "build.h"

#include "cases.h"

#include "support/quantity.h"

static const struct number {
    const char *name;
    const char *text;
    uint64_t maximum;
    bool valid;
    uint64_t number;
} numbers[] = {
    {"nought", "0", 10, true, 0},
    {"the maximum", "10", 10, true, 10},
    {"one beyond the maximum", "11", 10, false, 0},
    {"leading noughts", "0010", 10, true, 10},
    {"the largest there is", "18446744073709551615", UINT64_MAX, true, UINT64_MAX},
    {"one beyond the largest there is", "18446744073709551616", UINT64_MAX, false, 0},
    {"far beyond the largest there is", "99999999999999999999999", UINT64_MAX, false, 0},
    {"empty", "", 10, false, 0},
    {"a plus sign", "+3", 10, false, 0},
    {"a minus sign", "-1", 10, false, 0},
    {"a leading blank", " 3", 10, false, 0},
    {"a trailing blank", "3 ", 10, false, 0},
    {"a hexadecimal number", "0x3", 10, false, 0},
    {"a fraction", "3.5", 10, false, 0},
    {"a unit", "3s", 10, false, 0},
    {"two values joined by a comma", "3, 3", 10, false, 0},
};

static const struct duration {
    const char *name;
    const char *text;
    uint64_t unit, maximum;
    bool valid;
    uint64_t milliseconds;
} durations[] = {
    {"milliseconds", "250ms", 1000, 10000, true, 250},
    {"seconds", "4s", 1, 10000, true, 4000},
    {"minutes", "10m", 1, 600000, true, 600000},
    {"hours", "2h", 1, 10000000, true, 7200000},
    {"days", "7d", 1, UINT64_MAX, true, 604800000},
    {"a bare number in milliseconds", "1500", 1, 10000, true, 1500},
    {"a bare number in seconds", "4", 1000, 10000, true, 4000},
    {"the maximum by a unit", "10s", 1, 10000, true, 10000},
    {"beyond the maximum by its unit", "11s", 1, 10000, false, 0},
    {"overflow by its unit", "18446744073709551615d", 1, UINT64_MAX, false, 0},
    {"an unknown unit", "3w", 1, 10000, false, 0},
    {"a unit in upper case", "3S", 1, 10000, false, 0},
    {"a blank before the unit", "3 s", 1, 10000, false, 0},
    {"two parts", "1m30s", 1, 1000000, false, 0},
    {"a unit alone", "s", 1, 10000, false, 0},
    {"a negative one", "-1s", 1, 10000, false, 0},
    {"empty", "", 1, 10000, false, 0},
};

static void a_number_is_read(void **state)
{
    const struct number *row = *state;
    uint64_t number = 4711;

    assert_int_equal(quantity_parse_number(row->text, row->maximum, &number), row->valid);
    if (row->valid)
        assert_int_equal(number, row->number);
}

static void a_duration_is_read(void **state)
{
    const struct duration *row = *state;
    uint64_t milliseconds = 4711;

    assert_int_equal(
        quantity_parse_duration(row->text, row->unit, row->maximum, &milliseconds), row->valid);
    if (row->valid)
        assert_int_equal(milliseconds, row->milliseconds);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_number_is_read, numbers);
    CASES_ADD_TABLE(&cases, a_duration_is_read, durations);
    return cases_run(&cases, "quantity");
}
