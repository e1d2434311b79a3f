/* support/sid: two letters and 32 hex digits, of the wanted kind and nothing else. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "support/sid.h"

#define HEX32 "0123456789abcdef0123456789ABCDEF"

static const struct row {
    const char *name;
    const char *bytes;
    size_t length; /* 0: strlen() */
    const char *prefix;
    bool valid;
} rows[] = {
    {"a conversation, digits of both cases", "CH" HEX32, 0, "CH", true},
    {"a service", "IS" HEX32, 0, "IS", true},
    {"an account", "AC" HEX32, 0, "AC", true},
    {"a participant", "MB" HEX32, 0, "MB", true},
    {"of another kind", "IS" HEX32, 0, "CH", false},
    {"lower-case letters", "ch" HEX32, 0, "CH", false},
    {"one letter in lower case", "Ch" HEX32, 0, "CH", false},
    {"empty", "", 0, "CH", false},
    {"the letters alone", "CH", 0, "CH", false},
    {"one digit short", "CH0123456789abcdef0123456789ABCDE", 0, "CH", false},
    {"one digit too many", "CH" HEX32 "0", 0, "CH", false},
    {"a g among the digits", "CH0123456789abcdef0123456789ABCDEg", 0, "CH", false},
    {"a slash among the digits", "CH0123456789abcdef/123456789ABCDEF", 0, "CH", false},
    {"dots, as in a path", "CH../../../../../../../../../../..", 0, "CH", false},
    {"a percent escape", "CH%3023456789abcdef0123456789ABCDE", 0, "CH", false},
    {"a leading blank", " CH0123456789abcdef0123456789ABCDE", 0, "CH", false},
    {"a newline at its end", "CH0123456789abcdef0123456789ABCDE\n", 0, "CH", false},
    {"a NUL at its end", "CH0123456789abcdef0123456789ABCDE\0", SID_LENGTH, "CH", false},
    {"a NUL behind it counts", "CH" HEX32 "\0", SID_LENGTH + 1, "CH", false},
    {"a byte above ASCII", "CH\xc3\xa9" "23456789abcdef0123456789ABCDEF", 0, "CH", false},
};

static size_t length_of(const struct row *row)
{
    return row->length ? row->length : strlen(row->bytes);
}

static void is_judged(void **state)
{
    const struct row *row = *state;

    assert_int_equal(sid_valid(row->bytes, length_of(row), row->prefix), row->valid);
}

static void is_copied_only_if_valid(void **state)
{
    const struct row *row = *state;
    struct sid sid;

    memset(&sid, 'x', sizeof sid);
    assert_int_equal(sid_copy(&sid, row->bytes, length_of(row), row->prefix), row->valid);
    assert_string_equal(sid.text, row->valid ? row->bytes : "");
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_judged, rows);
    CASES_ADD_TABLE(&cases, is_copied_only_if_valid, rows);
    return cases_run(&cases, "sid");
}
