/* twilio/ask: a JSON object, or a failure with a name. */
#include "build.h"

#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../lib/api_server.h"
#include "twilio/ask.h"

static struct {
    struct event_base *base;
    struct config config;
    char api_url[API_SERVER_URL_SIZE];
    struct rest *rest;
    struct asker asker;
    bool interrupted;
    struct ask_answer answer;
} world;

static void begin(const struct api_server_step *script)
{
    memset(&world, 0, sizeof world);
    api_server_open(&world.base, &world.config, world.api_url, script);
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
    world.asker = (struct asker){world.base, world.rest, world.api_url, NULL, &world.interrupted};
}

static void end(void)
{
    ask_forget(&world.answer);
    rest_free(world.rest);
    api_server_close(world.base);
}

static const struct row {
    const char *name;
    struct api_server_step step;
    enum ask_status status;
    long http_status, code;
    const char *says; /* what the message begins with */
} rows[] = {
    {"an object", {200, "{\"a\":\"b\"}", NULL, API_SERVER_ANSWERS}, ASK_OK, 200, 0, ""},
    {"an object, created", {201, "{}", NULL, API_SERVER_ANSWERS}, ASK_OK, 201, 0, ""},
    {"an object that has an error's member", {200, "{\"code\":20003}", NULL, API_SERVER_ANSWERS}, ASK_OK, 200, 0, ""},
    {"a list", {200, "[]", NULL, API_SERVER_ANSWERS}, ASK_OTHER_SHAPE, 200, 0, "what came is not what"},
    {"a page of a proxy's", {200, "<html></html>", NULL, API_SERVER_ANSWERS}, ASK_NOT_JSON, 200, 0, "what came is no JSON"},
    {"nothing", {200, "", NULL, API_SERVER_ANSWERS}, ASK_NOT_JSON, 200, 0, "what came is no JSON"},
    {"half an object", {200, "{\"a\":", NULL, API_SERVER_ANSWERS}, ASK_NOT_JSON, 200, 0, "what came is no JSON"},
    {"401", {401, "{\"code\":20003,\"message\":\"Authenticate\"}", NULL, API_SERVER_ANSWERS}, ASK_CREDENTIALS, 401, 20003, "Twilio error 20003: Authenticate"},
    {"401 without a code", {401, "", NULL, API_SERVER_ANSWERS}, ASK_CREDENTIALS, 401, 0, "HTTP status 401"},
    {"a suspended account", {403, "{\"code\":20403}", NULL, API_SERVER_ANSWERS}, ASK_CREDENTIALS, 403, 20403, "Twilio error 20403"},
    {"a restricted key", {403, "{\"code\":70051,\"message\":\"no\"}", NULL, API_SERVER_ANSWERS}, ASK_NOT_PERMITTED, 403, 70051, "Twilio error 70051: no (the key lacks the permission to read the configuration)"},
    {"a restricted key, by 401", {401, "{\"code\":70051}", NULL, API_SERVER_ANSWERS}, ASK_NOT_PERMITTED, 401, 70051, "Twilio error 70051 (the key lacks"},
    {"a restricted key, by 400", {400, "{\"code\":70051}", NULL, API_SERVER_ANSWERS}, ASK_NOT_PERMITTED, 400, 70051, "Twilio error 70051 (the key lacks"},
    {"a service that is not there, by 400", {400, "{\"code\":50050}", NULL, API_SERVER_ANSWERS}, ASK_NOT_FOUND, 400, 50050, "Twilio error 50050"},
    {"403 without a code", {403, "<html>", NULL, API_SERVER_ANSWERS}, ASK_NOT_PERMITTED, 403, 0, "HTTP status 403"},
    {"the newer shape of an error", {403, "{\"code\":70051,\"title\":\"x\",\"detail\":\"why\"}", NULL, API_SERVER_ANSWERS}, ASK_NOT_PERMITTED, 403, 70051, "Twilio error 70051: why"},
    {"404", {404, "{\"code\":20404,\"message\":\"none\"}", NULL, API_SERVER_ANSWERS}, ASK_NOT_FOUND, 404, 20404, "Twilio error 20404: none"},
    {"404 without a code", {404, "", NULL, API_SERVER_ANSWERS}, ASK_NOT_FOUND, 404, 0, "HTTP status 404"},
    {"429", {429, "{\"code\":20429,\"message\":\"slow\"}", "Retry-After: 86400\r\n", API_SERVER_ANSWERS}, ASK_LIMITED, 429, 20429, "Twilio error 20429: slow (asks to wait 86400 s)"},
    {"500", {500, "oh", NULL, API_SERVER_ANSWERS}, ASK_FAILING, 500, 0, "HTTP status 500"},
    {"408", {408, "", NULL, API_SERVER_ANSWERS}, ASK_FAILING, 408, 0, "HTTP status 408"},
    {"a redirect", {307, "", "Location: http://127.0.0.1:1/\r\n", API_SERVER_ANSWERS}, ASK_REFUSED, 307, 0, "HTTP status 307"},
    {"400", {400, "{\"code\":20001,\"message\":\"bad\\u001b\"}", NULL, API_SERVER_ANSWERS}, ASK_REFUSED, 400, 20001, "Twilio error 20001: bad?"},
    {"too much", {200, "", NULL, API_SERVER_FLOODS}, ASK_TOO_LARGE, 200, 0, "the reply is too large"},
    {"cut off", {200, "{}", NULL, API_SERVER_CUTS_SHORT}, ASK_BAD_REPLY, 200, 0, ""},
    {"no HTTP", {200, "", NULL, API_SERVER_BABBLES}, ASK_BAD_REPLY, 0, 0, ""},
};

static void an_answer_is_judged(void **state)
{
    const struct row *row = *state;
    const struct api_server_step script[] = {row->step, {0, NULL, NULL, API_SERVER_ANSWERS}};
    const struct rest_request request = {.method = REST_GET, .path = "/v1/Configuration", .reply_limit = 64 * 1024};

    begin(script);
    assert_int_equal(ask(&world.asker, &request, &world.answer), row->status == ASK_OK);
    assert_int_equal(world.answer.status, row->status);
    assert_int_equal(world.answer.http_status, row->http_status);
    assert_int_equal(world.answer.code, row->code);
    assert_int_equal(world.answer.json != NULL, row->status == ASK_OK);
    assert_int_equal(world.answer.message[0] != '\0', row->status != ASK_OK);
    assert_memory_equal(world.answer.message, row->says, strlen(row->says));
    assert_int_equal(world.answer.retry_after_s, row->status == ASK_LIMITED ? 86400 : -1);
    end();
}

static void nobody_answers_in_time(void **state)
{
    const struct api_server_step script[] = {{1, "", NULL, API_SERVER_HANGS}, {0, NULL, NULL, API_SERVER_ANSWERS}};
    const struct rest_request request = {.method = REST_GET, .path = "/v1/Configuration", .timeout_ms = 50};

    (void)state;
    begin(script);
    assert_false(ask(&world.asker, &request, &world.answer));
    assert_int_equal(world.answer.status, ASK_TIMEOUT);
    end();
}

static void nobody_listens(void **state)
{
    const struct api_server_step script[] = {{0, NULL, NULL, API_SERVER_ANSWERS}};

    (void)state;
    begin(script);
    api_server_end();
    assert_false(ask_get(&world.asker, "/v1/Configuration", &world.answer));
    assert_int_equal(world.answer.status, ASK_UNREACHABLE);
    end();
}

static void what_is_no_request_is_not_asked(void **state)
{
    const struct api_server_step script[] = {{0, NULL, NULL, API_SERVER_ANSWERS}};

    (void)state;
    begin(script);
    assert_false(ask_get(&world.asker, "/a b", &world.answer));
    assert_int_equal(world.answer.status, ASK_NO_MEMORY);
    assert_int_equal(api_server.count, 0);
    end();
}

static void a_deletion_needs_no_object(void **state)
{
    const struct api_server_step script[] = {{204, "", NULL, API_SERVER_ANSWERS}, {0, NULL, NULL, API_SERVER_ANSWERS}};
    const struct rest_request request = {.method = REST_DELETE, .path = "/v1/Conversations/x"};

    (void)state;
    begin(script);
    assert_true(ask(&world.asker, &request, &world.answer));
    assert_null(world.answer.json);
    end();
}

/* As that of a Webhook Rule, which is accepted and done later. */
static void what_a_deletion_tells_is_read(void **state)
{
    const struct api_server_step script[] = {{202, "{\"operation\":{}}", NULL, API_SERVER_ANSWERS},
                                             {0, NULL, NULL, API_SERVER_ANSWERS}};
    const struct rest_request request = {.method = REST_DELETE, .path = "/v1/Webhooks/Rules/x"};

    (void)state;
    begin(script);
    assert_true(ask(&world.asker, &request, &world.answer));
    assert_true(json_is_object(json_object_get(world.answer.json, "operation")));
    end();
}

static void on_signal(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
    world.interrupted = true;
    event_base_loopbreak(world.base);
}

static void a_signal_ends_the_waiting(void **state)
{
    const struct api_server_step script[] = {{1, "", NULL, API_SERVER_HANGS}, {0, NULL, NULL, API_SERVER_ANSWERS}};
    const struct timeval soon = {.tv_usec = 20000};
    struct event *timer;

    (void)state;
    begin(script);
    timer = evtimer_new(world.base, on_signal, NULL);
    evtimer_add(timer, &soon);
    assert_false(ask_get(&world.asker, "/v1/Configuration", &world.answer));
    assert_int_equal(world.answer.status, ASK_INTERRUPTED);
    assert_string_equal(world.answer.message, "interrupted");
    event_free(timer);
    end();
}

static void members_that_are_not_there_are_a_failure(void **state)
{
    const struct api_server_step script[] = {
        {200, "{\"text\":\"a\",\"null\":null,\"number\":3}", NULL, API_SERVER_ANSWERS},
        {200, "{\"text\":5,\"number\":\"3\"}", NULL, API_SERVER_ANSWERS},
        {200, "{\"text\":5,\"number\":\"3\"}", NULL, API_SERVER_ANSWERS},
        {0, NULL, NULL, API_SERVER_ANSWERS}};

    (void)state;
    begin(script);
    assert_true(ask_get(&world.asker, "/v1/Configuration", &world.answer));
    assert_true(ask_has_text(&world.answer, "text") && ask_has_text(&world.answer, "null") &&
                ask_has_number(&world.answer, "number"));
    assert_string_equal(ask_text(&world.answer, "text"), "a");
    assert_string_equal(ask_text(&world.answer, "null"), "");
    assert_false(ask_has_text(&world.answer, "other"));
    assert_int_equal(world.answer.status, ASK_OTHER_SHAPE);
    assert_null(world.answer.json);
    assert_true(ask_get(&world.asker, "/v1/Configuration", &world.answer));
    assert_false(ask_has_text(&world.answer, "text"));
    assert_true(ask_get(&world.asker, "/v1/Configuration", &world.answer));
    assert_false(ask_has_number(&world.answer, "number"));
    assert_int_equal(world.answer.status, ASK_OTHER_SHAPE);
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, an_answer_is_judged, rows);
    CASES_ADD(&cases, nobody_answers_in_time);
    CASES_ADD(&cases, nobody_listens);
    CASES_ADD(&cases, what_is_no_request_is_not_asked);
    CASES_ADD(&cases, a_deletion_needs_no_object);
    CASES_ADD(&cases, what_a_deletion_tells_is_read);
    CASES_ADD(&cases, a_signal_ends_the_waiting);
    CASES_ADD(&cases, members_that_are_not_there_are_a_failure);
    return cases_run(&cases, "ask");
}
