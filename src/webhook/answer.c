#include "build.h"

#include "webhook/answer.h"

#include <stdio.h>
#include <string.h>

#include "support/clock.h"

enum { RETRY_AFTER_S = 2, NAMES_LIMIT = LOG_FIELD_LIMIT };

/* Twilio retries a post-event webhook, if it was told to, on a time-out, 429, 503 and 504 only:
 * hence 503 for what may pass by itself and 500 for what will not. */
static const struct {
    int status;
    const char *body;
    const char *result;
    enum log_level level;
    enum stats_counter counter;
} answers[] = {
    [ANSWER_NONE] = {500, "{}", "none", LOG_LEVEL_ERROR, STATS_REFUSED},
    [ANSWER_JOINED] = {200, "{\"result\":\"joined\"}", "joined", LOG_LEVEL_INFO, STATS_JOINED},
    [ANSWER_ALREADY_JOINED] = {200, "{\"result\":\"already-joined\"}", "already-joined", LOG_LEVEL_INFO, STATS_ALREADY_JOINED},
    [ANSWER_GONE] = {200, "{\"result\":\"gone\"}", "gone", LOG_LEVEL_WARN, STATS_GONE},
    [ANSWER_IGNORED] = {200, "{\"result\":\"ignored\"}", "ignored", LOG_LEVEL_INFO, STATS_IGNORED},
    [ANSWER_PRE_EVENT] = {200, "{}", "ignored", LOG_LEVEL_INFO, STATS_IGNORED},
    [ANSWER_RETRY_LATER] = {503, "{\"result\":\"retry-later\"}", "retry-later", LOG_LEVEL_WARN, STATS_RETRY_LATER},
    [ANSWER_REFUSED] = {500, "{\"result\":\"refused\"}", "refused", LOG_LEVEL_ERROR, STATS_REFUSED},
    [ANSWER_FORBIDDEN] = {403, "{}", "forbidden", LOG_LEVEL_WARN, STATS_FORBIDDEN},
    [ANSWER_METHOD_NOT_ALLOWED] = {405, "{}", "method-not-allowed", LOG_LEVEL_WARN, STATS_METHOD_NOT_ALLOWED},
    [ANSWER_UNSUPPORTED_TYPE] = {415, "{}", "unsupported-type", LOG_LEVEL_WARN, STATS_UNSUPPORTED_TYPE},
    [ANSWER_TOO_LARGE] = {413, "{}", "too-large", LOG_LEVEL_WARN, STATS_TOO_LARGE},
    [ANSWER_BAD_REQUEST] = {400, "{}", "bad-request", LOG_LEVEL_WARN, STATS_BAD_REQUEST},
};

static void add_event(struct log_line *line, const struct event *event)
{
    if (!event)
        return;
    log_line_bytes(line, "event", event->type.value, event->type.value_length);
    log_line_text(line, "conversation", event->conversation.text);
    log_line_text(line, "service", event->service.text);
    log_line_bytes(line, "source", event->source.value, event->source.value_length);
    log_line_bytes(line, "retry_count", event->retry_count.value,
                   event->retry_count.value_length);
}

static void add_outcome(struct log_line *line, const struct join_outcome *outcome)
{
    if (!outcome)
        return;
    if (outcome->rest_status)
        log_line_number(line, "rest_status", outcome->rest_status);
    if (outcome->rest_code)
        log_line_number(line, "rest_code", outcome->rest_code);
    log_line_text(line, "twilio_request_id", outcome->request_id);
    log_line_number(line, "attempts", outcome->attempts);
    log_line_number(line, "rest_ms", outcome->rest_us / 1000);
}

static void add_signer(struct log_line *line, const struct answer_signer *signer)
{
    log_line_text(line, "signed_by", signer->kind);
    log_line_bytes(line, "key", signer->key, signer->key_length);
    log_line_bytes(line, "algorithm", signer->algorithm, signer->algorithm_length);
    log_line_text(line, "key_header", signer->header);
}

/* Names only: values are phone numbers and customers' words. */
static void add_parameter_names(struct log_line *line, const struct form *form)
{
    struct buffer names;
    size_t i;

    if (!form)
        return;
    buffer_init(&names, NAMES_LIMIT);
    for (i = 0; i < form->count; i++) {
        size_t before = names.length;

        if (i > 0)
            buffer_append_char(&names, ',');
        buffer_append(&names, form->parameters[i].name, form->parameters[i].name_length);
        if (buffer_status(&names) != BUFFER_OK) {
            names.length = before;
            break;
        }
    }
    log_line_bytes(line, "parameters", names.data, names.length);
    buffer_free(&names);
}

static void add_url(struct log_line *line, const struct public_url *url)
{
    struct buffer text;

    if (!url)
        return;
    buffer_init(&text, PUBLIC_URL_LIMIT);
    public_url_show(&text, url);
    log_line_bytes(line, "url", text.data, text.length);
    buffer_free(&text);
}

static void write_log(struct exchange *exchange, const struct log *log, enum answer answer,
                      const struct answer_facts *facts)
{
    int64_t elapsed_us = clock_monotonic_us() - exchange->request.begun_us;
    struct log_line line;
    char id[17];

    snprintf(id, sizeof id, "%016llx", (unsigned long long)facts->id);
    log_line_begin(&line, log, answers[answer].level, "webhook");
    log_line_text(&line, "id", id);
    log_line_text(&line, "result", answers[answer].result);
    log_line_number(&line, "status", answers[answer].status);
    log_line_text(&line, "reason", facts->reason);
    log_line_text(&line, "variable", facts->variable);
    add_event(&line, facts->event);
    add_outcome(&line, facts->outcome);
    log_line_number(&line, "ms", elapsed_us / 1000);
    log_line_text(&line, "peer", request_variable(&exchange->request, VARIABLE_REMOTE_ADDR));
    log_line_text(&line, "idempotency_token",
                  request_variable(&exchange->request, VARIABLE_HTTP_I_TWILIO_IDEMPOTENCY_TOKEN));
    add_signer(&line, &facts->signer);
    if (facts->hint.length > 0)
        log_line_bytes(&line, "hint", facts->hint.data, facts->hint.length);
    add_url(&line, facts->url);
    add_parameter_names(&line, facts->form);
    log_line_end(&line);
    buffer_append(&exchange->log, line.text.data, line.text.length);
    log_line_free(&line);
}

static void count(struct stats *stats, enum answer answer, const struct exchange *exchange,
                  const struct answer_facts *facts)
{
    stats_count(stats, answers[answer].counter);
    if (facts->signer.proved)
        stats_count(stats, facts->signer.counter);
    if (facts->outcome)
        stats_time(stats, STATS_WEBHOOK_TIME,
                   clock_monotonic_us() - exchange->request.begun_us);
}

void answer_write(struct exchange *exchange, const struct log *log, struct stats *stats,
                  enum answer answer, const struct answer_facts *facts)
{
    count(stats, answer, exchange, facts);
    exchange->response = (struct response){
        .status = answers[answer].status,
        .body = answers[answer].body,
        .retry_after = answer == ANSWER_RETRY_LATER ? RETRY_AFTER_S : 0,
        .allow_post = answer == ANSWER_METHOD_NOT_ALLOWED,
        .without_body =
            strcmp(request_text(&exchange->request, VARIABLE_REQUEST_METHOD), "HEAD") == 0,
    };
    if (log_wants(log, answers[answer].level))
        write_log(exchange, log, answer, facts);
}

void answer_write_health(struct exchange *exchange, bool healthy)
{
    exchange->response = (struct response){
        .status = healthy ? 200 : 500,
        .body = healthy ? "{\"status\":\"ok\"}" : "{\"status\":\"faulty settings\"}",
        .without_body =
            strcmp(request_text(&exchange->request, VARIABLE_REQUEST_METHOD), "HEAD") == 0,
    };
}
