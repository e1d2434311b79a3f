/*
 * Lets libfcgi read one request from a connection on which `records` has seen it whole.
 *
 * This is the one place that relies on how libfcgi works inside: FCGX_Accept_r() reads from
 * the descriptor in `ipcFd` instead of accepting, if `keepConnection` stops it from closing that
 * first; both lie under "Don't use anything below here" in fcgiapp.h. test_libfcgi fails
 * if an update of libfcgi changes that.
 */
#ifndef AUTOJOIN_GATEWAY_LIBFCGI_H
#define AUTOJOIN_GATEWAY_LIBFCGI_H

#include <stdbool.h>
#include <stddef.h>

#include <fcgiapp.h>

enum libfcgi_status {
    LIBFCGI_OK,
    LIBFCGI_FAILED,   /* libfcgi refused it and has closed the descriptor */
    LIBFCGI_NO_MEMORY /* the descriptor is still open */
};

/* Prepares libfcgi for the process: no waiting for the peer after a reply
 * (LIBFCGI_OS_CLOSE_POLL_TIMEOUT, which is read from the environment just once, here). False if
 * libfcgi cannot be initialised. libfcgi installs handlers for SIGTERM, SIGUSR1 and SIGPIPE where there
 * are none: have your own there before. Not thread-safe. */
bool libfcgi_prepare(void);

/* Reads the parameters into fcgi->envp and, unless `oversize`, the body of `body_length`
 * bytes into `*body`, which the caller frees. Never waits. On LIBFCGI_OK the caller
 * gives `fcgi` back with libfcgi_release(); envp lives until then. */
enum libfcgi_status libfcgi_read(FCGX_Request *fcgi, int descriptor, size_t body_length,
                                         bool oversize, char **body);

/* The same for bytes that were taken from the connection already: libfcgi reads them from a file in
 * memory. LIBFCGI_FAILED and LIBFCGI_NO_MEMORY leave nothing open. */
enum libfcgi_status libfcgi_read_bytes(FCGX_Request *fcgi, const void *bytes,
                                               size_t length, size_t body_length, bool oversize,
                                               char **body);

/* Frees what libfcgi holds; the descriptor stays open and nothing is written to it. */
void libfcgi_release(FCGX_Request *fcgi);

#endif
