/*
 * twilio/reply and twilio/verdict: any bytes as Twilio's answer to adding a participant. The first byte
 * chooses the HTTP status. Nothing but a participant's SID with a 2xx, or one of the codes that mean
 * "is one already", counts as joined.
 */
#include "build.h"

#include "property.h"

#include <jansson.h>
#include <string.h>

#include "twilio/reply.h"
#include "twilio/servicesight.h"
#include "twilio/verdict.h"
#include "twilio/webhookconfig.h"

static const long statuses[] = {200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409,
                                429, 500, 502, 503, 504, 100, 599, 0,   226};

static bool says_already(const char *body)
{
    return strstr(body, "50433") || strstr(body, "50437") || strstr(body, "50404");
}

static void judge(const struct rest_result *result)
{
    const char *reason;
    struct sid sid;
    long code;
    enum verdict verdict = verdict_judge(result, &code, &reason);
    bool success = result->http_status >= 200 && result->http_status < 300;

    PROPERTY(code >= 0 && code < 1000000, "a code in its limits");
    if (verdict == VERDICT_JOINED)
        PROPERTY(success && reply_sid(&sid, result->body, result->body_length, "MB"),
                 "joined only by a participant's SID");
    if (verdict == VERDICT_ALREADY_JOINED)
        PROPERTY(!success && says_already(result->body), "already joined only by its codes");
    if (verdict != VERDICT_JOINED && verdict != VERDICT_ALREADY_JOINED)
        PROPERTY(reason && *reason, "anything else has a reason");
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
        verdict = verdict_judge(&failed, &code, &reason);
        PROPERTY(verdict == VERDICT_LATER || verdict == VERDICT_TRY_AGAIN, "later");
    }
}

static void read_settings(const char *body, size_t length)
{
    json_t *json = json_loadb(body, length, 0, NULL);
    struct webhookconfig config;
    struct buffer form;

    webhookconfig_read(&config, json);
    PROPERTY(config.filter_count <= WEBHOOKCONFIG_FILTERS_LIMIT, "filters");
    PROPERTY(webhookconfig_same(&config, &config), "settings are equal to themselves");
    buffer_init(&form, 1 << 20);
    webhookconfig_form(&form, &config);
    buffer_free(&form);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct servicesight sight = {.next = 0};
    struct rest_result result = {.status = REST_OK, .date = "", .retry_after_s = -1};
    enum servicesight_status seen;
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
    judge(&result);
    judge_failures(&result);
    seen = servicesight_learn(&sight, "IS00000000000000000000000000000001", &result);
    PROPERTY(seen != SERVICESIGHT_SEEN || result.http_status == 200, "a service is seen by a 200");
    read_settings(body, size - 1);
    free(body);
    return 0;
}
