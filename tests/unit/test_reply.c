/* twilio/reply: Twilio's JSON, and all that may come in its stead. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "twilio/reply.h"

#define MB "MB0123456789abcdef0123456789abcdef"

static const struct code {
    const char *name;
    const char *body;
    long code;
} codes[] = {
    {"the classic shape", "{\"code\":50433,\"message\":\"m\",\"status\":409}", 50433},
    {"RFC 9457", "{\"type\":\"t\",\"title\":\"t\",\"status\":409,\"code\":50433}", 50433},
    {"no code", "{\"message\":\"m\"}", 0},
    {"a code that is a string", "{\"code\":\"50433\"}", 0},
    {"a code that is a fraction", "{\"code\":50433.5}", 0},
    {"a code that is null", "{\"code\":null}", 0},
    {"a negative code", "{\"code\":-1}", 0},
    {"an absurd code", "{\"code\":99999999999}", 0},
    {"a code deeper inside", "{\"details\":{\"code\":50433}}", 0},
    {"a list", "[{\"code\":50433}]", 0},
    {"a bare number", "50433", 0},
    {"HTML", "<html>50433</html>", 0},
    {"half a reply", "{\"code\":50433,\"mess", 0},
    {"something behind it", "{\"code\":50433} x", 0},
    {"nothing", "", 0},
    {"bytes that are no UTF-8 beside it", "{\"code\":50433,\"m\":\"\xff\"}", 50433},
    {"blanks everywhere", " \t{ \"message\" : \"m\" , \"code\"\r\n:\n50433 } ", 50433},
    {"the last of two counts", "{\"code\":1,\"code\":50433}", 50433},
    {"a code in a string beside it", "{\"message\":\"\\\"code\\\":50434,\",\"code\":50433}", 50433},
    {"brackets in a string beside it", "{\"message\":\"]}{[\",\"code\":50433}", 50433},
    {"a code behind nested ones", "{\"a\":[{\"code\":1},\"]\",[]],\"b\":{\"code\":2},\"code\":50433}", 50433},
    {"a name with escapes", "{\"c\\u006fde\":50433}", 0},
    {"no comma between members", "{\"code\":50433 \"message\":\"m\"}", 0},
    {"a comma behind the last member", "{\"code\":50433,}", 0},
    {"no value", "{\"code\":}", 0},
    {"no colon", "{\"code\"50433}", 0},
    {"the end in a string", "{\"code\":50433,\"m\":\"", 0},
    {"the end behind a backslash", "{\"code\":50433,\"m\":\"\\", 0},
    {"the end in a list", "{\"code\":50433,\"m\":[[]", 0},
    {"a line break in a string beside it", "{\"code\":50433,\"m\":\"a\nb\"}", 50433},
    {"a string that ends in a backslash", "{\"m\":\"a\\\\\",\"code\":50433}", 50433},
    {"a string that ends in an escaped quote", "{\"m\":\"a\\\\\\\"\",\"code\":50433}", 50433},
    {"an empty object", "{}", 0},
    {"too many digits", "{\"code\":5043300}", 0},
};

static void a_code_is_read(void **state)
{
    const struct code *row = *state;

    assert_int_equal(reply_error_code(row->body, strlen(row->body)), row->code);
}

static void only_the_given_length_is_read(void **state)
{
    (void)state;
    assert_int_equal(reply_error_code("{\"code\":50433}junk", 14), 50433);
}

static void endless_nesting_is_no_reply(void **state)
{
    static char body[64 * 1024];

    (void)state;
    memset(body, '[', sizeof body);
    assert_int_equal(reply_error_code(body, sizeof body), 0);
}

static const struct sid_row {
    const char *name;
    const char *body;
    bool found;
} sids[] = {
    {"a participant", "{\"sid\":\"" MB "\",\"identity\":\"bot\"}", true},
    {"another kind", "{\"sid\":\"CH0123456789abcdef0123456789abcdef\"}", false},
    {"no SID", "{\"identity\":\"bot\"}", false},
    {"null", "{\"sid\":null}", false},
    {"an empty string", "{\"sid\":\"\"}", false},
    {"no string", "{\"sid\":1}", false},
    {"only deeper inside", "{\"links\":{\"sid\":\"" MB "\"}}", false},
    {"with others around it", "{\"links\":{\"sid\":\"x\"},\"sid\":\"" MB "\",\"n\":null}", true},
    {"half a reply", "{\"sid\":\"" MB "\",", false},
    {"too long", "{\"sid\":\"" MB "0\"}", false},
    {"no JSON", MB, false},
    {"nothing", "", false},
};

static void a_sid_is_read(void **state)
{
    const struct sid_row *row = *state;
    struct sid sid;

    assert_int_equal(reply_sid(&sid, row->body, strlen(row->body), "MB"), row->found);
    assert_string_equal(sid.text, row->found ? MB : "");
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_code_is_read, codes);
    CASES_ADD(&cases, only_the_given_length_is_read);
    CASES_ADD(&cases, endless_nesting_is_no_reply);
    CASES_ADD_TABLE(&cases, a_sid_is_read, sids);
    return cases_run(&cases, "reply");
}
