/* support/buffer: what goes in, what a ceiling stops, what is left after a failure. */
#include "build.h"

#include "cases.h"

#include <stdlib.h>
#include <string.h>

#include "support/buffer.h"

static void an_empty_buffer_is_an_empty_string(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 10);
    assert_string_equal(buffer_string(&buffer), "");
    assert_int_equal(buffer.length, 0);
    assert_int_equal(buffer_status(&buffer), BUFFER_OK);
    buffer_free(&buffer);
}

static void appends_of_all_kinds_stand_one_behind_another(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 1000);
    buffer_append(&buffer, "ab", 2);
    buffer_append_string(&buffer, "cd");
    buffer_append_char(&buffer, 'e');
    buffer_append_format(&buffer, "%03d", 7);
    assert_string_equal(buffer_string(&buffer), "abcde007");
    assert_int_equal(buffer.length, 8);
    buffer_free(&buffer);
}

static void a_nul_is_a_byte_like_others(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 10);
    buffer_append(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
    buffer_free(&buffer);
}

static void many_small_appends_grow_it(void **state)
{
    struct buffer buffer;
    unsigned i;

    (void)state;
    buffer_init(&buffer, 100000);
    for (i = 0; i < 50000; i++)
        buffer_append_char(&buffer, (char)('a' + i % 26));
    assert_int_equal(buffer_status(&buffer), BUFFER_OK);
    assert_int_equal(strlen(buffer_string(&buffer)), 50000);
    for (i = 0; i < 50000; i++)
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    buffer_free(&buffer);
}

static const struct ceiling {
    const char *name;
    size_t ceiling, first, second, kept;
    enum buffer_status status;
} ceilings[] = {
    {"just filled in one go", 10, 10, 0, 10, BUFFER_OK},
    {"just filled in two", 10, 4, 6, 10, BUFFER_OK},
    {"one byte too many in one go", 10, 11, 0, 0, BUFFER_TOO_LARGE},
    {"one byte too many in the second", 10, 4, 7, 4, BUFFER_TOO_LARGE},
    {"a ceiling of nothing takes nothing", 0, 1, 0, 0, BUFFER_TOO_LARGE},
    {"filled to a power of two", 64, 63, 1, 64, BUFFER_OK},
    {"one beyond a power of two", 65, 64, 1, 65, BUFFER_OK},
};

static void keeps_its_ceiling(void **state)
{
    const struct ceiling *row = *state;
    char bytes[128];
    struct buffer buffer;

    memset(bytes, 'x', sizeof bytes);
    buffer_init(&buffer, row->ceiling);
    buffer_append(&buffer, bytes, row->first);
    buffer_append(&buffer, bytes, row->second);
    assert_int_equal(buffer_status(&buffer), row->status);
    assert_int_equal(strlen(buffer_string(&buffer)), row->kept);
    assert_int_equal(buffer.length, row->kept);
    buffer_free(&buffer);
}

static void a_failure_is_remembered(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 4);
    buffer_append_string(&buffer, "abc");
    buffer_append_string(&buffer, "too long");
    buffer_append_char(&buffer, 'd'); /* would fit, but would follow a gap */
    assert_int_equal(buffer_status(&buffer), BUFFER_TOO_LARGE);
    assert_string_equal(buffer_string(&buffer), "abc");
    assert_null(buffer_take(&buffer));
    buffer_free(&buffer);
}

static void a_format_beyond_the_ceiling_leaves_it_as_it_was(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 8);
    buffer_append_string(&buffer, "abc");
    buffer_append_format(&buffer, "%d", 123456);
    assert_int_equal(buffer_status(&buffer), BUFFER_TOO_LARGE);
    assert_string_equal(buffer_string(&buffer), "abc");
    buffer_free(&buffer);
}

static void a_huge_length_does_not_wrap_around(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 100);
    buffer_append_string(&buffer, "abc");
    buffer_reserve(&buffer, SIZE_MAX - 1);
    assert_int_equal(buffer_status(&buffer), BUFFER_TOO_LARGE);
    assert_string_equal(buffer_string(&buffer), "abc");
    buffer_free(&buffer);
}

static void clear_forgets_bytes_and_failure(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 3);
    buffer_append_string(&buffer, "ab");
    buffer_append_string(&buffer, "too long");
    buffer_clear(&buffer);
    assert_int_equal(buffer_status(&buffer), BUFFER_OK);
    assert_string_equal(buffer_string(&buffer), "");
    buffer_append_string(&buffer, "xyz");
    assert_string_equal(buffer_string(&buffer), "xyz");
    buffer_free(&buffer);
}

static void take_hands_over_and_empties(void **state)
{
    struct buffer buffer;
    char *taken;

    (void)state;
    buffer_init(&buffer, 100);
    buffer_append_string(&buffer, "mine");
    taken = buffer_take(&buffer);
    assert_string_equal(taken, "mine");
    assert_int_equal(buffer.length, 0);
    buffer_append_string(&buffer, "next");
    assert_string_equal(taken, "mine");
    assert_string_equal(buffer_string(&buffer), "next");
    free(taken);
    buffer_free(&buffer);
}

static void take_of_nothing_is_an_empty_string(void **state)
{
    struct buffer buffer;
    char *taken;

    (void)state;
    buffer_init(&buffer, 100);
    taken = buffer_take(&buffer);
    assert_non_null(taken);
    assert_string_equal(taken, "");
    free(taken);
}

static void a_secret_is_wiped_by_clear(void **state)
{
    struct buffer buffer;
    size_t i;

    (void)state;
    buffer_init_secret(&buffer, 100);
    buffer_append_string(&buffer, "0123456789abcdef");
    buffer_clear(&buffer);
    for (i = 0; i < buffer.capacity; i++)
        assert_int_equal(buffer.data[i], 0);
    buffer_free(&buffer);
}

static void a_secret_survives_growing(void **state)
{
    struct buffer buffer;
    unsigned i;

    (void)state;
    buffer_init_secret(&buffer, 10000);
    for (i = 0; i < 1000; i++)
        buffer_append_string(&buffer, "secret");
    assert_int_equal(buffer.length, 6000);
    for (i = 0; i < 1000; i++)
        assert_memory_equal(buffer.data + 6 * (size_t)i, "secret", 6);
    buffer_free(&buffer);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, an_empty_buffer_is_an_empty_string);
    CASES_ADD(&cases, appends_of_all_kinds_stand_one_behind_another);
    CASES_ADD(&cases, a_nul_is_a_byte_like_others);
    CASES_ADD(&cases, many_small_appends_grow_it);
    CASES_ADD_TABLE(&cases, keeps_its_ceiling, ceilings);
    CASES_ADD(&cases, a_failure_is_remembered);
    CASES_ADD(&cases, a_format_beyond_the_ceiling_leaves_it_as_it_was);
    CASES_ADD(&cases, a_huge_length_does_not_wrap_around);
    CASES_ADD(&cases, clear_forgets_bytes_and_failure);
    CASES_ADD(&cases, take_hands_over_and_empties);
    CASES_ADD(&cases, take_of_nothing_is_an_empty_string);
    CASES_ADD(&cases, a_secret_is_wiped_by_clear);
    CASES_ADD(&cases, a_secret_survives_growing);
    return cases_run(&cases, "buffer");
}
