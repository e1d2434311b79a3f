/*
 * Reads one HTTP/1.1 reply from the bytes of a connection, in whatever pieces they come. No I/O.
 *
 * Strict as RFC 9112 allows a client to be that may face a proxy: whatever could mean one reply to us and
 * another to somebody on the way is bad, and its connection is not used again. Bad are: a line that does not
 * end with CR LF, a CR or NUL in it, a line folded onto the next (5.2), a blank before the colon, no colon;
 * Transfer-Encoding beside Content-Length, twice, other than "chunked", or where there can be no body (6.1,
 * 6.3); a Content-Length that is not only digits, or two that differ; a chunk size that is not only
 * hexadecimal digits (7.1); 101, which nobody asked for; another version than 1.0 and 1.1.
 *
 * How long a body is (6.3): none for HEAD, 204 and 304; chunks; Content-Length; otherwise to the connection's
 * end. Other 1xx replies are passed over, trailers read and forgotten.
 */
#ifndef AUTOJOIN_TWILIO_HTTP_REPLY_H
#define AUTOJOIN_TWILIO_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

enum http_reply_status {
    HTTP_REPLY_MORE,      /* so far so good; more must come */
    HTTP_REPLY_WHOLE,     /* all of it is there */
    HTTP_REPLY_BAD,       /* not HTTP, or not as we take it; also too many or too long lines */
    HTTP_REPLY_CUT,       /* the connection ended before the reply did */
    HTTP_REPLY_TOO_LARGE, /* the body is over its limit */
    HTTP_REPLY_NO_MEMORY
};

enum {
    HTTP_REPLY_LINE_LIMIT = 8 * 1024, /* with its line end */
    HTTP_REPLY_LINES_LIMIT = 256,     /* of headers and trailers, those of 1xx replies counted in */
    HTTP_REPLY_CHUNK_LINE_LIMIT = 256,
    HTTP_REPLY_CHUNKS_LIMIT = 64 * 1024,
    HTTP_REPLY_FIELD_SIZE = 64,
};

/* What has been read so far. Above the line: for the caller, valid once the reply is whole; of one that failed
 * there is `code`, 0 if it came not so far, and no body. */
struct http_reply {
    int code;           /* the HTTP status, 200 to 599 */
    bool keeps;         /* the connection may be used again (9.3); false for whatever is not whole */
    bool begun;         /* at least one byte came */
    struct buffer body; /* ends with a NUL that is not counted, once there is anything in it */
    const char *reason; /* static: what is bad; NULL if nothing is */
    /* Of the headers, the first of each name, without blanks around it, cut to fit; "" if there is none. */
    char date[HTTP_REPLY_FIELD_SIZE];
    char retry_after[HTTP_REPLY_FIELD_SIZE];
    char request_id[HTTP_REPLY_FIELD_SIZE]; /* Twilio-Request-Id */

    /* ---- its own */
    enum {
        HTTP_REPLY_AT_STATUS,
        HTTP_REPLY_AT_HEADER,
        HTTP_REPLY_AT_LENGTH,     /* within a body whose length is known */
        HTTP_REPLY_AT_END,        /* within a body that ends with the connection */
        HTTP_REPLY_AT_SIZE,       /* a chunk's first line */
        HTTP_REPLY_AT_CHUNK,
        HTTP_REPLY_AT_CHUNK_END,  /* the line end behind a chunk */
        HTTP_REPLY_AT_TRAILER,
        HTTP_REPLY_AT_NOTHING     /* whole, or failed */
    } at;
    enum http_reply_status status;
    struct buffer line; /* what there is of a line that did not come in one piece */
    uint64_t left;      /* bytes of the body or of the chunk that have not come */
    uint64_t length;    /* Content-Length; more than any body's limit if it is longer than can be counted */
    size_t lines, chunks;
    bool head; /* of HEAD */
    bool old;  /* HTTP/1.0 */
    bool has_length, has_chunks, has_date, has_retry_after, has_request_id, closes, stays;
};

/* Makes it ready for http_reply_begin(). Allocates nothing. */
void http_reply_init(struct http_reply *reply);

/* Forgets what was read and begins anew; memory is kept. `head`: the request is HEAD; `body_limit`: bytes,
 * fewer than 2^62. */
void http_reply_begin(struct http_reply *reply, bool head, size_t body_limit);

/* Reads on. `*taken` is how many of the bytes belong to the reply, all of them unless it is whole or bad: what
 * is left over then was not asked for, and the connection is not to be used again. The result does not depend on
 * how the bytes are split. Once it is anything but HTTP_REPLY_MORE it stays so, and nothing more is taken. */
enum http_reply_status http_reply_feed(struct http_reply *reply, const char *bytes, size_t length,
                                       size_t *taken);

/* The connection has ended: HTTP_REPLY_WHOLE if the reply may end so, HTTP_REPLY_CUT if not, or what it was
 * already. */
enum http_reply_status http_reply_end(struct http_reply *reply);

/* The connection broke, and it is not known whether anything was to come: HTTP_REPLY_CUT, or what it was already. */
enum http_reply_status http_reply_break(struct http_reply *reply);

/* Frees the memory. http_reply_init() makes it usable again. */
void http_reply_free(struct http_reply *reply);

#endif
