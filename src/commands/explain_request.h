/* The request that `explain` is asked about: from a file, or from its command line. */
#ifndef AUTOJOIN_COMMANDS_EXPLAIN_REQUEST_H
#define AUTOJOIN_COMMANDS_EXPLAIN_REQUEST_H

#include <stdbool.h>

#include "gateway/request.h"
#include "support/buffer.h"

struct explain_options {
    const char *url, *signature, *body, *content_type, *token_file;
    bool json;
    char *const *arguments; /* files, or NAME=VALUE */
    size_t arguments_count;
};

struct explainorder {
    struct request request;
    struct buffer text; /* what the request borrows */
};

/* Reads a captured request. False, and said on standard error, if it is none. In any case the order
 * must be given to explainorder_free(). */
bool explainorder_read_file(struct explainorder *order, const char *path);

/* Makes one of the options, which it borrows. The same holds. */
bool explainorder_make(struct explainorder *order, const struct explain_options *options);

void explainorder_free(struct explainorder *order);

#endif
