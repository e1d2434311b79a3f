#include "build.h"

#include "support/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_replace(const char *path, const struct buffer *content, uid_t user, gid_t group, mode_t mode)
{
    struct buffer draft;
    int descriptor, saved;
    bool done;

    buffer_init(&draft, PATH_MAX + 32);
    buffer_append_format(&draft, "%s.new-%ld", path, (long)getpid());
    if (buffer_status(&draft) != BUFFER_OK) {
        errno = ENAMETOOLONG;
        return false;
    }
    descriptor = open(buffer_string(&draft), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    done = descriptor >= 0 && buffer_write_all(descriptor, content) &&
           (geteuid() != 0 || fchown(descriptor, user, group) == 0) &&
           fchmod(descriptor, mode) == 0 && fsync(descriptor) == 0;
    saved = errno;
    if (descriptor >= 0 && close(descriptor) != 0 && done) {
        saved = errno;
        done = false;
    }
    if (done && rename(buffer_string(&draft), path) != 0) {
        saved = errno;
        done = false;
    }
    if (!done && descriptor >= 0)
        unlink(buffer_string(&draft));
    buffer_free(&draft);
    errno = saved;
    return done;
}
