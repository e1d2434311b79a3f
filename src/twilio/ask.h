/*
 * One way to ask Twilio: what comes is a JSON object, or a failure with a name. An answer of 200 that is a
 * proxy's page is such a failure, and never an empty object.
 */
#ifndef AUTOJOIN_TWILIO_ASK_H
#define AUTOJOIN_TWILIO_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "twilio/rest.h"

enum ask_status {
    ASK_OK,            /* 2xx with a JSON object; or with nothing, where a deletion was asked for */
    ASK_NOT_FOUND,     /* 404, or a code that says so */
    ASK_CREDENTIALS,   /* wrong ones, or a suspended account: 20003, 20403, or 401 without a code */
    ASK_NOT_PERMITTED, /* good ones that may not do this: 70051, or 403 without a code that we know */
    ASK_LIMITED,       /* 429 */
    ASK_FAILING,       /* 5xx, 408 */
    ASK_REFUSED,       /* any other HTTP status */
    ASK_NOT_JSON,      /* 2xx with something else, most likely a proxy's page */
    ASK_OTHER_SHAPE,   /* 2xx with JSON that is not what was asked for */
    ASK_FOREIGN_PAGE,  /* a list whose next page is on another host, where our credentials must not go */
    ASK_TOO_LARGE,     /* over the ceiling */
    ASK_TIMEOUT,
    ASK_UNREACHABLE,   /* no name, no route, connection refused or cut */
    ASK_TLS,           /* the peer could not be proved to be Twilio */
    ASK_BAD_REPLY,     /* not HTTP, or cut short */
    ASK_INTERRUPTED,   /* a signal came while we waited */
    ASK_NO_MEMORY,
};

enum { ASK_MESSAGE_SIZE = 320 };

struct ask_answer {
    enum ask_status status;
    long http_status;      /* 0 if there was no answer */
    long code;             /* Twilio's error code; 0 if none */
    int64_t retry_after_s; /* -1 if Twilio did not say */
    json_t *json;          /* an object; NULL unless ASK_OK; owned */
    char message[ASK_MESSAGE_SIZE]; /* for people: what went wrong, "" if nothing did; printable */
    char date[64];         /* the Date header; "" if none */
    int64_t elapsed_us;
};

/* Who asks, and waits: commands do one thing after the other. */
struct asker {
    struct event_base *base;
    struct rest *rest;
    const char *api_url;     /* a list's pages lead nowhere else */
    const char *origin;      /* another of Twilio's APIs, which is `api_url` then; NULL: AUTOJOIN_API_URL */
    const bool *interrupted; /* set by who breaks the loop; NULL: nothing ends the waiting */
};

/* The same asker at another of Twilio's APIs, whose URL must outlive it. */
struct asker ask_at(const struct asker *asker, const char *api_url);

/* Judges what an exchange ended with; `method` and `path` are the request's, and name the permission that a
 * restricted key lacks. The answer is to be given back by ask_forget(). Not thread-safe (support/json_text). */
void ask_judge(struct ask_answer *answer, enum rest_method method, const char *path,
               const struct rest_result *result);

/* Makes an exchange and runs the event loop until it is done; a time-out and a ceiling are set where the request
 * has none. True if ASK_OK. The answer is to be given back by ask_forget(). */
bool ask(const struct asker *asker, const struct rest_request *request, struct ask_answer *answer);

/* The common case. */
bool ask_get(const struct asker *asker, const char *path, struct ask_answer *answer);

/* Makes a failure of it: ASK_OTHER_SHAPE, or ASK_NO_MEMORY. For who finds that the object is another one
 * than was asked for, or has no memory for the path. */
void ask_fail(struct ask_answer *answer, enum ask_status status);

/* Whether the object has that member, as a string or null (`ask_has_text`) or as a whole number. Without it the
 * answer becomes ASK_OTHER_SHAPE: what is not there is not "none". */
bool ask_has_text(struct ask_answer *answer, const char *name);
bool ask_has_number(struct ask_answer *answer, const char *name);

/* A string member of the answer; "" if it is null or none. */
const char *ask_text(const struct ask_answer *answer, const char *name);

void ask_forget(struct ask_answer *answer);

#endif
