/* webhook/form: bytes stay bytes, order stays order, and there is an end to it. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "webhook/form.h"

static const struct row {
    const char *name;
    const char *body;
    size_t length; /* 0: strlen() */
    size_t count;
    struct form_parameter parameters[4];
} rows[] = {
#define P(name, value) {name, sizeof name - 1, value, sizeof value - 1}
    {"nothing", "", 0, 0, {{0}}},
    {"one pair", "EventType=onConversationAdded", 0, 1, {P("EventType", "onConversationAdded")}},
    {"their order is kept", "b=2&a=1", 0, 2, {P("b", "2"), P("a", "1")}},
    {"an empty value", "a=", 0, 1, {P("a", "")}},
    {"a name alone", "a", 0, 1, {P("a", "")}},
    {"an empty name", "=v", 0, 1, {P("", "v")}},
    {"an equals sign in the value", "a=b=c", 0, 1, {P("a", "b=c")}},
    {"empty pieces are nothing", "&&a=1&&b=2&", 0, 2, {P("a", "1"), P("b", "2")}},
    {"plus and escapes", "Body=a+b%26c%3Dd", 0, 1, {P("Body", "a b&c=d")}},
    {"an escaped name", "Messaging%42inding.Address=%2B1", 0, 1,
     {P("MessagingBinding.Address", "+1")}},
    {"blanks are not trimmed", "a=+x+", 0, 1, {P("a", " x ")}},
    {"a NUL is data", "a=x%00y&b=1", 0, 2, {P("a", "x\0y"), P("b", "1")}},
    {"a raw NUL is data", "a=x\0y&b=1", 9, 2, {P("a", "x\0y"), P("b", "1")}},
    {"bytes that are no UTF-8", "a=%ff%FE", 0, 1, {P("a", "\xff\xfe")}},
    {"an escape that is none", "a=%zz&b=%4", 0, 2, {P("a", "%zz"), P("b", "%4")}},
    {"repeated names stay", "A=2&A=1&A=2", 0, 3, {P("A", "2"), P("A", "1"), P("A", "2")}},
    {"a semicolon is no separator", "a=1;b=2", 0, 1, {P("a", "1;b=2")}},
    {"line ends are data", "a=1\r\n", 0, 1, {P("a", "1\r\n")}},
#undef P
};

static void is_taken_apart(void **state)
{
    const struct row *row = *state;
    static struct form form;
    size_t length = row->length ? row->length : strlen(row->body), i;
    char body[128];

    memcpy(body, row->body, length);
    assert_true(form_parse(&form, body, length));
    assert_int_equal(form.count, row->count);
    for (i = 0; i < row->count; i++) {
        const struct form_parameter *got = &form.parameters[i], *wanted = &row->parameters[i];

        assert_int_equal(got->name_length, wanted->name_length);
        assert_memory_equal(got->name, wanted->name, wanted->name_length);
        assert_int_equal(got->value_length, wanted->value_length);
        assert_memory_equal(got->value, wanted->value, wanted->value_length);
    }
}

static void only_the_given_length_is_read(void **state)
{
    static struct form form;
    char body[] = "a=1&b=2";

    (void)state;
    assert_true(form_parse(&form, body, 3));
    assert_int_equal(form.count, 1);
    assert_true(form_value_is(form_find(&form, "a"), "1"));
}

static bool parse_many(unsigned count)
{
    static struct form form;
    static char body[4 * (FORM_PARAMETERS_LIMIT + 1)];
    unsigned i;

    for (i = 0; i < count; i++)
        memcpy(body + 4 * (size_t)i, "a=1&", 4);
    return form_parse(&form, body, 4 * (size_t)count);
}

static void as_many_parameters_as_the_limit_are_taken(void **state)
{
    (void)state;
    assert_true(parse_many(FORM_PARAMETERS_LIMIT));
}

static void one_more_is_refused(void **state)
{
    (void)state;
    assert_false(parse_many(FORM_PARAMETERS_LIMIT + 1));
}

static void the_first_of_a_name_is_found(void **state)
{
    static struct form form;
    char body[] = "Sid=1&SidAccount=2&Sid=3&Si=4";

    (void)state;
    form_parse(&form, body, strlen(body));
    assert_true(form_value_is(form_find(&form, "Sid"), "1"));
    assert_true(form_value_is(form_find(&form, "SidAccount"), "2"));
    assert_true(form_value_is(form_find(&form, "Si"), "4"));
    assert_null(form_find(&form, "sid"));
    assert_null(form_find(&form, "S"));
}

static const struct conflict {
    const char *name;
    const char *body;
    bool conflicts;
} conflicts[] = {
    {"once", "A=1&B=2", false},
    {"absent", "B=2", false},
    {"twice the same", "A=1&B=2&A=1", false},
    {"twice, different", "A=1&A=2", true},
    {"three times, the last different", "A=1&A=1&A=2", true},
    {"three times, the second different", "A=1&A=2&A=1", true},
    {"one a prefix of the other", "A=1&A=12", true},
    {"one empty", "A=1&A=", true},
    {"different behind a NUL", "A=1%00a&A=1%00b", true},
};

static void conflicts_or_not(void **state)
{
    const struct conflict *row = *state;
    struct form_pick picks[] = {{.name = "B", .conflicts = true}, {.name = "A"}};
    static struct form form;
    char body[64];

    snprintf(body, sizeof body, "%s", row->body);
    form_parse(&form, body, strlen(body));
    form_pick(&form, picks, 2);
    assert_int_equal(picks[1].conflicts, row->conflicts);
    assert_ptr_equal(picks[1].parameter, form_find(&form, "A"));
    assert_ptr_equal(picks[0].parameter, form_find(&form, "B"));
}

static void a_value_is_compared_whole(void **state)
{
    static struct form form;
    char body[] = "A=onX%00&B=onX&C=";

    (void)state;
    form_parse(&form, body, strlen(body));
    assert_false(form_value_is(form_find(&form, "A"), "onX"));
    assert_true(form_value_is(form_find(&form, "B"), "onX"));
    assert_false(form_value_is(form_find(&form, "B"), "on"));
    assert_false(form_value_is(form_find(&form, "B"), "onx"));
    assert_true(form_value_is(form_find(&form, "C"), ""));
    assert_false(form_value_is(NULL, ""));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_taken_apart, rows);
    CASES_ADD(&cases, only_the_given_length_is_read);
    CASES_ADD(&cases, as_many_parameters_as_the_limit_are_taken);
    CASES_ADD(&cases, one_more_is_refused);
    CASES_ADD(&cases, the_first_of_a_name_is_found);
    CASES_ADD_TABLE(&cases, conflicts_or_not, conflicts);
    CASES_ADD(&cases, a_value_is_compared_whole);
    return cases_run(&cases, "form");
}
