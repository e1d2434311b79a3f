#include "build.h"

#include "gateway/libfcgi.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* accept() on it fails at once (EBADF), so that after a failed read libfcgi returns
 * instead of waiting for another connection. */
enum { CANNOT_ACCEPT = -1 };

bool libfcgi_prepare(void)
{
    bool ready;

    if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) != 0)
        return false;
    ready = FCGX_Init() == 0;
    unsetenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT");
    return ready;
}

/* Asks for one byte more than there is: only that makes libfcgi consume the record that
 * ends the stream, which otherwise would stand before the next request. */
static enum libfcgi_status read_body(FCGX_Request *fcgi, size_t length, char **body)
{
    int count;

    *body = malloc(length + 1);
    if (!*body)
        return LIBFCGI_NO_MEMORY;
    count = FCGX_GetStr(*body, (int)length + 1, fcgi->in);
    if (count == (int)length && FCGX_GetError(fcgi->in) == 0)
        return LIBFCGI_OK;
    free(*body);
    *body = NULL;
    return LIBFCGI_FAILED;
}

enum libfcgi_status libfcgi_read(FCGX_Request *fcgi, int descriptor, size_t body_length,
                                         bool oversize, char **body)
{
    enum libfcgi_status status = LIBFCGI_OK;

    *body = NULL;
    if (FCGX_InitRequest(fcgi, CANNOT_ACCEPT, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
        return LIBFCGI_NO_MEMORY;
    fcgi->ipcFd = descriptor;
    fcgi->keepConnection = 1;
    if (FCGX_Accept_r(fcgi) != 0)
        return LIBFCGI_FAILED;
    if (!oversize)
        status = read_body(fcgi, body_length, body);
    if (status != LIBFCGI_OK)
        FCGX_Free(fcgi, status == LIBFCGI_FAILED);
    return status;
}

/* A file of its own for each: this is the way of requests that came in pieces, not of all. */
enum libfcgi_status libfcgi_read_bytes(FCGX_Request *fcgi, const void *bytes,
                                               size_t length, size_t body_length, bool oversize,
                                               char **body)
{
    enum libfcgi_status status = LIBFCGI_NO_MEMORY;
    int file = memfd_create("fastcgi-request", MFD_CLOEXEC);

    *body = NULL;
    if (file >= 0 && pwrite(file, bytes, length, 0) == (ssize_t)length)
        status = libfcgi_read(fcgi, file, body_length, oversize, body);
    if (file >= 0 && status != LIBFCGI_FAILED) /* which has closed it */
        close(file);
    return status;
}

void libfcgi_release(FCGX_Request *fcgi)
{
    FCGX_Free(fcgi, 0);
}
