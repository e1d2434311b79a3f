/*
 * Is this one whole, well-formed FastCGI request? (FastCGI Specification 1.0, sections 3 to 5)
 *
 * libfcgi is shown nothing else, because it has neither time-outs nor limits: it waits for ever
 * for the rest of a request, overflows its stack on FCGI_GET_VALUES with repeated names, and
 * aborts on absurd parameter lengths (all measured with 2.4.2). What a web server may ask before
 * its first request (FCGI_GET_VALUES: haproxy's `option get-values`) is answered here. Nothing is copied
 * and nothing is allocated to judge, and no byte is judged twice, however slowly they come.
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
    RECORDS_VALUES,   /* a whole FCGI_GET_VALUES of `at` bytes comes first: records_values() answers it */
    RECORDS_BAD       /* close the connection: see `wrong` */
};

enum {
    RECORDS_HEADER_LENGTH = 8,
    RECORDS_PARAMETERS_LIMIT = 64 * 1024,
    RECORDS_BODY_LIMIT = 1024 * 1024,
    RECORDS_VALUES_LIMIT = 1024, /* content of an FCGI_GET_VALUES; haproxy's has 51 bytes */
    /* What a request takes at most whose body has 64 KiB, its record headers and padding counted for records of
     * 256 bytes on average; and any within both limits, whose records are longer. */
    RECORDS_REQUEST_LIMIT = 192 * 1024,
    RECORDS_LONG_LIMIT = RECORDS_REQUEST_LIMIT + RECORDS_BODY_LIMIT + 64 * 1024,
};

enum records_phase { RECORDS_BEGIN, RECORDS_PARAMS, RECORDS_STDIN, RECORDS_END };

/* Where we are in the stream of name-value pairs (section 3.4), whose pairs may be
 * cut anywhere by record borders. */
struct records_pairs {
    unsigned char lengths[8]; /* both lengths, as far as they have come */
    size_t lengths_count;
    size_t skip; /* bytes of name and value still to come */
    size_t total;
};

/* How far a request was judged. */
struct records {
    size_t body_limit;
    enum records_phase phase;
    struct records_pairs pairs;
    size_t at;          /* bytes of whole records that were judged */
    uint16_t request_id;
    bool keep_connection;
    size_t body_length; /* body bytes announced so far */
    const char *wrong;  /* RECORDS_BAD: what, for the log; static */
};

/* Starts a request. `body_limit` is at most RECORDS_BODY_LIMIT. */
void records_begin(struct records *records, size_t body_limit);

/* Judges the first `length` bytes of a request; those that were judged before must be the same.
 * A record is judged once all of it is there, its header at once. Thread-safe. */
enum records_status records_judge(struct records *records, const unsigned char *bytes,
                                  size_t length);

/* Appends the answer to an FCGI_GET_VALUES that was judged RECORDS_VALUES, whose record `bytes` are: an
 * FCGI_GET_VALUES_RESULT (section 4.1) with those of our three values that were asked for, each once.
 * `requests_limit` is how many requests, and so connections, are served at once. Thread-safe. */
void records_values(struct buffer *out, const unsigned char *bytes, uint64_t requests_limit);

/* Appends a whole reply: the log text as FCGI_STDERR (if there is any), the response
 * as FCGI_STDOUT, FCGI_END_REQUEST. */
void records_reply(struct buffer *out, uint16_t request_id, const struct buffer *response,
                   const struct buffer *log);

#endif
