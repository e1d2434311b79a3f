/* support/percent: RFC 3986 encoding, and decoding of form bytes. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "support/percent.h"

static const struct row {
    const char *name;
    const char *from;
    const char *to;
    size_t from_length; /* 0: strlen() */
    size_t to_length;
} encodings[] = {
    {"unreserved characters stay", "azAZ09-._~", "azAZ09-._~", 0, 0},
    {"a slash is no separator of ours", "a/b", "a%2Fb", 0, 0},
    {"a blank", "a b", "a%20b", 0, 0},
    {"a plus", "+1415", "%2B1415", 0, 0},
    {"form separators", "a=b&c", "a%3Db%26c", 0, 0},
    {"query and fragment", "?#", "%3F%23", 0, 0},
    {"a percent sign", "%41", "%2541", 0, 0},
    {"sub-delimiters", "!$'()*,;:@", "%21%24%27%28%29%2A%2C%3B%3A%40", 0, 0},
    {"UTF-8, in upper-case digits", "\xc3\xbc", "%C3%BC", 0, 0},
    {"control characters", "\r\n\t", "%0D%0A%09", 0, 0},
    {"nothing", "", "", 0, 0},
}, decodings[] = {
    {"plain bytes stay", "abc", "abc", 0, 0},
    {"a plus is a blank", "a+b", "a b", 0, 0},
    {"an escaped plus is a plus", "%2B1415", "+1415", 0, 0},
    {"digits of either case", "%2b%2B", "++", 0, 0},
    {"an escaped percent is not decoded again", "%2541", "%41", 0, 0},
    {"a percent sign at the end", "100%", "100%", 0, 0},
    {"a percent sign and one digit at the end", "100%4", "100%4", 0, 0},
    {"a percent sign without digits", "%zz", "%zz", 0, 0},
    {"a percent sign with one digit", "%4z", "%4z", 0, 0},
    {"a percent sign before an escape", "%%41", "%A", 0, 0},
    {"UTF-8 bytes", "%C3%BC", "\xc3\xbc", 0, 0},
    {"bytes that are no UTF-8", "%FF%80", "\xff\x80", 0, 0},
    {"a NUL is data", "a%00b", "a\0b", 0, 3},
    {"a raw NUL is data", "a\0b", "a\0b", 3, 3},
    {"blanks are not trimmed", "+a+", " a ", 0, 0},
    {"nothing", "", "", 0, 0},
};

static size_t length_of(size_t given, const char *text)
{
    return given ? given : strlen(text);
}

static void is_encoded(void **state)
{
    const struct row *row = *state;
    struct buffer out;

    buffer_init(&out, 100);
    percent_encode(&out, row->from, strlen(row->from));
    assert_string_equal(buffer_string(&out), row->to);
    buffer_free(&out);
}

static void is_decoded(void **state)
{
    const struct row *row = *state;
    char bytes[64];
    size_t from = length_of(row->from_length, row->from);
    size_t to = length_of(row->to_length, row->to);

    memset(bytes, '#', sizeof bytes); /* what stands behind must not count */
    memcpy(bytes, row->from, from);
    assert_int_equal(percent_decode_form(bytes, from), to);
    assert_memory_equal(bytes, row->to, to);
}

static void an_escape_cut_by_the_length_stays(void **state)
{
    char bytes[] = "a%41";

    (void)state;
    assert_int_equal(percent_decode_form(bytes, 3), 3);
    assert_memory_equal(bytes, "a%4", 3);
}

static void every_byte_survives_both_ways(void **state)
{
    char all[256], back[3 * 256];
    struct buffer out;
    unsigned i;

    (void)state;
    for (i = 0; i < 256; i++)
        all[i] = (char)i;
    buffer_init(&out, sizeof back);
    percent_encode(&out, all, sizeof all);
    memcpy(back, out.data, out.length);
    assert_int_equal(percent_decode_form(back, out.length), 256);
    assert_memory_equal(back, all, 256);
    buffer_free(&out);
}

static void pairs_are_joined_by_an_ampersand(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 100);
    percent_encode_pair(&out, "Identity", "bot & co");
    percent_encode_pair(&out, "MessagingBinding.ProjectedAddress", "+1");
    assert_string_equal(buffer_string(&out),
                        "Identity=bot%20%26%20co&MessagingBinding.ProjectedAddress=%2B1");
    buffer_free(&out);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_encoded, encodings);
    CASES_ADD_TABLE(&cases, is_decoded, decodings);
    CASES_ADD(&cases, an_escape_cut_by_the_length_stays);
    CASES_ADD(&cases, every_byte_survives_both_ways);
    CASES_ADD(&cases, pairs_are_joined_by_an_ampersand);
    return cases_run(&cases, "percent");
}
