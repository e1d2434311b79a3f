/*
 * Is one whole, well-formed FastCGI request waiting? (FastCGI Specification 1.0, sections 3 to 5)
 *
 * This judges bytes that were only peeked at. libfcgi is shown nothing else, because it has
 * neither time-outs nor limits: it waits for ever for the rest of a request, overflows its
 * stack on FCGI_GET_VALUES with repeated names, and aborts on absurd parameter lengths
 * (all measured with 2.4.2). Here nothing is copied and nothing is allocated.
 */
#ifndef AUTOJOIN_GATEWAY_RECORDS_H
#define AUTOJOIN_GATEWAY_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

enum records_status {
    RECORDS_PARTIAL,  /* well-formed as far as it goes */
    RECORDS_WHOLE,    /* up to its last, empty FCGI_STDIN record, and not a byte more */
    RECORDS_OVERSIZE, /* parameters are whole, the body is over its limit */
    RECORDS_BAD       /* close the connection: see `wrong` */
};

enum {
    RECORDS_HEADER_LENGTH = 8,
    RECORDS_PARAMETERS_LIMIT = 64 * 1024,
    RECORDS_BODY_LIMIT = 64 * 1024,
    /* What a request within both limits takes at most, its record headers and
     * padding counted for records of 256 bytes on average. */
    RECORDS_PEEK_LIMIT = 192 * 1024,
};

struct records_look {
    uint16_t request_id;
    bool keep_connection;
    size_t body_length; /* body bytes seen */
    const char *wrong;  /* RECORDS_BAD: what, for the log; static */
};

/* Judges the first `length` bytes of a connection. `body_limit` is at most
 * RECORDS_BODY_LIMIT. Thread-safe. */
enum records_status records_look(struct records_look *look, const unsigned char *bytes,
                                 size_t length, size_t body_limit);

/* Appends a whole reply: the log text as FCGI_STDERR (if there is any), the response
 * as FCGI_STDOUT, FCGI_END_REQUEST. */
void records_reply(struct buffer *out, uint16_t request_id, const struct buffer *response,
                   const struct buffer *log);

#endif
