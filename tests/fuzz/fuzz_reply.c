/*
 * twilio/reply and twilio/verdict: any bytes as Twilio's answer to adding a participant. The first byte
 * chooses the HTTP status. Nothing but a participant's SID with a 2xx, or one of the codes that mean
 * "is one already", counts as joined.
 *
 * twilio/reply reads its two members itself: it is held to jansson on every document that jansson accepts.
 * What jansson refuses it may read or not, but never an SID that is none.
 */
#include "build.h"

#include "property.h"

#include <jansson.h>
#include <string.h>

#include "twilio/reply.h"
#include "twilio/verdict.h"
#include "twilio/webhook_config.h"

static const long statuses[] = {200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409,
                                429, 500, 502, 503, 504, 100, 599, 0,   226};

/* What was read of a reply: without an SID its text is empty. */
struct reading {
    long code;
    struct sid participant;
    struct sid service;
};

static struct sid read_sid(const char *bytes, size_t length, const char *prefix)
{
    struct sid sid;
    bool found = reply_sid(&sid, bytes, length, prefix);

    PROPERTY(found ? sid_valid(sid.text, strlen(sid.text), prefix) : !*sid.text,
             "an SID of the right form or none");
    return sid;
}

/* In a block of its own size: nothing is read behind the end. */
static struct reading read_reply(const char *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    struct reading reading;

    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    reading.code = reply_error_code(copy, length);
    reading.participant = read_sid(copy, length, "MB");
    reading.service = read_sid(copy, length, "IS");
    free(copy);
    return reading;
}

static struct reading read_with_jansson(const json_t *reply)
{
    const char *text = json_string_value(json_object_get(reply, "sid"));
    json_int_t code = json_integer_value(json_object_get(reply, "code"));
    struct reading reading = {.code = code > 0 && code < 1000000 ? (long)code : 0};

    sid_copy(&reading.participant, text ? text : "", text ? strlen(text) : 0, "MB");
    sid_copy(&reading.service, text ? text : "", text ? strlen(text) : 0, "IS");
    return reading;
}

static bool is_same_sid(const struct sid *a, const struct sid *b)
{
    return strcmp(a->text, b->text) == 0;
}

static bool is_same(const struct reading *a, const struct reading *b)
{
    return a->code == b->code && is_same_sid(&a->participant, &b->participant) &&
           is_same_sid(&a->service, &b->service);
}

/* Whether one of the outermost names cannot be written without a backslash. */
static bool has_escaped_name(json_t *reply)
{
    const char *name, *at;
    json_t *value;

    json_object_foreach(reply, name, value)
        for (at = name; *at; at++)
            if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ')
                return true;
    return false;
}

/* The same document as jansson writes it: only the escapes that must be. */
static void compare_rewritten(json_t *reply, const struct reading *expected, size_t flags)
{
    char *text = json_dumps(reply, flags);
    struct reading reading;

    if (!text)
        return;
    reading = read_reply(text, strlen(text));
    PROPERTY(is_same(&reading, expected), "as jansson reads it, written by jansson");
    free(text);
}

/* "Not there" is allowed where something is written with an escape that need not be. */
static void compare_with_jansson(const char *body, size_t length)
{
    struct reading reading = read_reply(body, length), expected;
    json_t *reply = json_loadb(body, length, 0, NULL);

    /* jansson 2.14 passes over a NUL byte behind a number, which is no JSON (RFC 8259, 2). */
    if (!reply || memchr(body, '\0', length)) {
        json_decref(reply);
        return;
    }
    expected = read_with_jansson(reply);
    if (memchr(body, '\\', length)) {
        PROPERTY(reading.code == expected.code || reading.code == 0, "jansson's code or none");
        PROPERTY(is_same_sid(&reading.participant, &expected.participant) || !*reading.participant.text,
                 "jansson's participant or none");
        PROPERTY(is_same_sid(&reading.service, &expected.service) || !*reading.service.text,
                 "jansson's service or none");
    } else {
        PROPERTY(is_same(&reading, &expected), "as jansson reads it");
    }
    if (!has_escaped_name(reply)) {
        compare_rewritten(reply, &expected, JSON_COMPACT);
        compare_rewritten(reply, &expected, JSON_INDENT(1));
    }
    json_decref(reply);
}

/* There may be a NUL in front of it. */
static bool says_already(const struct rest_result *result)
{
    return memmem(result->body, result->body_length, "50433", 5) ||
           memmem(result->body, result->body_length, "50437", 5) ||
           memmem(result->body, result->body_length, "50404", 5);
}

/* To what puts an identity in. */
static void judge(enum resources_call call, const struct rest_result *result)
{
    const char *reason;
    struct sid sid;
    long code;
    enum verdict verdict = verdict_judge(call, result, &code, &reason);
    bool success = result->http_status >= 200 && result->http_status < 300;

    PROPERTY(code >= 0 && code < 1000000, "a code in its limits");
    if (verdict == VERDICT_DONE)
        PROPERTY(success && reply_sid(&sid, result->body, result->body_length, "MB"),
                 "joined only by a participant's SID");
    if (verdict == VERDICT_ALREADY_JOINED)
        PROPERTY(!success && says_already(result), "already joined only by its codes");
    if (verdict != VERDICT_DONE && verdict != VERDICT_ALREADY_JOINED)
        PROPERTY(reason && *reason, "anything else has a reason");
}

/* A join's other requests: no answer to one of them says that somebody was added. */
static void judge_others(const struct rest_result *result)
{
    bool success = result->http_status >= 200 && result->http_status < 300;
    enum resources_call call;

    for (call = CALL_FETCH; call <= CALL_SERVICE; call++) {
        const char *reason;
        struct sid sid;
        long code;
        enum verdict verdict = verdict_judge(call, result, &code, &reason);

        PROPERTY(verdict != VERDICT_ALREADY_JOINED && verdict != VERDICT_FULL &&
                     verdict != VERDICT_NEEDS_ADDRESS && verdict != VERDICT_TAKEN,
                 "an answer that belongs to the request");
        PROPERTY((verdict == VERDICT_DONE) == !reason, "anything but success has a reason");
        PROPERTY(verdict != VERDICT_DONE || success, "no success in an error's clothes");
        if (verdict == VERDICT_DONE && call == CALL_SERVICE)
            PROPERTY(reply_sid(&sid, result->body, result->body_length, "IS"), "a service's SID");
    }
}

/* A REST answer that never came whole is never a success, whatever came of it. */
static void judge_failures(const struct rest_result *result)
{
    struct rest_result failed = *result;
    const char *reason;
    long code;
    int status;

    for (status = REST_TIMEOUT; status <= REST_NO_MEMORY; status++) {
        enum verdict verdict;

        failed.status = (enum rest_status)status;
        failed.reason = "it failed";
        verdict = verdict_judge(CALL_ADD, &failed, &code, &reason);
        PROPERTY(verdict == VERDICT_LATER || verdict == VERDICT_TRY_AGAIN, "later");
    }
}

static void read_settings(const char *body, size_t length)
{
    json_t *json = json_loadb(body, length, 0, NULL);
    struct webhook_config config;
    struct buffer form;

    webhook_config_read(&config, json);
    PROPERTY(config.filter_count <= WEBHOOK_CONFIG_FILTERS_LIMIT, "filters");
    PROPERTY(webhook_config_same(&config, &config), "settings are equal to themselves");
    buffer_init(&form, 1 << 20);
    webhook_config_form(&form, &config);
    buffer_free(&form);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rest_result result = {.status = REST_OK, .date = "", .retry_after_s = -1};
    char *body;

    if (size < 1)
        return 0;
    body = malloc(size);
    if (!body)
        return 0;
    memcpy(body, data + 1, size - 1);
    body[size - 1] = '\0';
    result.http_status = statuses[data[0] % (sizeof statuses / sizeof statuses[0])];
    result.body = body;
    result.body_length = size - 1;
    compare_with_jansson(body, size - 1);
    judge(CALL_ADD, &result);
    judge(CALL_UPDATE, &result);
    judge_failures(&result);
    judge_others(&result);
    read_settings(body, size - 1);
    free(body);
    return 0;
}
