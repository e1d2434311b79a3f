/* support/json_scan: what is JSON and what is not, and strings decoded where they lie. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "support/json_scan.h"

#define FOUR(x) x x x x
#define SIXTY_FOUR(x) FOUR(FOUR(FOUR(x)))
#define DEEP(x) FOUR(SIXTY_FOUR(x))

static const struct text {
    const char *name;
    const char *text;
    enum json_scan_check check;
    size_t length; /* 0: to its NUL */
} texts[] = {
    {"an object", "{\"a\":1,\"b\":[true,false,null],\"c\":{}}", JSON_SCAN_OK, 0},
    {"a list with blanks", " \t\r\n[ 1 , 2 ] \n", JSON_SCAN_OK, 0},
    {"an empty list", "[]", JSON_SCAN_OK, 0},
    {"an empty object", "{ }", JSON_SCAN_OK, 0},
    {"a string alone", "\"x\"", JSON_SCAN_OK, 0},
    {"a number alone", "-0.5e+10", JSON_SCAN_OK, 0},
    {"every escape", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00eF\"", JSON_SCAN_OK, 0},
    {"bytes above ASCII", "\"\xff\xc3\"", JSON_SCAN_OK, 0},
    {"as deep as may be", DEEP("[") DEEP("]"), JSON_SCAN_OK, 0},
    {"objects in lists", "[{\"a\":[{\"a\":[]}]}]", JSON_SCAN_OK, 0},
    {"one deeper", DEEP("[") "[]" DEEP("]"), JSON_SCAN_DEEP, 0},
    {"nothing", "", JSON_SCAN_BAD, 0},
    {"blanks", " ", JSON_SCAN_BAD, 0},
    {"two values", "1 2", JSON_SCAN_BAD, 0},
    {"something behind it", "{}x", JSON_SCAN_BAD, 0},
    {"a NUL behind it", "{}\0", JSON_SCAN_BAD, 3},
    {"a NUL in a string", "\"\0\"", JSON_SCAN_BAD, 3},
    {"a control byte in a string", "\"\n\"", JSON_SCAN_BAD, 0},
    {"an unknown escape", "\"\\x\"", JSON_SCAN_BAD, 0},
    {"a NUL as an escape", "\"\\\0\"", JSON_SCAN_BAD, 4},
    {"half an escape", "\"\\u12\"", JSON_SCAN_BAD, 0},
    {"an escape at the end", "\"\\", JSON_SCAN_BAD, 0},
    {"no end of a string", "\"abc", JSON_SCAN_BAD, 0},
    {"no end of a list", "[1,2", JSON_SCAN_BAD, 0},
    {"brackets that cross", "{\"a\":[}]", JSON_SCAN_BAD, 0},
    {"a bracket too many", "[]]", JSON_SCAN_BAD, 0},
    {"a comma at the end", "[1,]", JSON_SCAN_BAD, 0},
    {"a comma at the end of an object", "{\"a\":1,}", JSON_SCAN_BAD, 0},
    {"a comma at the beginning", "[,1]", JSON_SCAN_BAD, 0},
    {"no colon", "{\"a\" 1}", JSON_SCAN_BAD, 0},
    {"no name", "{1:1}", JSON_SCAN_BAD, 0},
    {"no value", "{\"a\":}", JSON_SCAN_BAD, 0},
    {"a zero in front", "01", JSON_SCAN_BAD, 0},
    {"no digits behind the point", "1.", JSON_SCAN_BAD, 0},
    {"no digits of the exponent", "1e+", JSON_SCAN_BAD, 0},
    {"minus alone", "-", JSON_SCAN_BAD, 0},
    {"plus", "+1", JSON_SCAN_BAD, 0},
    {"half a word", "tru", JSON_SCAN_BAD, 0},
    {"a word and more", "nulls", JSON_SCAN_BAD, 0},
    {"not a number", "NaN", JSON_SCAN_BAD, 0},
};

static void check(void **state)
{
    const struct text *row = *state;

    assert_int_equal(json_scan_check(row->text, row->length ? row->length : strlen(row->text)), row->check);
}

static const struct string {
    const char *name;
    const char *written;
    const char *means;
    size_t length; /* of `means`; 0: to its NUL */
} strings[] = {
    {"without escapes", "\"abc\"", "abc", 0},
    {"empty", "\"\"", "", 0},
    {"escapes", "\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz", 0},
    {"a NUL", "\"a\\u0000b\"", "a\0b", 3},
    {"two bytes", "\"\\u00e9\"", "\xc3\xa9", 0},
    {"three bytes", "\"\\u20AC\"", "\xe2\x82\xac", 0},
    {"a pair of surrogates", "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 0},
    {"the first half alone", "\"\\ud83dx\"", "\xef\xbf\xbdx", 0},
    {"the first half and another", "\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A", 0},
    {"the first half at the end", "\"\\ud83d\"", "\xef\xbf\xbd", 0},
    {"the second half alone", "\"\\ude00\"", "\xef\xbf\xbd", 0},
};

static void decode(void **state)
{
    const struct string *row = *state;
    char bytes[64];
    struct json_scan_text value = {.bytes = bytes, .length = strlen(row->written)}, string;
    size_t length = row->length ? row->length : strlen(row->means);

    memcpy(bytes, row->written, value.length);
    assert_true(json_scan_string(&value, &string));
    assert_int_equal(string.length, length);
    assert_memory_equal(string.bytes, row->means, length);
}

static void members_are_found_in_their_order(void **state)
{
    char text[] = " { \"a\" : {\"b\":[1,\"}\\\"\"]} , \"c\\u0064\":\"x\",\"e\":null,\"f\" : -1.5 } ";
    struct json_scan scan = {.at = text, .end = text + strlen(text)};
    struct json_scan_text name, value;

    (void)state;
    assert_false(json_scan_enter(&scan, '['));
    assert_true(json_scan_enter(&scan, '{'));
    assert_true(json_scan_member(&scan, &name));
    assert_memory_equal(name.bytes, "a", 1);
    json_scan_value(&scan, &value);
    assert_int_equal(value.length, strlen("{\"b\":[1,\"}\\\"\"]}"));
    assert_false(json_scan_string(&value, &value));
    assert_true(json_scan_member(&scan, &name));
    assert_int_equal(name.length, 2);
    assert_memory_equal(name.bytes, "cd", 2);
    json_scan_value(&scan, &value);
    assert_true(json_scan_string(&value, &value));
    assert_true(json_scan_member(&scan, &name));
    json_scan_value(&scan, &value);
    assert_true(json_scan_is_null(&value));
    assert_true(json_scan_member(&scan, &name));
    json_scan_value(&scan, &value);
    assert_int_equal(value.length, 4);
    assert_false(json_scan_member(&scan, &name));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, check, texts);
    CASES_ADD_TABLE(&cases, decode, strings);
    CASES_ADD(&cases, members_are_found_in_their_order);
    return cases_run(&cases, "json_scan");
}
