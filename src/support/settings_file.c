#include "build.h"

#include "support/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Linux, Documentation/admin-guide/devices.txt */
enum { NULL_MAJOR = 1, NULL_MINOR = 3 };

static enum settings_file_status judge(int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return SETTINGS_FILE_UNREADABLE;
    /* /dev/null is an empty file, as git, ssh and curl have it: whoever wants no settings file names it. */
    if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(NULL_MAJOR, NULL_MINOR))
        return SETTINGS_FILE_OK;
    if (!S_ISREG(status.st_mode))
        return SETTINGS_FILE_NOT_REGULAR;
    if (status.st_mode & (S_IWGRP | S_IWOTH | S_IROTH))
        return SETTINGS_FILE_EXPOSED;
    if (status.st_size > SETTINGS_FILE_LIMIT)
        return SETTINGS_FILE_TOO_LARGE;
    return SETTINGS_FILE_OK;
}

static enum settings_file_status read_all(int descriptor, struct buffer *content)
{
    char part[4096];
    ssize_t count;

    for (;;) {
        count = read(descriptor, part, sizeof part);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        buffer_append(content, part, (size_t)count);
        if (buffer_status(content) != BUFFER_OK)
            break;
    }
    explicit_bzero(part, sizeof part);
    if (count < 0)
        return SETTINGS_FILE_UNREADABLE;
    if (buffer_status(content) == BUFFER_TOO_LARGE)
        return SETTINGS_FILE_TOO_LARGE;
    buffer_reserve(content, 0); /* an empty file is an empty string */
    if (buffer_status(content) != BUFFER_OK)
        return SETTINGS_FILE_NO_MEMORY;
    return memchr(content->data, '\0', content->length) ? SETTINGS_FILE_NUL : SETTINGS_FILE_OK;
}

enum settings_file_status settings_file_read(const char *path, struct buffer *content)
{
    enum settings_file_status status;
    int saved;
    /* O_NONBLOCK: opening a pipe must not wait for its writer. Symbolic links are
     * followed: configuration managers and secret mounts are made of them. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (descriptor < 0)
        return errno == ENOENT ? SETTINGS_FILE_MISSING : SETTINGS_FILE_UNREADABLE;
    status = judge(descriptor);
    if (status == SETTINGS_FILE_OK)
        status = read_all(descriptor, content);
    saved = errno;
    close(descriptor);
    errno = saved;
    return status;
}

const char *settings_file_describe(enum settings_file_status status)
{
    switch (status) {
    case SETTINGS_FILE_OK:
        return "can be read";
    case SETTINGS_FILE_MISSING:
        return "does not exist";
    case SETTINGS_FILE_UNREADABLE:
        return "cannot be read by the user this program runs as";
    case SETTINGS_FILE_NOT_REGULAR:
        return "is not a regular file";
    case SETTINGS_FILE_EXPOSED:
        return "can be read or written by others: chmod 0600, or 0640 if it is root's with the responder's group";
    case SETTINGS_FILE_TOO_LARGE:
        return "is larger than 64 KiB";
    case SETTINGS_FILE_NUL:
        return "holds a NUL byte";
    case SETTINGS_FILE_NO_MEMORY:
        break;
    }
    return "could not be read: out of memory";
}
