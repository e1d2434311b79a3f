#include "build.h"

#include "spool/spool_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/owner.h"

enum { LOOK_AGAIN_US = 1000 }; /* one request asks several times: what it saw a moment ago still holds */

void spool_directory_forget(struct spool *spool)
{
    spool_draft_move(&spool->drafts, -1);
    if (spool->directory >= 0)
        close(spool->directory);
    spool->directory = -1;
}

static bool is_refused(struct spool *spool, const struct stat *status)
{
    spool->refused = owner_judge(status);
    if (!spool->refused)
        return false;
    spool_directory_forget(spool);
    errno = EPERM;
    return true;
}

bool spool_directory_use(struct spool *spool)
{
    struct stat now;
    int64_t now_us = clock_monotonic_us();

    if (spool->directory >= 0 && now_us - spool->looked_us < LOOK_AGAIN_US)
        return true;
    spool->refused = NULL;
    if (stat(spool->path, &now) != 0) {
        spool_directory_forget(spool);
        return false;
    }
    if (is_refused(spool, &now))
        return false;
    spool->looked_us = now_us;
    if (spool->directory >= 0 && now.st_dev == spool->device && now.st_ino == spool->inode)
        return true;
    spool_directory_forget(spool);
    spool->directory = open(spool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (spool->directory < 0 || fstat(spool->directory, &now) != 0 || is_refused(spool, &now))
        return false;
    if (now.st_dev != spool->device || now.st_ino != spool->inode)
        spool->counted = false;
    spool->device = now.st_dev;
    spool->inode = now.st_ino;
    spool_draft_move(&spool->drafts, spool->directory);
    return true;
}

enum spool_status spool_directory_failed(struct spool *spool)
{
    spool->error = errno;
    return SPOOL_FAILED;
}

enum spool_status spool_directory_sync(struct spool *spool)
{
    return !spool->sync || fsync(spool->directory) == 0 ? SPOOL_OK : spool_directory_failed(spool);
}
