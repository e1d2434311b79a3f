#include "build.h"

#include "twilio/ask.h"

#include <stdio.h>
#include <string.h>

#include "support/json_text.h"
#include "support/log.h"
#include "twilio/reply.h"
#include "twilio/resources.h"

enum { TIMEOUT_MS = 15 * 1000 };

static enum ask_status judge_transport(enum rest_status status)
{
    switch (status) {
    case REST_OK:
        break;
    case REST_TIMEOUT:
        return ASK_TIMEOUT;
    case REST_UNREACHABLE:
        return ASK_UNREACHABLE;
    case REST_TLS:
        return ASK_TLS;
    case REST_TOO_LARGE:
        return ASK_TOO_LARGE;
    case REST_BAD_REPLY:
        return ASK_BAD_REPLY;
    case REST_NO_MEMORY:
        return ASK_NO_MEMORY;
    }
    return ASK_OK;
}

/* By the code first (twilio.com/docs/api/errors/CODE): its HTTP status is not documented everywhere. */
static enum ask_status judge_http(long http_status, long code)
{
    if (http_status / 100 == 2)
        return ASK_OK;
    if (code == 20003 || code == 20403 || (code == 0 && http_status == 401))
        return ASK_CREDENTIALS;
    if (code == 70051 || code == 50107 || http_status == 401 || http_status == 403)
        return ASK_NOT_PERMITTED;
    if (code == 20404 || code == 50050 || code == 50350 || http_status == 404)
        return ASK_NOT_FOUND;
    if (code == 20429 || http_status == 429)
        return ASK_LIMITED;
    return http_status >= 500 || http_status == 408 ? ASK_FAILING : ASK_REFUSED;
}

/* The body, if it is to be one. An answer that cannot be read is no empty one: setup would overwrite what it
 * did not see. */
static enum ask_status read_object(struct ask_answer *answer, enum rest_method method,
                                   const struct rest_result *result)
{
    if (method == REST_DELETE && result->body_length == 0)
        return ASK_OK;
    switch (json_text_load(result->body, result->body_length, 0, &answer->json)) {
    case JSON_TEXT_OK:
        return json_is_object(answer->json) ? ASK_OK : ASK_OTHER_SHAPE;
    case JSON_TEXT_NO_MEMORY:
        return ASK_NO_MEMORY;
    case JSON_TEXT_BAD:
        break;
    }
    return ASK_NOT_JSON;
}

/* What Twilio's error object says for people, in either of its shapes. */
static void copy_words(char *words, size_t size, const struct rest_result *result)
{
    const char *message;
    json_t *json;

    words[0] = '\0';
    if (json_text_load(result->body, result->body_length, 0, &json) != JSON_TEXT_OK)
        return;
    message = json_string_value(json_object_get(json, "message"));
    if (!message)
        message = json_string_value(json_object_get(json, "detail"));
    if (message)
        snprintf(words, size, "%s", message);
    json_decref(json);
}

static void describe_refusal(char *text, size_t size, const struct ask_answer *answer,
                             enum rest_method method, const char *path,
                             const struct rest_result *result)
{
    const char *permission = resources_permission(method, path);
    char words[160];
    int length;

    copy_words(words, sizeof words, result);
    if (answer->code)
        length = snprintf(text, size, "Twilio error %ld%s%s", answer->code, *words ? ": " : "", words);
    else
        length = snprintf(text, size, "HTTP status %ld", answer->http_status);
    if (answer->status == ASK_NOT_PERMITTED && answer->code && permission)
        snprintf(text + length, size - (size_t)length, " (the key lacks the permission to %s)", permission);
    else if (answer->retry_after_s > 0)
        snprintf(text + length, size - (size_t)length, " (asks to wait %lld s)",
                 (long long)answer->retry_after_s);
}

/* What needs no more than the status to be told. */
static const char *words_of(enum ask_status status)
{
    switch (status) {
    case ASK_NOT_JSON:
        return "what came is no JSON: something on the way to Twilio answers in its place";
    case ASK_OTHER_SHAPE:
        return "what came is not what Twilio's API gives";
    case ASK_TOO_LARGE:
        return "there is more than can be read";
    case ASK_FOREIGN_PAGE:
        return "next_page_url leads to another host: credentials are not sent there";
    case ASK_INTERRUPTED:
        return "interrupted";
    case ASK_NO_MEMORY:
        return "out of memory";
    default:
        return "Twilio cannot be asked";
    }
}

void ask_fail(struct ask_answer *answer, enum ask_status status)
{
    json_decref(answer->json);
    answer->json = NULL;
    answer->status = status;
    log_copy_printable(answer->message, sizeof answer->message, words_of(status));
}

void ask_judge(struct ask_answer *answer, enum rest_method method, const char *path,
               const struct rest_result *result)
{
    char text[ASK_MESSAGE_SIZE];

    *answer = (struct ask_answer){
        .status = judge_transport(result->status),
        .http_status = result->http_status,
        .retry_after_s = result->retry_after_s,
        .elapsed_us = result->elapsed_us,
    };
    log_copy_printable(answer->date, sizeof answer->date, result->date);
    if (answer->status == ASK_NO_MEMORY) {
        ask_fail(answer, ASK_NO_MEMORY);
    } else if (answer->status != ASK_OK) {
        log_copy_printable(answer->message, sizeof answer->message, result->reason);
    } else {
        answer->code = result->http_status / 100 == 2
                           ? 0
                           : reply_error_code(result->body, result->body_length);
        answer->status = judge_http(result->http_status, answer->code);
        if (answer->status == ASK_OK) {
            enum ask_status read = read_object(answer, method, result);

            if (read != ASK_OK)
                ask_fail(answer, read);
            return;
        }
        describe_refusal(text, sizeof text, answer, method, path, result);
        log_copy_printable(answer->message, sizeof answer->message, text);
    }
}

struct waiting {
    const struct asker *asker;
    const struct rest_request *request;
    struct ask_answer *answer;
    bool done;
};

static void on_answer(void *argument, const struct rest_result *result)
{
    struct waiting *waiting = argument;

    ask_judge(waiting->answer, waiting->request->method, waiting->request->path, result);
    waiting->done = true;
    event_base_loopbreak(waiting->asker->base);
}

struct asker ask_at(const struct asker *asker, const char *api_url)
{
    struct asker other = *asker;

    other.api_url = api_url;
    other.origin = api_url;
    return other;
}

bool ask(const struct asker *asker, const struct rest_request *request, struct ask_answer *answer)
{
    struct waiting waiting = {.asker = asker, .request = request, .answer = answer};
    struct rest_request timed = *request;
    struct rest_exchange *exchange;

    *answer = (struct ask_answer){.retry_after_s = -1};
    if (!timed.origin)
        timed.origin = asker->origin;
    if (timed.timeout_ms == 0)
        timed.timeout_ms = TIMEOUT_MS;
    if (timed.reply_limit == 0)
        timed.reply_limit = REST_LIST_LIMIT;
    exchange = rest_start(asker->rest, &timed, on_answer, &waiting);
    if (!exchange) {
        ask_fail(answer, ASK_NO_MEMORY);
        return false;
    }
    while (!waiting.done && !(asker->interrupted && *asker->interrupted))
        event_base_dispatch(asker->base);
    if (!waiting.done) {
        rest_cancel(exchange);
        ask_fail(answer, ASK_INTERRUPTED);
    }
    return answer->status == ASK_OK;
}

bool ask_get(const struct asker *asker, const char *path, struct ask_answer *answer)
{
    const struct rest_request request = {.method = REST_GET, .path = path};

    return ask(asker, &request, answer);
}

static bool is_there(struct ask_answer *answer, bool there)
{
    if (!there)
        ask_fail(answer, ASK_OTHER_SHAPE);
    return there;
}

bool ask_has_text(struct ask_answer *answer, const char *name)
{
    const json_t *member = json_object_get(answer->json, name);

    return is_there(answer, json_is_string(member) || json_is_null(member));
}

bool ask_has_number(struct ask_answer *answer, const char *name)
{
    return is_there(answer, json_is_integer(json_object_get(answer->json, name)));
}

const char *ask_text(const struct ask_answer *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer->json, name));

    return text ? text : "";
}

void ask_forget(struct ask_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}
