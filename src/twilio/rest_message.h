/* What is asked of Twilio in one exchange, and what comes of it. */
#ifndef AUTOJOIN_TWILIO_REST_MESSAGE_H
#define AUTOJOIN_TWILIO_REST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rest_status {
    REST_OK,          /* an HTTP answer came, whatever its status */
    REST_TIMEOUT,     /* no whole answer in time */
    REST_UNREACHABLE, /* no name, no route, connection refused or cut */
    REST_TLS,         /* the peer could not be proved to be Twilio */
    REST_TOO_LARGE,   /* the reply was over its limit */
    REST_BAD_REPLY,   /* not HTTP, or cut short */
    REST_NO_MEMORY
};

enum {
    REST_REQUEST_ID_SIZE = 64,
    REST_REPLY_LIMIT = 64 * 1024,     /* of one resource */
    REST_LIST_LIMIT = 1024 * 1024,    /* of one page of a list */
    REST_PATH_LIMIT = 4096,
};

enum rest_method { REST_GET, REST_POST, REST_PATCH, REST_DELETE, REST_HEAD };

/* One exchange to be made. Strings are copied. */
struct rest_request {
    enum rest_method method;
    const char *path; /* from "/" on; encoded */
    const char *origin; /* scheme and host it goes to; NULL: AUTOJOIN_API_URL. Anywhere but at
                           Twilio, or where the settings have its APIs, it must be anonymous */
    const char *form; /* body of a POST or PATCH, encoded; NULL for none */
    bool json;        /* `form` is JSON, not a form */
    int64_t timeout_ms;
    size_t reply_limit;
    bool anonymous;        /* send no credentials */
    const char *user;      /* others than the settings' REST credentials; NULL for those */
    const char *password;
    const char *header;    /* one more header line; NULL for none */
    bool repeatable;       /* it does no harm if Twilio gets it twice; GET and HEAD never do */
};

struct rest_result {
    enum rest_status status;
    long http_status;
    const char *body; /* NUL-terminated; valid during the callback */
    size_t body_length;
    char request_id[REST_REQUEST_ID_SIZE]; /* Twilio-Request-Id; printable, cut to fit */
    int64_t retry_after_s; /* Retry-After in seconds, a day at most; -1 if there is none */
    const char *date;      /* Date header; "" if none; valid during the callback */
    int64_t elapsed_us;
    const char *reason;    /* what went wrong without an HTTP answer; static */
};

#endif
