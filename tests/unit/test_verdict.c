/* twilio/verdict: Twilio's whole table of errors: its code first, its HTTP status second. */
#include "build.h"

#include "cases.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twilio/verdict.h"

enum { CODES_LIMIT = 60, CODES_LEAST = 43 };

static _Noreturn void fail_reading(const char *why)
{
    fprintf(stderr, "verdicts.json: %s\n", why);
    exit(99);
}

static enum verdict verdict_named(const char *name)
{
    static const struct {
        const char *name;
        enum verdict verdict;
    } names[] = {
        {"already-joined", VERDICT_ALREADY_JOINED}, {"full", VERDICT_FULL},
        {"needs-address", VERDICT_NEEDS_ADDRESS},   {"gone", VERDICT_GONE},
        {"try-again", VERDICT_TRY_AGAIN},           {"refused", VERDICT_REFUSED},
        {"not-found", VERDICT_NOT_FOUND},           {"taken", VERDICT_TAKEN},
        {"initializing", VERDICT_INITIALIZING},
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].verdict;
    fail_reading("a verdict that nobody knows");
}

static struct code {
    const char *name;
    long code;
    long http_status; /* as documented or, where nothing is, the nearest in kind, which must not matter */
    enum verdict verdict;
} codes[CODES_LIMIT];

/* The rows of tests/lib/verdicts.json that say what a join makes of a code; `rows` keeps their texts. */
static size_t read_codes(json_t *rows)
{
    size_t i, count = 0;

    for (i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *verdict = json_string_value(json_object_get(row, "verdict"));
        char name[100];

        if (!verdict)
            continue;
        if (count == CODES_LIMIT)
            fail_reading("too many rows");
        codes[count].code = (long)json_integer_value(json_object_get(row, "code"));
        codes[count].http_status = (long)json_integer_value(json_object_get(row, "status"));
        codes[count].verdict = verdict_named(verdict);
        snprintf(name, sizeof name, "%ld %s", codes[count].code,
                 json_string_value(json_object_get(row, "text")));
        json_object_set_new(row, "name", json_string(name));
        codes[count++].name = json_string_value(json_object_get(row, "name"));
    }
    return count;
}

static json_t *load_rows(void)
{
    const char *folder = getenv("AUTOJOIN_VECTORS");
    char path[1024];
    json_error_t error;
    json_t *rows;

    snprintf(path, sizeof path, "%s/../lib/verdicts.json", folder ? folder : "tests/vectors");
    rows = json_load_file(path, 0, &error);
    if (!rows)
        fail_reading(error.text);
    return rows;
}

static enum verdict judge_call(enum resources_call call, long http_status, const char *body, long *code,
                               const char **reason)
{
    struct rest_result result = {.status = REST_OK, .http_status = http_status, .body = body,
                                 .body_length = strlen(body), .retry_after_s = -1, .date = ""};

    return verdict_judge(call, &result, code, reason);
}

static enum verdict judge(long http_status, const char *body, long *code, const char **reason)
{
    return judge_call(CALL_ADD, http_status, body, code, reason);
}

static void assert_code(const struct code *row, long http_status, const char *body)
{
    const char *reason = "unset";
    long code = -1;

    assert_int_equal(judge(http_status, body, &code, &reason), row->verdict);
    assert_int_equal(code, row->code);
    if (row->verdict == VERDICT_ALREADY_JOINED)
        assert_null(reason);
    else
        assert_non_null(reason);
}

static void is_judged_by_its_code(void **state)
{
    const struct code *row = *state;
    char body[256];

    snprintf(body, sizeof body,
             "{\"code\":%ld,\"message\":\"m\","
             "\"more_info\":\"https://www.twilio.com/docs/errors/%ld\","
             "\"status\":%ld}",
             row->code, row->code, row->http_status);
    assert_code(row, row->http_status, body);
}

static void is_judged_in_the_newer_shape(void **state)
{
    const struct code *row = *state;
    char body[256];

    snprintf(body, sizeof body,
             "{\"type\":\"about:blank\",\"title\":\"t\",\"status\":%ld,\"code\":%ld,\"errors\":[]}",
             row->http_status, row->code);
    assert_code(row, row->http_status, body);
}

static void the_code_counts_before_the_status(void **state)
{
    const struct code *row = *state;
    char body[64];

    snprintf(body, sizeof body, "{\"code\":%ld}", row->code);
    assert_code(row, 400, body);
    assert_code(row, 409, body);
    assert_code(row, 503, body);
}

#define MB "MB00000000000000000000000000000001"

static const struct http {
    const char *name;
    long status;
    const char *body;
    enum verdict verdict;
} https[] = {
    {"201 with a participant", 201, "{\"sid\":\"" MB "\"}", VERDICT_DONE},
    {"200 with a participant", 200, "{\"sid\":\"" MB "\"}", VERDICT_DONE},
    {"201 without one (a proxy's page)", 201, "<html>welcome</html>", VERDICT_TRY_AGAIN},
    {"201 with another kind of SID", 201, "{\"sid\":\"CH00000000000000000000000000000001\"}",
     VERDICT_TRY_AGAIN},
    {"204", 204, "", VERDICT_TRY_AGAIN},
    {"409 alone is not success", 409, "", VERDICT_TRY_AGAIN},
    {"409 with a code that nobody knows", 409, "{\"code\":59999}", VERDICT_TRY_AGAIN},
    {"401", 401, "", VERDICT_REFUSED},
    {"403", 403, "<html>", VERDICT_REFUSED},
    {"404 without a code", 404, "", VERDICT_NOT_FOUND},
    {"400 with a code that nobody knows", 400, "{\"code\":20001}", VERDICT_REFUSED},
    {"408", 408, "", VERDICT_TRY_AGAIN},
    {"429 without a code", 429, "", VERDICT_TRY_AGAIN},
    {"500", 500, "{\"code\":20500,\"status\":500}", VERDICT_TRY_AGAIN},
    {"502 HTML", 502, "<html>bad gateway</html>", VERDICT_TRY_AGAIN},
    {"503", 503, "", VERDICT_TRY_AGAIN},
    {"504", 504, "", VERDICT_TRY_AGAIN},
    {"302 is not followed", 302, "", VERDICT_REFUSED},
    {"a success in an error's clothes", 500, "{\"sid\":\"" MB "\"}", VERDICT_TRY_AGAIN},
};

static void is_judged_by_its_status(void **state)
{
    const struct http *row = *state;
    const char *reason;
    long code;

    assert_int_equal(judge(row->status, row->body, &code, &reason), row->verdict);
    if (row->verdict == VERDICT_DONE)
        assert_null(reason);
    else
        assert_non_null(reason);
}

#define SERVICE "{\"sid\":\"IS00000000000000000000000000000001\"}"

/* The other requests of a join: looks at participants and service, and a removal. */
static const struct other {
    const char *name;
    enum resources_call call;
    long status;
    const char *body;
    enum verdict verdict;
    const char *named; /* in the reason */
} others[] = {
    {"the participant", CALL_FETCH, 200, "{\"sid\":\"" MB "\"}", VERDICT_DONE, NULL},
    {"a page that is no participant", CALL_FETCH, 200, "<html>", VERDICT_TRY_AGAIN, "not what was asked"},
    {"no such participant", CALL_FETCH, 404, "{\"code\":20404}", VERDICT_NOT_FOUND, ""},
    {"a participant that may not be read", CALL_FETCH, 403, "{\"code\":70051}", VERDICT_REFUSED,
     "read participants"},
    {"an update", CALL_UPDATE, 200, "{\"sid\":\"" MB "\"}", VERDICT_DONE, NULL},
    {"a page that is no participant, to an update", CALL_UPDATE, 200, "<html>", VERDICT_TRY_AGAIN, "not what was asked"},
    {"an update of who is not there", CALL_UPDATE, 404, "{\"code\":20404}", VERDICT_NOT_FOUND, ""},
    {"an update of a number that is taken", CALL_UPDATE, 400, "{\"code\":50444}", VERDICT_TAKEN, "takes no identity"},
    {"an update of a group where we are already", CALL_UPDATE, 409, "{\"code\":50437}", VERDICT_ALREADY_JOINED, NULL},
    {"an update with an identity that is full", CALL_UPDATE, 400, "{\"code\":50214}", VERDICT_FULL, ""},
    {"an update of a group that is initializing", CALL_UPDATE, 409, "{\"code\":50386}", VERDICT_INITIALIZING, ""},
    {"an update that is not allowed", CALL_UPDATE, 403, "{\"code\":70051}", VERDICT_REFUSED, "update participants"},
    {"a list of a group that is initializing", CALL_LIST, 409, "{\"code\":50386}", VERDICT_INITIALIZING, ""},
    {"a list, answered with 50434", CALL_LIST, 400, "{\"code\":50434}", VERDICT_TRY_AGAIN, "does not belong"},
    {"a list, answered with 50444", CALL_LIST, 400, "{\"code\":50444}", VERDICT_TRY_AGAIN, "does not belong"},
    {"a list", CALL_LIST, 200, "{\"participants\":[]}", VERDICT_DONE, NULL},
    {"a list that may not be read: 70051", CALL_LIST, 403, "{\"code\":70051}", VERDICT_REFUSED,
     "list participants"},
    {"a list that may not be read: 70051 in another status", CALL_LIST, 400, "{\"code\":70051}",
     VERDICT_REFUSED, "list participants"},
    {"a list that may not be read: 401", CALL_LIST, 401, "{\"code\":20003}", VERDICT_REFUSED,
     "list participants"},
    {"a list that may not be read: 403 alone", CALL_LIST, 403, "<html>", VERDICT_REFUSED,
     "list participants"},
    {"a list of a suspended account", CALL_LIST, 403, "{\"code\":20403}", VERDICT_REFUSED, "suspended"},
    {"a list, too often", CALL_LIST, 429, "{\"code\":20429}", VERDICT_TRY_AGAIN, ""},
    {"a list, and trouble", CALL_LIST, 503, "", VERDICT_TRY_AGAIN, ""},
    {"a list, answered by somebody else's 50433", CALL_LIST, 409, "{\"code\":50433}",
     VERDICT_TRY_AGAIN, "does not belong"},
    {"a list, answered with 50214", CALL_LIST, 400, "{\"code\":50214}", VERDICT_TRY_AGAIN,
     "does not belong"},
    {"a removal", CALL_REMOVE, 204, "", VERDICT_DONE, NULL},
    {"a removal of who is not there", CALL_REMOVE, 404, "{\"code\":20404}", VERDICT_NOT_FOUND, ""},
    {"a removal that is not allowed", CALL_REMOVE, 403, "{\"code\":70051}", VERDICT_REFUSED,
     "remove participants"},
    {"the service", CALL_SERVICE, 200, SERVICE, VERDICT_DONE, NULL},
    {"a page that is no service", CALL_SERVICE, 200, "<html>", VERDICT_TRY_AGAIN, ""},
    {"no such service", CALL_SERVICE, 404, "{\"code\":20404}", VERDICT_NOT_FOUND, ""},
    {"a service that may not be read", CALL_SERVICE, 401, "", VERDICT_REFUSED, "read the service"},
    {"a service, and trouble", CALL_SERVICE, 502, "", VERDICT_TRY_AGAIN, ""},
};

static void another_request_is_judged_alike(void **state)
{
    const struct other *row = *state;
    const char *reason = "unset";
    long code = -1;

    assert_int_equal(judge_call(row->call, row->status, row->body, &code, &reason), row->verdict);
    if (!row->named)
        assert_null(reason);
    else
        assert_non_null(strstr(reason, row->named));
}

/* What brought no answer may pass by itself: it is never final, whoever is asked again. */
static const struct transport {
    const char *name;
    enum rest_status status;
    bool later_allowed; /* nothing is left of the time, or the same would happen again at once */
} transports[] = {
    {"unreachable", REST_UNREACHABLE, false},
    {"cut short", REST_BAD_REPLY, false},
    {"too large", REST_TOO_LARGE, false},
    {"no answer in time", REST_TIMEOUT, true},
    {"not proved to be Twilio", REST_TLS, true},
    {"out of memory", REST_NO_MEMORY, true},
};

static void no_answer_is_transient(void **state)
{
    const struct transport *row = *state;
    struct rest_result result = {.status = row->status, .body = "", .reason = "why", .date = ""};
    const char *reason = NULL;
    long code = -1;
    enum verdict verdict = verdict_judge(CALL_ADD, &result, &code, &reason);

    assert_true(verdict == VERDICT_TRY_AGAIN || (row->later_allowed && verdict == VERDICT_LATER));
    assert_int_equal(code, 0);
    assert_string_equal(reason, "why");
}

static const struct wide {
    const char *name;
    long http_status, code;
    bool wide, permission;
} wides[] = {
    {"wrong credentials", 401, 20003, true, false},
    {"401 alone", 401, 0, true, false},
    {"no permission", 403, 70051, true, true},
    {"403 alone", 403, 0, true, true},
    {"the identity's limit", 400, 50214, true, false},
    {"a wrong role", 400, 50101, true, false},
    {"a full conversation", 400, 50417, false, false},
    {"a group that needs an address", 400, 50434, false, false},
    {"a number that a group does not take", 400, 50407, false, false},
    {"a number that is taken", 400, 50444, false, false},
    {"403 of one conversation", 403, 50430, false, false},
    {"an unknown 400", 400, 0, false, false},
};

static void holds_for_all_conversations_or_for_one(void **state)
{
    const struct wide *row = *state;

    assert_int_equal(verdict_is_account_wide(row->http_status, row->code), row->wide);
    assert_int_equal(verdict_is_permission(row->http_status, row->code), row->permission);
}

int main(void)
{
    static struct cases cases;
    json_t *rows = load_rows();
    size_t count = read_codes(rows);
    int failed;

    if (count < CODES_LEAST)
        fail_reading("rows are missing");
    cases_add_rows(&cases, is_judged_by_its_code, codes, count, sizeof codes[0]);
    cases_add_rows(&cases, is_judged_in_the_newer_shape, codes, count, sizeof codes[0]);
    cases_add_rows(&cases, the_code_counts_before_the_status, codes, count, sizeof codes[0]);
    CASES_ADD_TABLE(&cases, is_judged_by_its_status, https);
    CASES_ADD_TABLE(&cases, another_request_is_judged_alike, others);
    CASES_ADD_TABLE(&cases, no_answer_is_transient, transports);
    CASES_ADD_TABLE(&cases, holds_for_all_conversations_or_for_one, wides);
    failed = cases_run(&cases, "verdict");
    json_decref(rows);
    return failed;
}
