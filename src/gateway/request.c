#include "build.h"

#include "gateway/request.h"

#include <string.h>

#include "support/quantity.h"

/* In the order of enum variable. */
static const struct {
    const char *name;
    size_t length;
} names[VARIABLE_COUNT] = {
#define NAME(text) {text, sizeof text - 1}
    NAME("CONTENT_LENGTH"),
    NAME("CONTENT_TYPE"),
    NAME("HTTPS"),
    NAME("HTTP_FORWARDED"),
    NAME("HTTP_HOST"),
    NAME("HTTP_I_TWILIO_IDEMPOTENCY_TOKEN"),
    NAME("HTTP_X_FORWARDED_FOR"),
    NAME("HTTP_X_FORWARDED_HOST"),
    NAME("HTTP_X_FORWARDED_PORT"),
    NAME("HTTP_X_FORWARDED_PREFIX"),
    NAME("HTTP_X_FORWARDED_PROTO"),
    NAME("HTTP_X_ORIGINAL_HOST"),
    NAME("HTTP_X_ORIGINAL_URI"),
    NAME("HTTP_X_TWILIO_SIGNATURE"),
    NAME("HTTP_X_TWILIO_SIGNATURE_KEY_SID"),
    NAME("HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS"),
    NAME("PATH_INFO"),
    NAME("QUERY_STRING"),
    NAME("REMOTE_ADDR"),
    NAME("REQUEST_METHOD"),
    NAME("REQUEST_SCHEME"),
    NAME("REQUEST_URI"),
    NAME("SCRIPT_NAME"),
    NAME("SERVER_NAME"),
    NAME("SERVER_PORT"),
#undef NAME
};

static void read_variable(struct request *request, const char *entry, size_t length)
{
    unsigned i;

    for (i = 0; i < VARIABLE_COUNT; i++) {
        if (names[i].length != length || memcmp(names[i].name, entry, length) != 0)
            continue;
        if (request->counts[i] == 0)
            request->values[i] = entry + length + 1;
        if (request->counts[i] < 255)
            request->counts[i]++;
        return;
    }
}

void request_read_variables(struct request *request, char *const *variables)
{
    memset(request->values, 0, sizeof request->values);
    memset(request->counts, 0, sizeof request->counts);
    for (; variables && *variables; variables++) {
        const char *equals = strchr(*variables, '=');

        if (equals)
            read_variable(request, *variables, (size_t)(equals - *variables));
    }
}

const char *request_variable(const struct request *request, enum variable variable)
{
    return request->values[variable];
}

const char *request_text(const struct request *request, enum variable variable)
{
    return request->values[variable] ? request->values[variable] : "";
}

const char *request_variable_name(enum variable variable)
{
    return names[variable].name;
}

bool request_content_length(const struct request *request, bool *known, uint64_t *length)
{
    const char *text = request_text(request, VARIABLE_CONTENT_LENGTH);

    /* Caddy 2.6 says -1 of a body in chunks (Go's http.Request.ContentLength). */
    *known = text[0] != '\0' && strcmp(text, "-1") != 0;
    *length = 0;
    return !*known || quantity_parse_number(text, UINT64_MAX, length);
}

enum request_body request_judge_body(const struct request *request, uint64_t length,
                                     uint64_t limit)
{
    bool known;
    uint64_t promised;

    if (!request_content_length(request, &known, &promised))
        return REQUEST_BODY_BAD_LENGTH;
    if (length > limit || (known && promised > limit))
        return REQUEST_BODY_TOO_LARGE;
    if (!known || length == promised)
        return REQUEST_BODY_WHOLE;
    return length < promised ? REQUEST_BODY_SHORT : REQUEST_BODY_LONG;
}
