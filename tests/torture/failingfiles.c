/* What src/ does with files, directories and descriptors. */
#include "build.h"

#include "wrapping.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRAP_CALL(name, number, parameters, arguments)                                  \
    WRAPPED(int, name, parameters)                                                      \
    {                                                                                   \
        return failing_now(FAILING_FILE, #name, number) ? -1 : __real_##name arguments; \
    }

WRAP_CALL(rename, EIO, (const char *from, const char *to), (from, to))
WRAP_CALL(renameat, EIO, (int from_at, const char *from, int to_at, const char *to),
          (from_at, from, to_at, to))
WRAP_CALL(renameat2, EIO,
          (int from_at, const char *from, int to_at, const char *to, unsigned flags),
          (from_at, from, to_at, to, flags))
WRAP_CALL(linkat, EIO, (int from_at, const char *from, int to_at, const char *to, int flags),
          (from_at, from, to_at, to, flags))
WRAP_CALL(unlinkat, EIO, (int at, const char *path, int flags), (at, path, flags))
WRAP_CALL(remove, EIO, (const char *path), (path))
WRAP_CALL(mkdirat, ENOSPC, (int at, const char *path, mode_t mode), (at, path, mode))
WRAP_CALL(stat, EIO, (const char *path, struct stat *status), (path, status))
WRAP_CALL(fstat, EIO, (int descriptor, struct stat *status), (descriptor, status))
WRAP_CALL(fstatat, EIO, (int at, const char *path, struct stat *status, int flags),
          (at, path, status, flags))
WRAP_CALL(faccessat, EIO, (int at, const char *path, int mode, int flags), (at, path, mode, flags))
WRAP_CALL(ftruncate, EIO, (int descriptor, off_t length), (descriptor, length))
/* It gives a position. */
WRAPPED(off_t, lseek, (int descriptor, off_t at, int from))
{
    return failing_now(FAILING_FILE, "lseek", EIO) ? -1 : __real_lseek(descriptor, at, from);
}

WRAP_CALL(socket, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
WRAP_CALL(poll, ENOMEM, (struct pollfd * ready, nfds_t count, int timeout), (ready, count, timeout))

/* That it works takes a real disk's time, and says nothing here. */
static int sync_nothing(const char *what, int descriptor)
{
    return failing_now(FAILING_FILE, what, EIO) ? -1 : fcntl(descriptor, F_GETFD) < 0 ? -1 : 0;
}

WRAPPED(int, fsync, (int descriptor))
{
    return sync_nothing("fsync", descriptor);
}

WRAPPED(int, fdatasync, (int descriptor))
{
    return sync_nothing("fdatasync", descriptor);
}

/* Closed it is in any case: Linux frees the descriptor before it says EIO. */
WRAPPED(int, close, (int descriptor))
{
    int status = __real_close(descriptor);

    return failing_now(FAILING_FILE, "close", EIO) ? -1 : status;
}

/* It gives the error number and leaves errno alone. */
WRAPPED(int, posix_fallocate, (int descriptor, off_t at, off_t length))
{
    return failing_now(FAILING_FILE, "posix_fallocate", ENOSPC)
               ? ENOSPC
               : __real_posix_fallocate(descriptor, at, length);
}

WRAPPED(int, open, (const char *path, int flags, ...))
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return failing_now(FAILING_FILE, "open", EMFILE) ? -1 : __real_open(path, flags, mode);
}

WRAPPED(int, openat, (int directory, const char *path, int flags, ...))
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return failing_now(FAILING_FILE, "openat", EMFILE) ? -1
                                                       : __real_openat(directory, path, flags, mode);
}

WRAPPED(DIR *, fdopendir, (int descriptor))
{
    return failing_now(FAILING_FILE, "fdopendir", ENOMEM) ? NULL : __real_fdopendir(descriptor);
}

/* NULL with errno set is not the end of the directory. */
WRAPPED(struct dirent *, readdir, (DIR * directory))
{
    return failing_now(FAILING_FILE, "readdir", EIO) ? NULL : __real_readdir(directory);
}

WRAPPED(FILE *, fopen, (const char *path, const char *mode))
{
    return failing_now(FAILING_FILE, "fopen", EMFILE) ? NULL : __real_fopen(path, mode);
}

/* What a full disk says at last. */
WRAPPED(int, fclose, (FILE * file))
{
    int status = __real_fclose(file);

    return failing_now(FAILING_FILE, "fclose", ENOSPC) ? EOF : status;
}

/* The same every time, so that a finding's numbers lead to it again. */
WRAPPED(ssize_t, getrandom, (void *bytes, size_t length, unsigned flags))
{
    (void)flags;
    if (failing_now(FAILING_FILE, "getrandom", ENOSYS))
        return -1;
    memset(bytes, 0x5a, length);
    return (ssize_t)length;
}

/* True if the transfer is not to be done; `length` may be made shorter. */
static bool transfer_fails(const char *what, size_t *length, int number)
{
    if (!failing_now(FAILING_TRANSFER, what, number))
        return false;
    if (failing_ordered() == FAILING_SHORT) {
        *length = *length > 0;
        return false;
    }
    if (failing_ordered() == FAILING_INTERRUPTED)
        errno = EINTR;
    return true;
}

WRAPPED(ssize_t, read, (int descriptor, void *bytes, size_t length))
{
    return transfer_fails("read", &length, EIO) ? -1 : __real_read(descriptor, bytes, length);
}

WRAPPED(ssize_t, write, (int descriptor, const void *bytes, size_t length))
{
    return transfer_fails("write", &length, ENOSPC) ? -1 : __real_write(descriptor, bytes, length);
}

WRAPPED(ssize_t, pwrite, (int descriptor, const void *bytes, size_t length, off_t at))
{
    return transfer_fails("pwrite", &length, ENOSPC)
               ? -1
               : __real_pwrite(descriptor, bytes, length, at);
}
