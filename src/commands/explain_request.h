/* The request that `explain` is asked about: a captured one, or one that is given by its parts. */
#ifndef AUTOJOIN_COMMANDS_EXPLAIN_REQUEST_H
#define AUTOJOIN_COMMANDS_EXPLAIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/buffer.h"

struct explain_request {
    struct request request;
    struct buffer text; /* what the request borrows */
};

/* What is given in place of a file. */
struct explain_parts {
    const char *url, *signature, *settings_header, *body, *content_type;
    char *const *parameters; /* NAME=VALUE */
    size_t parameters_count;
};

/* Says on standard error what is wrong with a file; what is not printable in its name is "?". Returns false. */
bool explain_request_complain(const char *path, const char *why);

/* Reads a captured request: a regular file, or what is no file that could make us wait. False, and said on standard
 * error, if it is none. In any case it must be given to explain_request_free(). */
bool explain_request_read(struct explain_request *asked, const char *path);

/* Makes one of parts, which it borrows. The same holds. */
bool explain_request_make(struct explain_request *asked, const struct explain_parts *parts);

void explain_request_free(struct explain_request *asked);

#endif
