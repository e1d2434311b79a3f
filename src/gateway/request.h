/*
 * One request, from whichever gateway: its variables by name (RFC 3875, 4.1) and its body.
 * Nobody else looks into an environment.
 */
#ifndef AUTOJOIN_GATEWAY_REQUEST_H
#define AUTOJOIN_GATEWAY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The variables that we ever look at. */
enum variable {
    VARIABLE_CONTENT_LENGTH,
    VARIABLE_CONTENT_TYPE,
    VARIABLE_HTTPS,
    VARIABLE_HTTP_FORWARDED,
    VARIABLE_HTTP_HOST,
    VARIABLE_HTTP_I_TWILIO_IDEMPOTENCY_TOKEN,
    VARIABLE_HTTP_X_FORWARDED_FOR,
    VARIABLE_HTTP_X_FORWARDED_HOST,
    VARIABLE_HTTP_X_FORWARDED_PORT,
    VARIABLE_HTTP_X_FORWARDED_PREFIX,
    VARIABLE_HTTP_X_FORWARDED_PROTO,
    VARIABLE_HTTP_X_ORIGINAL_HOST,
    VARIABLE_HTTP_X_ORIGINAL_URI,
    VARIABLE_HTTP_X_TWILIO_SIGNATURE,
    VARIABLE_HTTP_X_TWILIO_SIGNATURE_KEY_SID,
    VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS,
    VARIABLE_PATH_INFO,
    VARIABLE_QUERY_STRING,
    VARIABLE_REMOTE_ADDR,
    VARIABLE_REQUEST_METHOD,
    VARIABLE_REQUEST_SCHEME,
    VARIABLE_REQUEST_URI,
    VARIABLE_SCRIPT_NAME,
    VARIABLE_SERVER_NAME,
    VARIABLE_SERVER_PORT,
    VARIABLE_COUNT
};

/* How much of the body is there. */
enum request_body {
    REQUEST_BODY_WHOLE,
    REQUEST_BODY_SHORT,     /* less came than CONTENT_LENGTH promised */
    REQUEST_BODY_LONG,      /* more came */
    REQUEST_BODY_TOO_LARGE, /* over the limit; the bytes are not kept */
    REQUEST_BODY_CROWDED,   /* a long one, and too many of those were there; another time it is taken */
    REQUEST_BODY_BAD_LENGTH /* CONTENT_LENGTH is no number */
};

struct request {
    const char *values[VARIABLE_COUNT]; /* borrowed; the first value of each; NULL if absent */
    unsigned char counts[VARIABLE_COUNT]; /* how often it was given, 255 at most */
    char *body; /* owned by the gateway; `body_length` bytes; may be changed in place */
    size_t body_length;
    enum request_body body_state;
    int64_t begun_us;   /* clock_monotonic_us() when all of it was there */
};

/* Finds our variables among NAME=value strings, which must outlive the request. A later
 * value of the same name is only counted: gateways differ in which one they mean. */
void request_read_variables(struct request *request, char *const *variables);

/* The first value of a variable; NULL if absent. */
const char *request_variable(const struct request *request, enum variable variable);

/* The same, "" for NULL: for gateways that send an empty value instead of none. */
const char *request_text(const struct request *request, enum variable variable);

/* The name of a variable, for a log line. */
const char *request_variable_name(enum variable variable);

/* What CONTENT_LENGTH says: false if it is there and no number. Absent, empty (nginx, Apache) or -1
 * (Caddy) leaves `known` false. */
bool request_content_length(const struct request *request, bool *known, uint64_t *length);

/* Judges the body that came against what was promised and allowed. `length` counts
 * all bytes seen, kept or not. */
enum request_body request_judge_body(const struct request *request, uint64_t length,
                                     uint64_t limit);

#endif
