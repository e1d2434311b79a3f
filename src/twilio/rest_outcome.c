#include "build.h"

#include "twilio/rest_outcome.h"

#include "support/clock.h"

enum { RETRY_AFTER_LIMIT_S = 24 * 60 * 60 };

enum rest_status rest_outcome_of_connecting(CURLcode code, const char **reason)
{
    *reason = curl_easy_strerror(code);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        *reason = "no connection to Twilio in time";
        return REST_UNREACHABLE;
    case CURLE_OUT_OF_MEMORY:
        return REST_NO_MEMORY;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return REST_TLS;
    case CURLE_WEIRD_SERVER_REPLY: /* the proxy's */
        return REST_BAD_REPLY;
    default:
        return REST_UNREACHABLE;
    }
}

enum rest_status rest_outcome_of_reply(const struct http_reply *reply, const char **reason)
{
    *reason = reply->reason;
    switch (reply->status) {
    case HTTP_REPLY_WHOLE:
        return REST_OK;
    case HTTP_REPLY_TOO_LARGE:
        return REST_TOO_LARGE;
    case HTTP_REPLY_NO_MEMORY:
        return REST_NO_MEMORY;
    case HTTP_REPLY_CUT:
        if (!reply->begun)
            *reason = "the connection was closed without an answer";
        return reply->begun ? REST_BAD_REPLY : REST_UNREACHABLE;
    default:
        return REST_BAD_REPLY;
    }
}

/* Twilio-Request-Id goes into log lines; only what looks like an id is kept. */
static void read_request_id(struct rest_result *result, const char *value)
{
    size_t i;

    for (i = 0; i < sizeof result->request_id - 1 && value[i] > ' ' && value[i] < 0x7f; i++)
        result->request_id[i] = value[i];
    result->request_id[i] = '\0';
}

/* Retry-After (RFC 9110, 10.2.3), seconds or a date; -1 if it says nothing. */
static int64_t retry_after_s(const char *value)
{
    int64_t seconds = 0, date;
    const char *at;

    for (at = value; *at >= '0' && *at <= '9' && seconds < RETRY_AFTER_LIMIT_S; at++)
        seconds = seconds * 10 + (*at - '0');
    if (at == value) {
        date = *value ? (int64_t)curl_getdate(value, NULL) : -1;
        seconds = date < 0 ? 0 : date - clock_wall_ms() / 1000;
    }
    if (seconds <= 0)
        return -1;
    return seconds < RETRY_AFTER_LIMIT_S ? seconds : RETRY_AFTER_LIMIT_S;
}

void rest_outcome_read(struct rest_result *result, const struct http_reply *reply)
{
    *result = (struct rest_result){.http_status = reply->code, .date = reply->date};
    read_request_id(result, reply->request_id);
    result->retry_after_s = retry_after_s(reply->retry_after);
    result->body = buffer_string(&reply->body);
    result->body_length = reply->body.length;
}
