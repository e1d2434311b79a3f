/*
 * Lets libfcgi read one request from a connection on which `records` has seen it whole.
 *
 * This is the one place that relies on how libfcgi works inside: FCGX_Accept_r() reads from
 * the descriptor in `ipcFd` instead of accepting, if `keepConnection` stops it from closing that
 * first; both lie under "Don't use anything below here" in fcgiapp.h. test_fcgirequest fails
 * if an update of libfcgi changes that.
 */
#ifndef AUTOJOIN_GATEWAY_FCGIREQUEST_H
#define AUTOJOIN_GATEWAY_FCGIREQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <fcgiapp.h>

enum fcgirequest_status {
    FCGIREQUEST_OK,
    FCGIREQUEST_FAILED,   /* libfcgi refused it and has closed the descriptor */
    FCGIREQUEST_NO_MEMORY /* the descriptor is still open */
};

/* Prepares libfcgi for the process: no waiting for the peer after a reply
 * (LIBFCGI_OS_CLOSE_POLL_TIMEOUT, which is read from the environment just once, here). False if
 * libfcgi cannot be initialised. libfcgi installs handlers for SIGTERM, SIGUSR1 and SIGPIPE where there
 * are none: have your own there before. Not thread-safe. */
bool fcgirequest_prepare(void);

/* Reads the parameters into fcgi->envp and, unless `oversize`, the body of `body_length`
 * bytes into `*body`, which the caller frees. Never waits. On FCGIREQUEST_OK the caller
 * gives `fcgi` back with fcgirequest_release(); envp lives until then. */
enum fcgirequest_status fcgirequest_read(FCGX_Request *fcgi, int descriptor, size_t body_length,
                                         bool oversize, char **body);

/* The same for bytes that were taken from the connection already: libfcgi reads them from a file in
 * memory. FCGIREQUEST_FAILED and FCGIREQUEST_NO_MEMORY leave nothing open. */
enum fcgirequest_status fcgirequest_read_bytes(FCGX_Request *fcgi, const void *bytes,
                                               size_t length, size_t body_length, bool oversize,
                                               char **body);

/* Frees what libfcgi holds; the descriptor stays open and nothing is written to it. */
void fcgirequest_release(FCGX_Request *fcgi);

#endif
