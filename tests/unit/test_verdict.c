/* twilio/verdict: Twilio's whole table of errors: its code first, its HTTP status second. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "twilio/verdict.h"

static const struct code {
    const char *name;
    long code;
    long http_status; /* as documented or, where nothing is, a 400 that must not matter */
    enum verdict verdict;
} codes[] = {
    {"50433 already a participant", 50433, 409, VERDICT_ALREADY_JOINED},
    {"50437 group participant exists", 50437, 409, VERDICT_ALREADY_JOINED},
    {"50404 member already exists", 50404, 400, VERDICT_ALREADY_JOINED},
    {"50419 conflicting participant", 50419, 409, VERDICT_TRY_AGAIN},
    {"50391 conflicting conversation", 50391, 409, VERDICT_TRY_AGAIN},
    {"50349 conflicting channel", 50349, 409, VERDICT_TRY_AGAIN},
    {"50449 conflicting conversation", 50449, 409, VERDICT_TRY_AGAIN},
    {"50213 conflicting user", 50213, 409, VERDICT_TRY_AGAIN},
    {"50386 initializing", 50386, 400, VERDICT_TRY_AGAIN},
    {"50002 being deleted, try later", 50002, 400, VERDICT_TRY_AGAIN},
    {"50334 being deleted for good", 50334, 400, VERDICT_GONE},
    {"50377 closed", 50377, 400, VERDICT_GONE},
    {"50350 no such conversation", 50350, 404, VERDICT_NOT_FOUND},
    {"20404 not found", 20404, 404, VERDICT_NOT_FOUND},
    {"50214 too many conversations", 50214, 400, VERDICT_FULL},
    {"50208 too many channels", 50208, 400, VERDICT_FULL},
    {"50417 too many participants", 50417, 400, VERDICT_REFUSED},
    {"50403 too many members", 50403, 400, VERDICT_REFUSED},
    {"50436 too many in the group", 50436, 400, VERDICT_REFUSED},
    {"50434 needs a projected address", 50434, 400, VERDICT_NEEDS_ADDRESS},
    {"50416 number pair in use", 50416, 409, VERDICT_REFUSED},
    {"50438 group exists elsewhere", 50438, 409, VERDICT_REFUSED},
    {"50211 identity with an address", 50211, 400, VERDICT_REFUSED},
    {"50203 identity reserved", 50203, 400, VERDICT_REFUSED},
    {"50204 identity missing", 50204, 400, VERDICT_REFUSED},
    {"50206 identity looks like a SID", 50206, 400, VERDICT_REFUSED},
    {"50207 identity too long", 50207, 400, VERDICT_REFUSED},
    {"50100 role not found", 50100, 400, VERDICT_REFUSED},
    {"50101 role not found", 50101, 400, VERDICT_REFUSED},
    {"50109 role not found", 50109, 400, VERDICT_REFUSED},
    {"50050 service not found", 50050, 404, VERDICT_REFUSED},
    {"50107 not authorised", 50107, 403, VERDICT_REFUSED},
    {"50385 disabled in this region", 50385, 400, VERDICT_REFUSED},
    {"20003 authentication failed", 20003, 401, VERDICT_REFUSED},
    {"70051 no permission", 70051, 403, VERDICT_REFUSED},
    {"20403 account suspended", 20403, 403, VERDICT_REFUSED},
    {"20429 too many requests", 20429, 429, VERDICT_TRY_AGAIN},
    {"50063 too many actions", 50063, 429, VERDICT_TRY_AGAIN},
    {"50074 too many actions", 50074, 429, VERDICT_TRY_AGAIN},
};

static enum verdict judge_call(enum verdict_call call, long http_status, const char *body, long *code,
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
    enum verdict_call call;
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
    bool wide;
} wides[] = {
    {"wrong credentials", 401, 20003, true},
    {"401 alone", 401, 0, true},
    {"no permission", 403, 70051, true},
    {"403 alone", 403, 0, true},
    {"the identity's limit", 400, 50214, true},
    {"a wrong role", 400, 50101, true},
    {"a full conversation", 400, 50417, false},
    {"a group that needs an address", 400, 50434, false},
    {"403 of one conversation", 403, 50430, false},
    {"an unknown 400", 400, 0, false},
};

static void holds_for_all_conversations_or_for_one(void **state)
{
    const struct wide *row = *state;

    assert_int_equal(verdict_is_account_wide(row->http_status, row->code), row->wide);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_judged_by_its_code, codes);
    CASES_ADD_TABLE(&cases, is_judged_in_the_newer_shape, codes);
    CASES_ADD_TABLE(&cases, the_code_counts_before_the_status, codes);
    CASES_ADD_TABLE(&cases, is_judged_by_its_status, https);
    CASES_ADD_TABLE(&cases, another_request_is_judged_alike, others);
    CASES_ADD_TABLE(&cases, no_answer_is_transient, transports);
    CASES_ADD_TABLE(&cases, holds_for_all_conversations_or_for_one, wides);
    return cases_run(&cases, "verdict");
}
