/*
 * A loopback HTTP server on the test's own event loop that answers by a script and remembers what
 * it was asked.
 */
#ifndef AUTOJOIN_TESTS_UNIT_APISERVER_H
#define AUTOJOIN_TESTS_UNIT_APISERVER_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

enum { APISERVER_REQUESTS_LIMIT = 64 };

/* One answer. */
struct apiserver_step {
    int status; /* 0: the script ends here */
    const char *body;
    const char *headers; /* more header lines, each with its CRLF; NULL for none */
    enum {
        APISERVER_ANSWERS,
        APISERVER_HANGS,      /* never answers */
        APISERVER_CUTS,       /* closes without an answer */
        APISERVER_CUTS_SHORT, /* promises ten bytes more than it sends, and closes */
        APISERVER_FLOODS,     /* sends 100 KiB instead of the body */
        APISERVER_BABBLES     /* answers with something that is not HTTP */
    } how;
};

struct apiserver_request {
    char method[16];
    char path[4096];
    char head[8192]; /* all header lines */
    char body[8192];
    unsigned connection; /* which one, from 1 on */
};

extern struct apiserver {
    unsigned port;
    unsigned connections; /* accepted so far */
    unsigned count;       /* of requests */
    unsigned sent;        /* answers that are on their way to the last byte */
    struct apiserver_request requests[APISERVER_REQUESTS_LIMIT];
} apiserver;

/* Starts it; the script is answered step by step, and what comes behind its end gets 599. */
void apiserver_begin(struct event_base *base, const struct apiserver_step *script);
void apiserver_end(void);

/* The value of a header of a request; NULL if it is not there. Static memory. */
const char *apiserver_header(const struct apiserver_request *request, const char *name);

#endif
