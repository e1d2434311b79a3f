#include "build.h"

#include "webhook/answer.h"

#include <stdio.h>
#include <string.h>

#include "support/clock.h"

enum { RETRY_AFTER_S = 2, NAMES_LIMIT = LOG_FIELD_LIMIT, FIELDS_LIMIT = 32 };

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

static int status_of(enum answer answer, const struct answer_facts *facts)
{
    return facts->kept ? 200 : answers[answer].status;
}

static const char *way_word(enum answer_way way)
{
    switch (way) {
    case ANSWER_WAY_WEBHOOK:
        return "webhook";
    case ANSWER_WAY_EVENT_STREAM:
        return "event-stream";
    case ANSWER_WAY_UNKNOWN:
        break;
    }
    return NULL;
}

/* The fields of a webhook's line, as far as there is something to say. */
struct fields {
    struct log_field all[FIELDS_LIMIT];
    size_t count;
};

static void add_bytes(struct fields *fields, const char *name, const char *bytes, size_t length)
{
    if (bytes && length > 0 && fields->count < FIELDS_LIMIT)
        fields->all[fields->count++] = (struct log_field){.name = name, .bytes = bytes, .length = length};
}

static void add_text(struct fields *fields, const char *name, const char *text)
{
    if (text)
        add_bytes(fields, name, text, strlen(text));
}

static void add_number(struct fields *fields, const char *name, int64_t number)
{
    if (fields->count < FIELDS_LIMIT)
        fields->all[fields->count++] = (struct log_field){.name = name, .number = number};
}

static void add_event(struct fields *fields, const struct event *event)
{
    if (!event)
        return;
    add_bytes(fields, "event", event->type.value, event->type.value_length);
    add_text(fields, "conversation", event->conversation.text);
    add_text(fields, "service", event->service.text);
    add_bytes(fields, "source", event->source.value, event->source.value_length);
    add_bytes(fields, "retry_count", event->retry_count.value, event->retry_count.value_length);
}

static void add_outcome(struct fields *fields, const struct join_outcome *outcome)
{
    if (!outcome)
        return;
    if (outcome->rest_status)
        add_number(fields, "rest_status", outcome->rest_status);
    if (outcome->rest_code)
        add_number(fields, "rest_code", outcome->rest_code);
    add_text(fields, "twilio_request_id", outcome->request_id);
    add_number(fields, "attempts", outcome->attempts);
    add_number(fields, "rest_ms", outcome->rest_us / 1000);
}

static void add_signer(struct fields *fields, const struct answer_signer *signer)
{
    add_text(fields, "signed_by", signer->kind);
    add_bytes(fields, "key", signer->key, signer->key_length);
    add_bytes(fields, "algorithm", signer->algorithm, signer->algorithm_length);
    add_text(fields, "key_header", signer->header);
}

/* Names only: values are phone numbers and customers' words. */
static void join_names(struct buffer *names, const struct form *form)
{
    size_t i;

    for (i = 0; i < form->count; i++) {
        size_t before = names->length;

        if (i > 0)
            buffer_append_char(names, ',');
        buffer_append(names, form->parameters[i].name, form->parameters[i].name_length);
        if (buffer_status(names) != BUFFER_OK) {
            names->length = before;
            break;
        }
    }
}

static void write_log(struct exchange *exchange, const struct log *log, enum answer answer,
                      const struct answer_facts *facts)
{
    const struct request *request = &exchange->request;
    struct fields fields = {.count = 0};
    struct buffer line, url, names;
    char id[17];

    buffer_init(&line, LOG_LINE_LIMIT + 2);
    buffer_init(&url, PUBLIC_URL_LIMIT);
    buffer_init(&names, NAMES_LIMIT);
    snprintf(id, sizeof id, "%016llx", (unsigned long long)facts->id);
    add_text(&fields, "id", id);
    add_text(&fields, "result", answers[answer].result);
    add_number(&fields, "status", status_of(answer, facts));
    add_text(&fields, "way", way_word(facts->way));
    add_text(&fields, "reason", facts->reason);
    add_text(&fields, "variable", facts->variable);
    add_event(&fields, facts->event);
    add_outcome(&fields, facts->outcome);
    add_number(&fields, "ms", (clock_monotonic_us() - request->begun_us) / 1000);
    add_text(&fields, "peer", request_variable(request, VARIABLE_REMOTE_ADDR));
    add_text(&fields, "idempotency_token",
             request_variable(request, VARIABLE_HTTP_I_TWILIO_IDEMPOTENCY_TOKEN));
    add_signer(&fields, &facts->signer);
    add_bytes(&fields, "hint", facts->hint.data, facts->hint.length);
    if (facts->url) {
        public_url_show(&url, facts->url);
        add_bytes(&fields, "url", url.data, url.length);
    }
    if (facts->form) {
        join_names(&names, facts->form);
        add_bytes(&fields, "parameters", names.data, names.length);
    }
    log_compose(&line, log, answers[answer].level, "webhook", fields.all, fields.count);
    if (line.length > exchange->log.ceiling - exchange->log.length)
        log_write_text(log, &line);
    else
        buffer_append(&exchange->log, line.data, line.length);
    buffer_free(&line);
    buffer_free(&url);
    buffer_free(&names);
}

/* Those of Event Streams are counted by themselves, in the same order. */
static enum stats_counter counter_of(enum answer answer, enum answer_way way)
{
    enum stats_counter counter = answers[answer].counter;

    return way == ANSWER_WAY_EVENT_STREAM ? counter - STATS_JOINED + STATS_STREAM_JOINED : counter;
}

void answer_tell(struct exchange *exchange, const struct log *log, struct stats *stats,
                 enum answer answer, const struct answer_facts *facts)
{
    stats_webhook(stats, counter_of(answer, facts->way), (unsigned)status_of(answer, facts),
                  facts->outcome ? (unsigned)facts->outcome->rest_code : 0, facts->reason);
    if (facts->outcome)
        stats_time(stats, STATS_WEBHOOK_TIME,
                   clock_monotonic_us() - exchange->request.begun_us);
    if (log_wants(log, answers[answer].level))
        write_log(exchange, log, answer, facts);
}

void answer_respond(struct exchange *exchange, struct stats *stats, enum answer answer,
                    const struct answer_facts *facts)
{
    if (facts->signer.proved)
        stats_count(stats, facts->signer.counter);
    exchange->response = (struct response){
        .status = status_of(answer, facts),
        .body = answers[answer].body,
        .retry_after = answer == ANSWER_RETRY_LATER && !facts->kept ? RETRY_AFTER_S : 0,
        .allow_post = answer == ANSWER_METHOD_NOT_ALLOWED,
        .without_body =
            strcmp(request_text(&exchange->request, VARIABLE_REQUEST_METHOD), "HEAD") == 0,
    };
}

void answer_write(struct exchange *exchange, const struct log *log, struct stats *stats,
                  enum answer answer, const struct answer_facts *facts)
{
    answer_respond(exchange, stats, answer, facts);
    answer_tell(exchange, log, stats, answer, facts);
}

void answer_health_text(char text[ANSWER_HEALTH_SIZE], const char *settings)
{
    bool known = *settings != '\0';

    snprintf(text, ANSWER_HEALTH_SIZE, "{\"status\":\"ok\"%s%s%s}", known ? ",\"settings\":\"" : "", settings,
             known ? "\"" : "");
}

void answer_write_health(struct exchange *exchange, const char *healthy)
{
    exchange->response = (struct response){
        .status = healthy ? 200 : 500,
        .body = healthy ? healthy : "{\"status\":\"faulty settings\"}",
        .without_body =
            strcmp(request_text(&exchange->request, VARIABLE_REQUEST_METHOD), "HEAD") == 0,
    };
}
