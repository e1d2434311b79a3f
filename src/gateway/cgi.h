/* One request from the environment and standard input, its answer to standard output (RFC 3875). */
#ifndef AUTOJOIN_GATEWAY_CGI_H
#define AUTOJOIN_GATEWAY_CGI_H

#include <event2/event.h>

#include "gateway/exchange.h"

enum cgi_status {
    CGI_OK,
    CGI_NO_MEMORY,
    CGI_NOT_WRITTEN /* the answer could not be written whole */
};

struct cgi_options {
    struct event_base *base; /* runs until the answer is there */
    char *const *variables;  /* NAME=value, NULL-ended; must stay valid */
    size_t body_limit;
    int input, output, errors; /* descriptors; 0, 1, 2 */
    exchange_serve_fn *serve;
    void *application;
};

/* Reads the request, has it served, writes the log lines and then the answer. A body that does
 * not come within 5 s counts as short. */
enum cgi_status cgi_run(const struct cgi_options *options);

#endif
