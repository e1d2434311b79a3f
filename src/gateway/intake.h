/*
 * Taking in one request from a connection: looked at where it lies, taken piece by piece only if it
 * is not whole, and then read by libfcgi.
 *
 * A request that lies whole in the socket at the first look is read from there by libfcgi. One
 * that comes in pieces is taken piece by piece: left in a Unix socket, its bytes count against the
 * sender's buffer, and Apache's mod_proxy_fcgi stops sending at a quarter of that
 * (measured: 53 KiB).
 */
#ifndef AUTOJOIN_GATEWAY_INTAKE_H
#define AUTOJOIN_GATEWAY_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/libfcgi.h"
#include "gateway/records.h"
#include "support/buffer.h"

enum intake_status {
    INTAKE_EMPTY,    /* nothing more lies in the socket now */
    INTAKE_PIECE,    /* one was taken; another may lie there already */
    INTAKE_WHOLE,    /* intake_read() can be called */
    INTAKE_OVERSIZE, /* likewise; the rest of the body is still to come */
    INTAKE_CROWDED,  /* the same for want of room: it is a long one, and INTAKE_LONG_AT_ONCE are there */
    INTAKE_ASKED,    /* FCGI_GET_VALUES before a request: intake_answer() */
    INTAKE_BAD,      /* close the connection: see `wrong` */
    INTAKE_ENDED     /* the peer has closed it, or it failed */
};

/* Nobody is known before the signature was looked at, and that is after the body: so many may hold memory for more
 * than RECORDS_REQUEST_LIMIT. */
enum { INTAKE_LONG_AT_ONCE = 16 };

struct intake {
    int descriptor;         /* -1 once libfcgi has closed it */
    struct records records; /* of the request that is taken in */
    struct buffer taken;    /* of a request that comes in pieces */
    size_t *long_ones;      /* shared: how many hold memory for a long one */
    bool is_long;           /* this is one of them */
    bool unjudged;          /* `taken` is what lay behind a question */
    const char *wrong;      /* INTAKE_BAD: what, for the log; static */
};

/* `long_ones` is the count that all connections share, and outlives them. */
void intake_init(struct intake *intake, int descriptor, size_t *long_ones);

/* Looks for the next piece of a request, or the first of a new one. Never waits. `scratch` has
 * RECORDS_REQUEST_LIMIT bytes and is nobody's between calls. */
enum intake_status intake_look(struct intake *intake, unsigned char *scratch, size_t body_limit);

/* Has libfcgi read what was found INTAKE_WHOLE, or without its body, what was found INTAKE_OVERSIZE or
 * INTAKE_CROWDED: see libfcgi_read(). */
enum libfcgi_status intake_read(struct intake *intake, FCGX_Request *fcgi, bool oversize,
                                    char **body);

/* Appends the answer to what was found INTAKE_ASKED (see records_values()), and takes the question away.
 * False if its bytes cannot be had. */
bool intake_answer(struct intake *intake, unsigned char *scratch, uint64_t requests_limit,
                   struct buffer *out);

/* Throws away what lies in the socket, and takes its length from `*allowance`. False if the peer
 * has closed it, or sent more than that. */
bool intake_discard(struct intake *intake, unsigned char *scratch, size_t *allowance);

/* The request's body is not needed any more. */
void intake_forget(struct intake *intake);

/* Frees what was taken, and closes the descriptor. */
void intake_close(struct intake *intake);

#endif
