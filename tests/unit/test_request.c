/* gateway/request: variables by name, how often they were given, and the judged length. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "gateway/request.h"
#include "variables.h"

static void variables_are_found_by_their_whole_name(void **state)
{
    static const char *const variables[] = {
        "HTTP_HOSTS=no", "XHTTP_HOST=no", "HTTP_HOST=yes", "http_host=no", "HTTPS", "=odd", NULL};
    struct request request;

    (void)state;
    variables_read(&request, variables);
    assert_string_equal(request_variable(&request, VARIABLE_HTTP_HOST), "yes");
    assert_int_equal(request.counts[VARIABLE_HTTP_HOST], 1);
    assert_null(request_variable(&request, VARIABLE_HTTPS));
}

static void the_first_of_two_counts_and_both_are_counted(void **state)
{
    static const char *const variables[] = {"HTTP_X_TWILIO_SIGNATURE=first",
                                            "HTTP_X_TWILIO_SIGNATURE=second", NULL};
    struct request request;

    (void)state;
    variables_read(&request, variables);
    assert_string_equal(request_variable(&request, VARIABLE_HTTP_X_TWILIO_SIGNATURE), "first");
    assert_int_equal(request.counts[VARIABLE_HTTP_X_TWILIO_SIGNATURE], 2);
}

static void the_first_may_be_empty(void **state)
{
    static const char *const variables[] = {"HTTP_FORWARDED=", "HTTP_FORWARDED=proto=https", NULL};
    struct request request;

    (void)state;
    variables_read(&request, variables);
    assert_string_equal(request_variable(&request, VARIABLE_HTTP_FORWARDED), "");
    assert_int_equal(request.counts[VARIABLE_HTTP_FORWARDED], 2);
}

static void a_count_does_not_wrap_around(void **state)
{
    static const char *variables[258];
    struct request request;
    unsigned i;

    (void)state;
    for (i = 0; i < 257; i++)
        variables[i] = "HTTPS=on";
    variables_read(&request, variables);
    assert_int_equal(request.counts[VARIABLE_HTTPS], 255);
}

static void a_value_may_hold_an_equals_sign(void **state)
{
    static const char *const variables[] = {"REQUEST_URI=/p?a=b", NULL};
    struct request request;

    (void)state;
    variables_read(&request, variables);
    assert_string_equal(request_variable(&request, VARIABLE_REQUEST_URI), "/p?a=b");
}

static void every_variable_has_its_own_name(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < VARIABLE_COUNT; i++) {
        char entry[64];
        const char *variables[] = {entry, NULL};
        struct request request;

        snprintf(entry, sizeof entry, "%s=v", request_variable_name((enum variable)i));
        variables_read(&request, variables);
        assert_string_equal(request_text(&request, (enum variable)i), "v");
    }
    assert_string_equal(request_variable_name(VARIABLE_CONTENT_LENGTH), "CONTENT_LENGTH");
    assert_string_equal(request_variable_name(VARIABLE_SERVER_PORT), "SERVER_PORT");
}

static void nothing_is_an_empty_text(void **state)
{
    struct request request;

    (void)state;
    request_read_variables(&request, NULL);
    assert_null(request_variable(&request, VARIABLE_HTTP_HOST));
    assert_string_equal(request_text(&request, VARIABLE_HTTP_HOST), "");
}

enum { LIMIT = 100 };

static const struct row {
    const char *name;
    const char *content_length; /* NULL: absent */
    uint64_t length;
    enum request_body state;
} rows[] = {
    {"what was promised", "50", 50, REQUEST_BODY_WHOLE},
    {"nothing promised, nothing came", "0", 0, REQUEST_BODY_WHOLE},
    {"less than promised", "50", 10, REQUEST_BODY_SHORT},
    {"nothing of what was promised", "50", 0, REQUEST_BODY_SHORT},
    {"more than promised", "50", 51, REQUEST_BODY_LONG},
    {"more than nothing", "0", 1, REQUEST_BODY_LONG},
    {"no length: all that came", NULL, 50, REQUEST_BODY_WHOLE},
    {"an empty length is none", "", 50, REQUEST_BODY_WHOLE},
    {"just the limit", "100", 100, REQUEST_BODY_WHOLE},
    {"one more than the limit", "101", 101, REQUEST_BODY_TOO_LARGE},
    {"one more promised, little came", "101", 5, REQUEST_BODY_TOO_LARGE},
    {"one more than the limit without a length", NULL, 101, REQUEST_BODY_TOO_LARGE},
    {"more than a number holds", "18446744073709551616", 0, REQUEST_BODY_BAD_LENGTH},
    {"the largest number", "18446744073709551615", 0, REQUEST_BODY_TOO_LARGE},
    {"-1 is none, as Caddy says of a body in chunks", "-1", 50, REQUEST_BODY_WHOLE},
    {"one more than the limit with -1", "-1", 101, REQUEST_BODY_TOO_LARGE},
    {"another negative length", "-2", 0, REQUEST_BODY_BAD_LENGTH},
    {"a longer -1", "-10", 0, REQUEST_BODY_BAD_LENGTH},
    {"a signed length", "+3", 3, REQUEST_BODY_BAD_LENGTH},
    {"a length with a blank", " 3", 3, REQUEST_BODY_BAD_LENGTH},
    {"a hexadecimal length", "0x3", 3, REQUEST_BODY_BAD_LENGTH},
    {"two joined lengths", "3, 3", 3, REQUEST_BODY_BAD_LENGTH},
    {"a word", "chunked", 3, REQUEST_BODY_BAD_LENGTH},
};

static void a_body_is_judged(void **state)
{
    const struct row *row = *state;
    char entry[64];
    const char *variables[] = {entry, NULL};
    struct request request;

    snprintf(entry, sizeof entry, "CONTENT_LENGTH=%s",
        row->content_length ? row->content_length : "");
    if (!row->content_length)
        variables[0] = NULL;
    variables_read(&request, variables);
    assert_int_equal(request_judge_body(&request, row->length, LIMIT), row->state);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, variables_are_found_by_their_whole_name);
    CASES_ADD(&cases, the_first_of_two_counts_and_both_are_counted);
    CASES_ADD(&cases, the_first_may_be_empty);
    CASES_ADD(&cases, a_count_does_not_wrap_around);
    CASES_ADD(&cases, a_value_may_hold_an_equals_sign);
    CASES_ADD(&cases, every_variable_has_its_own_name);
    CASES_ADD(&cases, nothing_is_an_empty_text);
    CASES_ADD_TABLE(&cases, a_body_is_judged, rows);
    return cases_run(&cases, "request");
}
