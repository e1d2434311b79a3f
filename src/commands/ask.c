#include "build.h"

#include "commands/ask.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/jsonload.h"
#include "support/printable.h"
#include "twilio/reply.h"

enum { TIMEOUT_MS = 15 * 1000 };

struct waiting {
    struct workplace *workplace;
    struct ask_answer *answer;
    bool done;
};

static void describe(struct ask_answer *answer, const struct rest_result *result)
{
    const char *message = json_string_value(json_object_get(answer->json, "message"));
    char text[sizeof answer->message];

    if (!message)
        message = json_string_value(json_object_get(answer->json, "detail"));
    if (answer->status == REST_NO_MEMORY)
        printable_copy(answer->message, sizeof answer->message, "out of memory");
    else if (result->status != REST_OK)
        printable_copy(answer->message, sizeof answer->message, result->reason);
    else if (result->http_status >= 300) {
        if (answer->code)
            snprintf(text, sizeof text, "Twilio error %ld%s%.180s", answer->code,
                     message ? ": " : "", message ? message : "");
        else
            snprintf(text, sizeof text, "HTTP status %ld", result->http_status);
        printable_copy(answer->message, sizeof answer->message, text);
    }
}

static void on_answer(void *argument, const struct rest_result *result)
{
    struct waiting *waiting = argument;
    struct ask_answer *answer = waiting->answer;

    answer->status = result->status;
    answer->http_status = result->http_status;
    answer->elapsed_us = result->elapsed_us;
    /* Not an empty answer: setup would overwrite what it could not read. */
    if (jsonload(result->body, result->body_length, 0, &answer->json) == JSONLOAD_NO_MEMORY)
        answer->status = REST_NO_MEMORY;
    answer->code = reply_error_code(result->body, result->body_length);
    printable_copy(answer->date, sizeof answer->date, result->date);
    describe(answer, result);
    waiting->done = true;
    event_base_loopbreak(waiting->workplace->base);
}

bool ask(struct workplace *workplace, const struct rest_order *order, struct ask_answer *answer)
{
    struct waiting waiting = {.workplace = workplace, .answer = answer};
    struct rest_order timed = *order;
    struct rest_exchange *exchange;

    *answer = (struct ask_answer){.status = REST_NO_MEMORY};
    if (timed.timeout_ms == 0)
        timed.timeout_ms = TIMEOUT_MS;
    if (timed.reply_limit == 0)
        timed.reply_limit = REST_LIST_LIMIT;
    exchange = rest_start(workplace->rest, &timed, on_answer, &waiting);
    if (!exchange) {
        printable_copy(answer->message, sizeof answer->message, "out of memory");
        return false;
    }
    while (!waiting.done && (workplace->deaf || !workplace->signalled))
        event_base_dispatch(workplace->base);
    if (!waiting.done) {
        rest_cancel(exchange);
        answer->interrupted = true;
        printable_copy(answer->message, sizeof answer->message, "interrupted");
    }
    return answer->status == REST_OK && answer->http_status >= 200 && answer->http_status < 300;
}

bool ask_get(struct workplace *workplace, struct ask_answer *answer, const char *format, ...)
{
    char path[REST_PATH_LIMIT];
    struct rest_order order = {.method = REST_GET, .path = path};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return ask(workplace, &order, answer);
}

void ask_forget(struct ask_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}

const char *ask_text(const struct ask_answer *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer->json, name));

    return text ? text : "";
}
