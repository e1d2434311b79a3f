/*
 * Twilio's REST side for C: an HTTP server on a loopback socket and an event loop of the caller's. It
 * answers by a script and remembers what it was asked, or asks a function for each answer. One at a time.
 */
#ifndef AUTOJOIN_TESTS_LIB_API_SERVER_H
#define AUTOJOIN_TESTS_LIB_API_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "support/config.h"

enum { API_SERVER_REQUESTS_LIMIT = 64, API_SERVER_URL_SIZE = 64 };

/* One answer. */
struct api_server_step {
    int status; /* 0: the script ends here */
    const char *body;
    const char *headers; /* more header lines, each with its CRLF; NULL for none */
    enum {
        API_SERVER_ANSWERS,
        API_SERVER_HANGS,      /* never answers */
        API_SERVER_CUTS,       /* closes without an answer */
        API_SERVER_CUTS_SHORT, /* promises ten bytes more than it sends, and closes */
        API_SERVER_FLOODS,     /* sends 100 KiB instead of the body */
        API_SERVER_BABBLES     /* answers with something that is not HTTP */
    } how;
};

struct api_server_request {
    char method[16];
    char path[4096];
    char head[8192]; /* all header lines */
    char body[8192];
    unsigned connection; /* which one, from 1 on */
};

extern struct api_server {
    unsigned port;
    unsigned connections; /* accepted so far */
    unsigned count;       /* of requests */
    unsigned sent;        /* answers that are on their way to the last byte */
    struct api_server_request *requests; /* the first ones that the script answered */
} api_server;

/* Starts it; the script is answered step by step, and what comes behind its end gets 599. */
void api_server_begin(struct event_base *base, const struct api_server_step *script);

/* Says what a request gets. The step is read before it is called again. */
typedef const struct api_server_step *api_server_answer_fn(const struct api_server_request *request);

/* Starts it for any number of requests, which it does not remember. */
void api_server_begin_with(struct event_base *base, api_server_answer_fn *answer);

void api_server_end(void);

/* For a test of what asks: a new event loop, the server on it, and settings that lead there, whose `api_url` is `url`.
 * A test that takes over 20 s is ended. */
void api_server_open(struct event_base **base, struct config *config, char url[API_SERVER_URL_SIZE],
                     const struct api_server_step *steps);

/* Its end, after rest_free(). */
void api_server_close(struct event_base *base);

/* The value of a header of a request; NULL if it is not there. Static memory. */
const char *api_server_header(const struct api_server_request *request, const char *name);

#endif
