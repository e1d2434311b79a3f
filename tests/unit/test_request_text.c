/* diagnosis/request_text: what is written is read back, and nothing else is a request. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "diagnosis/request_text.h"
#include "variables.h"

static void write_and_read(struct request *read, struct buffer *text, const char *const *variables,
                           const char *body, size_t length)
{
    struct request request;

    variables_read(&request, variables);
    buffer_init(text, REQUEST_TEXT_LIMIT);
    request_text_write(text, &request, body, length);
    assert_int_equal(buffer_status(text), BUFFER_OK);
    assert_true(strlen(text->data) == text->length); /* a NUL would end it for a person's tools */
    assert_true(request_text_read(read, text->data, text->length));
}

static void every_byte_of_a_body_comes_back(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", NULL};
    struct request read;
    struct buffer text;
    char body[512];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof body; i++)
        body[i] = (char)(i * 7);
    write_and_read(&read, &text, variables, body, sizeof body);
    assert_int_equal(read.body_length, sizeof body);
    assert_memory_equal(read.body, body, sizeof body);
    buffer_free(&text);
}

static void variables_come_back_and_no_others_are_written(void **state)
{
    static const char *const variables[] = {"HTTP_HOST=h\\x41\t\"\xc3\xa9", "HTTPS=",
                                            "HTTP_AUTHORIZATION=Basic c2VjcmV0",
                                            "HTTP_COOKIE=id=secret",
                                            "HTTP_X_TWILIO_SIGNATURE=abc=", NULL};
    struct request read;
    struct buffer text, copy;

    (void)state;
    write_and_read(&read, &text, variables, "", 0);
    assert_string_equal(request_variable(&read, VARIABLE_HTTP_HOST), "h\\x41\t\"\xc3\xa9");
    assert_string_equal(request_variable(&read, VARIABLE_HTTPS), "");
    assert_string_equal(request_variable(&read, VARIABLE_HTTP_X_TWILIO_SIGNATURE), "abc=");
    assert_null(request_variable(&read, VARIABLE_REQUEST_URI));
    assert_int_equal(read.body_length, 0);
    buffer_init(&copy, REQUEST_TEXT_LIMIT);
    request_text_write(&copy, &read, "", 0);
    assert_null(strstr(copy.data, "c2VjcmV0"));
    assert_null(strstr(copy.data, "secret"));
    buffer_free(&copy);
    buffer_free(&text);
}

static const struct row {
    const char *name;
    const char *text;
    bool good;
} rows[] = {
    {"the least", "body=\n", true},
    {"comments, and names that we do not know", "# body=x\nWHAT=ever\nbody=\n", true},
    {"nothing", "", false},
    {"no body", "HTTP_HOST=h\n", false},
    {"cut short", "HTTP_HOST=h\nbody=a", false},
    {"an escape of another kind", "body=\\n\n", false},
    {"an escape cut short", "body=\\x4\n", false},
    {"an escape over the line's end", "body=\\x\n41\n", false},
    {"an escape that is no hex", "body=\\x4G\n", false},
    {"a binary file", "\x7f" "ELF\x02\x01\n", false},
};

static void is_judged(void **state)
{
    const struct row *row = *state;
    struct request request;
    char text[64];

    snprintf(text, sizeof text, "%s", row->text);
    assert_int_equal(request_text_read(&request, text, strlen(text)), row->good);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, every_byte_of_a_body_comes_back);
    CASES_ADD(&cases, variables_come_back_and_no_others_are_written);
    CASES_ADD_TABLE(&cases, is_judged, rows);
    return cases_run(&cases, "request_text");
}
