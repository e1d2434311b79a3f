/* webhook/answer: the table of answers, and a log line that tells no secrets. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "gateway/response.h"
#include "support/clock.h"
#include "variables.h"
#include "webhook/answer.h"

static const struct log info = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO};
static const struct log errors = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_ERROR};

static const struct row {
    const char *name;
    enum answer answer;
    const char *status; /* with its reason phrase */
    const char *body;
    const char *result;
    const char *more; /* one more header; NULL for none */
} rows[] = {
    {"joined", ANSWER_JOINED, "200 OK", "{\"result\":\"joined\"}", "joined", NULL},
    {"already joined", ANSWER_ALREADY_JOINED, "200 OK", "{\"result\":\"already-joined\"}",
     "already-joined", NULL},
    {"gone", ANSWER_GONE, "200 OK", "{\"result\":\"gone\"}", "gone", NULL},
    {"ignored", ANSWER_IGNORED, "200 OK", "{\"result\":\"ignored\"}", "ignored", NULL},
    {"a pre-event", ANSWER_PRE_EVENT, "200 OK", "{}", "ignored", NULL},
    {"retry later", ANSWER_RETRY_LATER, "503 Service Unavailable", "{\"result\":\"retry-later\"}",
     "retry-later", "Retry-After: 2"},
    {"refused", ANSWER_REFUSED, "500 Internal Server Error", "{\"result\":\"refused\"}", "refused",
     NULL},
    {"forbidden", ANSWER_FORBIDDEN, "403 Forbidden", "{}", "forbidden", NULL},
    {"method not allowed", ANSWER_METHOD_NOT_ALLOWED, "405 Method Not Allowed", "{}",
     "method-not-allowed", "Allow: POST"},
    {"unsupported type", ANSWER_UNSUPPORTED_TYPE, "415 Unsupported Media Type", "{}",
     "unsupported-type", NULL},
    {"too large", ANSWER_TOO_LARGE, "413 Content Too Large", "{}", "too-large", NULL},
    {"bad request", ANSWER_BAD_REQUEST, "400 Bad Request", "{}", "bad-request", NULL},
};

static void begin(struct exchange *exchange, const char *const *variables)
{
    *exchange = (struct exchange){0};
    variables_read(&exchange->request, variables);
    exchange->request.begun_us = clock_monotonic_us();
    buffer_init(&exchange->log, 16 * 1024);
}

static void is_answered_and_logged(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", "REMOTE_ADDR=192.0.2.1", NULL};
    const struct row *row = *state;
    struct answer_facts facts = {.id = 0x1234};
    struct exchange exchange;
    struct buffer text;
    char expected[512];

    begin(&exchange, variables);
    answer_write(&exchange, &info, NULL, row->answer, &facts);
    buffer_init(&text, 4096);
    response_render(&exchange.response, &text);
    snprintf(expected, sizeof expected,
             "Status: %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n%s%s"
             "Content-Length: %zu\r\n\r\n%s",
             row->status, row->more ? row->more : "", row->more ? "\r\n" : "", strlen(row->body),
             row->body);
    assert_string_equal(buffer_string(&text), expected);
    snprintf(expected, sizeof expected, " id=0000000000001234 result=%s status=%.3s ", row->result,
             row->status);
    assert_non_null(strstr(buffer_string(&exchange.log), expected));
    assert_non_null(strstr(buffer_string(&exchange.log), " peer=192.0.2.1"));
    buffer_free(&text);
    buffer_free(&exchange.log);
}

static void what_is_not_wanted_is_not_logged(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", NULL};
    struct answer_facts facts = {.id = 1};
    struct exchange exchange;

    (void)state;
    begin(&exchange, variables);
    answer_write(&exchange, &errors, NULL, ANSWER_JOINED, &facts);
    assert_int_equal(exchange.response.status, 200);
    assert_int_equal(exchange.log.length, 0);
    answer_write(&exchange, &errors, NULL, ANSWER_REFUSED, &facts);
    assert_int_not_equal(exchange.log.length, 0);
    buffer_free(&exchange.log);
}

static void a_refused_head_gets_no_body(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=HEAD", NULL};
    struct answer_facts facts = {.id = 1};
    struct exchange exchange;

    (void)state;
    begin(&exchange, variables);
    answer_write(&exchange, &errors, NULL, ANSWER_METHOD_NOT_ALLOWED, &facts);
    assert_true(exchange.response.without_body);
    buffer_free(&exchange.log);
}

/* Names of parameters and the URL tried, but no value, no password. */
static void a_failed_signature_is_logged_without_values(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST",
                                            "HTTP_X_TWILIO_SIGNATURE=SIGNATUREVALUE", NULL};
    static struct form form;
    static const char url[] = "https://user:password@h.example/p?a=1";
    char body[] = "From=%2B14155550100&Body=a+private+word&From=x";
    struct public_url_candidates urls;
    struct exchange exchange;
    struct answer_facts facts = {.id = 1, .reason = "the signature does not match"};
    const char *line;

    (void)state;
    begin(&exchange, variables);
    assert_true(form_parse(&form, body, strlen(body)));
    assert_true(public_url_vary_port(&urls, url, strlen(url)));
    facts.form = &form;
    facts.url = &urls.urls[0];
    buffer_init(&facts.hint, 100);
    buffer_append_string(&facts.hint, "do this");
    answer_write(&exchange, &info, NULL, ANSWER_FORBIDDEN, &facts);
    line = buffer_string(&exchange.log);
    assert_non_null(strstr(line, "reason=\"the signature does not match\""));
    assert_non_null(strstr(line, "url=\"https://***@h.example/p?a=1\""));
    assert_non_null(strstr(line, "parameters=From,Body,From"));
    assert_non_null(strstr(line, "hint=\"do this\""));
    assert_null(strstr(line, "password"));
    assert_null(strstr(line, "4155550100"));
    assert_null(strstr(line, "private"));
    assert_null(strstr(line, "SIGNATUREVALUE"));
    buffer_free(&facts.hint);
    buffer_free(&exchange.log);
}

static void a_join_is_logged_with_what_twilio_said(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", NULL};
    const struct join_outcome outcome = {.result = JOIN_REFUSED,
                                                .rest_status = 403,
                                                .rest_code = 20403,
                                                .request_id = "RQ1",
                                                .attempts = 2,
                                                .rest_us = 45678};
    struct event event = {.type = {"EventType", 9, "onConversationAdded", 19},
                          .source = {"Source", 6, "SMS", 3},
                          .retry_count = {"RetryCount", 10, "1", 1}};
    struct answer_facts facts = {.id = 1, .event = &event, .outcome = &outcome};
    struct exchange exchange;
    const char *line;

    (void)state;
    strcpy(event.conversation.text, "CH00000000000000000000000000000001");
    strcpy(event.service.text, "IS00000000000000000000000000000001");
    begin(&exchange, variables);
    answer_write(&exchange, &info, NULL, ANSWER_REFUSED, &facts);
    line = buffer_string(&exchange.log);
    assert_non_null(strstr(line, "level=error "));
    assert_non_null(strstr(line, " event=onConversationAdded "
                                 "conversation=CH00000000000000000000000000000001 "
                                 "service=IS00000000000000000000000000000001 source=SMS"));
    assert_non_null(strstr(line, "retry_count=1"));
    assert_non_null(strstr(line, " rest_status=403 rest_code=20403 twilio_request_id=RQ1 "
                                 "attempts=2 rest_ms=45 "));
    buffer_free(&exchange.log);
}

/* A body of any kind may be sent by anybody: its names must not break the line. */
static void hostile_names_stay_within_their_field(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", "REMOTE_ADDR=x\" level=error",
                                            NULL};
    static struct form form;
    char body[] = "a%22+result%3Djoined%0Alevel=1";
    struct exchange exchange;
    struct answer_facts facts = {.id = 1, .form = &form};
    const char *line;

    (void)state;
    begin(&exchange, variables);
    assert_true(form_parse(&form, body, strlen(body)));
    answer_write(&exchange, &info, NULL, ANSWER_FORBIDDEN, &facts);
    line = buffer_string(&exchange.log);
    assert_non_null(strstr(line, "parameters=\"a\\\" result=joined\\u000alevel\"\n"));
    assert_non_null(strstr(line, "peer=\"x\\\" level=error\""));
    assert_ptr_equal(strchr(line, '\n'), line + exchange.log.length - 1);
    buffer_free(&exchange.log);
}

#define SETTINGS "0123456789abcdef0123456789abcdef"

static const struct health {
    const char *name;
    const char *method;
    const char *settings; /* NULL: faulty */
    int status;
    const char *body;
} healths[] = {
    {"GET, healthy", "REQUEST_METHOD=GET", SETTINGS, 200, "{\"status\":\"ok\",\"settings\":\"" SETTINGS "\"}"},
    {"HEAD, healthy", "REQUEST_METHOD=HEAD", SETTINGS, 200, "{\"status\":\"ok\",\"settings\":\"" SETTINGS "\"}"},
    {"GET, no fingerprint", "REQUEST_METHOD=GET", "", 200, "{\"status\":\"ok\"}"},
    {"GET, faulty settings", "REQUEST_METHOD=GET", NULL, 500, "{\"status\":\"faulty settings\"}"},
};

static void a_health_check_is_answered_and_not_logged(void **state)
{
    const struct health *row = *state;
    const char *variables[] = {row->method, NULL};
    char text[ANSWER_HEALTH_SIZE];
    struct exchange exchange;

    begin(&exchange, variables);
    if (row->settings)
        answer_health_text(text, row->settings);
    answer_write_health(&exchange, row->settings ? text : NULL);
    assert_int_equal(exchange.response.status, row->status);
    assert_string_equal(exchange.response.body, row->body);
    assert_int_equal(exchange.response.without_body,
        strcmp(row->method, "REQUEST_METHOD=HEAD") == 0);
    assert_int_equal(exchange.log.length, 0);
    buffer_free(&exchange.log);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_answered_and_logged, rows);
    CASES_ADD(&cases, what_is_not_wanted_is_not_logged);
    CASES_ADD(&cases, a_refused_head_gets_no_body);
    CASES_ADD(&cases, a_failed_signature_is_logged_without_values);
    CASES_ADD(&cases, a_join_is_logged_with_what_twilio_said);
    CASES_ADD(&cases, hostile_names_stay_within_their_field);
    CASES_ADD_TABLE(&cases, a_health_check_is_answered_and_not_logged, healths);
    return cases_run(&cases, "answer");
}
