#include "build.h"

#include "webhook/handler.h"

#include <stdlib.h>
#include <string.h>

#include "support/config_fingerprint.h"
#include "webhook/answer.h"
#include "webhook/event_action.h"
#include "webhook/event_batch.h"
#include "webhook/hint.h"
#include "webhook/proof.h"
#include "webhook/public_url.h"

/* What is known of a request while it is judged. */
struct webhook {
    struct handler *handler;
    struct exchange *exchange;
    struct proof proof;
    struct event event;
    char *raw_body; /* a copy, only where refused requests are captured */
};

/* What outlives the judging while a join is under way. */
struct waiting {
    struct handler *handler;
    struct exchange *exchange;
    struct answer_facts facts;
    struct event event;
};

static enum answer judge_type(struct webhook *webhook)
{
    const struct request *request = &webhook->exchange->request;
    const char *type = request_text(request, VARIABLE_CONTENT_TYPE);
    size_t length;
    const char *target, *query;

    if (proof_is_form(type))
        return ANSWER_NONE;
    webhook->proof.json = proof_is_json(type);
    target = public_url_target(request, &length);
    query = target ? memchr(target, '?', length) : NULL;
    if (webhook->proof.json && query &&
        signature_has_body_hash(query + 1, length - (size_t)(query + 1 - target)))
        return ANSWER_NONE;
    return ANSWER_UNSUPPORTED_TYPE;
}

static enum answer judge_body(struct webhook *webhook, const char **reason)
{
    const struct request *request = &webhook->exchange->request;

    switch (request->body_state) {
    case REQUEST_BODY_WHOLE: /* as far as the gateway knows, which takes JSON's length of any type */
        return !webhook->proof.json && request->body_length > webhook->handler->config->max_body
                   ? ANSWER_TOO_LARGE
                   : ANSWER_NONE;
    case REQUEST_BODY_TOO_LARGE:
        return ANSWER_TOO_LARGE;
    case REQUEST_BODY_CROWDED:
        if (!webhook->proof.json)
            return ANSWER_TOO_LARGE; /* no form may be that long */
        *reason = "too many long requests at once";
        return ANSWER_RETRY_LATER;
    case REQUEST_BODY_SHORT:
        *reason = "the body is shorter than CONTENT_LENGTH";
        break;
    case REQUEST_BODY_LONG:
        *reason = "the body is longer than CONTENT_LENGTH";
        break;
    case REQUEST_BODY_BAD_LENGTH:
        *reason = "CONTENT_LENGTH is no number";
        break;
    }
    return ANSWER_BAD_REQUEST;
}

/* Parsing decodes a form where it lies. Without memory the request is not captured. */
static void keep_raw_body(struct webhook *webhook)
{
    const struct request *request = &webhook->exchange->request;

    if (!webhook->handler->capture || webhook->proof.json ||
        !request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE))
        return;
    webhook->raw_body = malloc(request->body_length + 1);
    if (webhook->raw_body && request->body_length > 0)
        memcpy(webhook->raw_body, request->body, request->body_length);
}

/* What carries no signature cannot be explained, and is mostly scanners'. */
static void capture(const struct webhook *webhook)
{
    const struct handler *handler = webhook->handler;
    const struct request *request = &webhook->exchange->request;

    if (webhook->raw_body)
        handler->capture(handler->captures, request, webhook->raw_body, request->body_length);
    else if (handler->capture && webhook->proof.json &&
             request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE))
        handler->capture(handler->captures, request, request->body, request->body_length);
}

static enum answer judge_signature(struct webhook *webhook, struct answer_facts *facts)
{
    struct handler *handler = webhook->handler;
    const struct proof_means means = {handler->config, handler->keys, &handler->hinted_us};
    enum answer answer;

    keep_raw_body(webhook);
    answer = proof_judge(&webhook->proof, &means, &webhook->exchange->request, facts);
    if (answer == ANSWER_FORBIDDEN)
        capture(webhook);
    return answer;
}

static enum answer judge_event(struct webhook *webhook, struct answer_facts *facts)
{
    struct event *event = &webhook->event;

    event_read(event, &webhook->proof.form, webhook->handler->config);
    facts->reason = event->reason;
    facts->event = event;
    return event_action_judge(webhook->handler, event);
}

static void on_joined(void *argument, const struct join_outcome *outcome)
{
    struct waiting *waiting = argument;

    waiting->facts.outcome = outcome;
    waiting->facts.reason = outcome->reason;
    answer_write(waiting->exchange, waiting->handler->log, waiting->handler->stats,
                 event_action_answer(outcome->result), &waiting->facts);
    exchange_reply(waiting->exchange);
    free(waiting);
}

static void start_join(struct webhook *webhook, const struct answer_facts *facts)
{
    struct handler *handler = webhook->handler;
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (!waiting) {
        struct answer_facts failed = *facts;

        failed.reason = "out of memory";
        answer_write(webhook->exchange, handler->log, handler->stats, ANSWER_RETRY_LATER, &failed);
        exchange_reply(webhook->exchange);
        return;
    }
    waiting->handler = handler;
    waiting->exchange = webhook->exchange;
    waiting->facts.id = facts->id;
    waiting->facts.way = facts->way;
    waiting->facts.signer = facts->signer; /* proved: it borrows nothing of the request */
    waiting->event = webhook->event;
    waiting->facts.event = &waiting->event;
    event_action_join(handler, waiting->exchange, &waiting->event, on_joined, waiting);
}

static void judge(struct webhook *webhook)
{
    struct handler *handler = webhook->handler;
    struct exchange *exchange = webhook->exchange;
    struct answer_facts facts = {.id = handler->id_next++};
    enum answer answer = ANSWER_NONE;

    buffer_init(&facts.hint, HINT_LIMIT);
    if (strcmp(request_text(&exchange->request, VARIABLE_REQUEST_METHOD), "POST") != 0)
        answer = ANSWER_METHOD_NOT_ALLOWED;
    if (answer == ANSWER_NONE)
        answer = judge_type(webhook);
    if (answer == ANSWER_NONE) {
        facts.way = webhook->proof.json ? ANSWER_WAY_EVENT_STREAM : ANSWER_WAY_WEBHOOK;
        answer = judge_body(webhook, &facts.reason);
    }
    if (answer == ANSWER_NONE)
        answer = judge_signature(webhook, &facts);
    /* Whatever is wrong before the proof may be right within the four hours, and what is answered 400 is lost. */
    if (answer == ANSWER_BAD_REQUEST && webhook->proof.json)
        answer = ANSWER_RETRY_LATER;
    if (answer == ANSWER_NONE && !webhook->proof.json)
        answer = judge_event(webhook, &facts);
    if (answer == ANSWER_NONE && webhook->proof.json) {
        event_batch_start(handler, exchange, &facts);
    } else if (answer == ANSWER_NONE) {
        start_join(webhook, &facts);
    } else {
        answer_write(exchange, handler->log, handler->stats, answer, &facts);
        exchange_reply(exchange);
    }
    buffer_free(&facts.hint);
}

/* The end of the path that was asked for. Where there is no REQUEST_URI, PATH_INFO follows SCRIPT_NAME, and neither
 * has a query (RFC 3875, 4.1.5 and 4.1.13). */
static const char *path_end(const struct request *request, size_t *length)
{
    const char *path = request_variable(request, VARIABLE_REQUEST_URI);

    if (path) {
        *length = strcspn(path, "?#");
        return path;
    }
    path = request_text(request, VARIABLE_PATH_INFO);
    if (!*path)
        path = request_text(request, VARIABLE_SCRIPT_NAME);
    *length = strlen(path);
    return path;
}

/* GET or HEAD of any path that ends in /healthz, for load balancers and monitors. */
static bool is_health_check(const struct request *request)
{
    static const char ending[] = "/healthz";
    const char *method = request_text(request, VARIABLE_REQUEST_METHOD);
    size_t length;
    const char *target = path_end(request, &length);

    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return false;
    return length >= sizeof ending - 1 &&
           memcmp(target + length - (sizeof ending - 1), ending, sizeof ending - 1) == 0;
}

/* The settings do not change while we run: their fingerprint is made once. */
static void serve_health(struct handler *handler, struct exchange *exchange)
{
    char settings[CONFIG_FINGERPRINT_SIZE];

    if (handler->keys && !handler->health[0]) {
        config_fingerprint(handler->config, settings);
        answer_health_text(handler->health, settings);
    }
    answer_write_health(exchange, handler->keys ? handler->health : NULL);
    exchange_reply(exchange);
}

void handler_serve(void *argument, struct exchange *exchange)
{
    struct handler *handler = argument;
    struct webhook webhook; /* 20 KiB: not zeroed for every request */

    if (is_health_check(&exchange->request)) {
        serve_health(handler, exchange);
        return;
    }
    if (!handler->keys) {
        struct answer_facts facts = {.id = handler->id_next++,
                                     .reason = "the settings are faulty"};

        answer_write(exchange, handler->log, handler->stats, ANSWER_REFUSED, &facts);
        exchange_reply(exchange);
        return;
    }
    webhook.handler = handler;
    webhook.exchange = exchange;
    webhook.raw_body = NULL;
    proof_init(&webhook.proof);
    judge(&webhook);
    free(webhook.raw_body);
    proof_free(&webhook.proof);
}
