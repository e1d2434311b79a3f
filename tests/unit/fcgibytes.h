/*
 * FastCGI as bytes (FastCGI Specification 1.0): requests of any shape, and an own reader of replies
 * that shares nothing with the code under test.
 */
#ifndef AUTOJOIN_TESTS_UNIT_FCGIBYTES_H
#define AUTOJOIN_TESTS_UNIT_FCGIBYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"

enum {
    FCGI_BEGIN = 1,
    FCGI_ABORT = 2,
    FCGI_END = 3,
    FCGI_PARAMETERS = 4,
    FCGI_INPUT = 5,
    FCGI_OUTPUT = 6,
    FCGI_ERRORS = 7,
    FCGI_GETVALUES = 9,
    FCGI_KEEP = 1, /* flag */
};

void fcgibytes_record(struct buffer *out, unsigned type, unsigned id, const void *content,
                      size_t length, unsigned padding);
void fcgibytes_begin(struct buffer *out, unsigned id, unsigned role, unsigned flags);

/* Appends one name-value pair; lengths of 128 and more take four bytes. */
void fcgibytes_pair(struct buffer *pairs, const char *name, const char *value);

/* A whole, good request: variables as NAME=value, CONTENT_LENGTH not added by itself. */
void fcgibytes_request(struct buffer *out, unsigned id, unsigned flags,
    const char *const *variables,
                       const char *body, size_t length);

struct fcgireply {
    struct buffer output, errors; /* of FCGI_STDOUT and FCGI_STDERR */
    bool output_closed;
    bool ended;
    unsigned long application_status;
    unsigned protocol_status;
    size_t length; /* bytes of the reply, to its FCGI_END_REQUEST */
};

/* Reads one reply; false if it is not whole, not of that id or not well-formed. Give it back with
 * fcgireply_free() either way. */
bool fcgireply_read(struct fcgireply *reply, const char *bytes, size_t length, unsigned id);
void fcgireply_free(struct fcgireply *reply);

#endif
