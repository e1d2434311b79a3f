#include "build.h"

#include "spool/spool_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
    const char *way = owner_judge_way(spool->path, status);

    spool->refused = owner_judge(status);
    if (way && (!spool->refused || status->st_uid != 0)) /* root did not become that owner because of it */
        spool->refused = way;
    if (!spool->refused)
        return false;
    spool_directory_forget(spool);
    errno = EPERM;
    return true;
}

/* It is another directory. */
static void forget_count(struct spool_limit *limit)
{
    limit->moved = limit->walk != NULL; /* which may be calling us */
    limit->counted = false;
    limit->count = 0;
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
        forget_count(&spool->limit);
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

/* File systems that do not say what an entry is exist: XFS without ftype, some of FUSE. */
static bool is_directory(struct spool *spool, const char *directory, const struct dirent *entry)
{
    char path[sizeof entry->d_name + 16];
    struct stat status;
    int length;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    length = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    return length > 0 && (size_t)length < sizeof path &&
           fstatat(spool->directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

/* NULL at the end, and with errno set when it cannot be read on. */
static struct dirent *next_entry(DIR *stream)
{
    errno = 0;
    return readdir(stream);
}

DIR *spool_directory_open(struct spool *spool, const char *directory)
{
    int saved, descriptor = openat(spool->directory, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *stream;

    if (descriptor < 0)
        return NULL;
    stream = fdopendir(descriptor);
    if (stream)
        return stream;
    saved = errno;
    close(descriptor);
    errno = saved;
    return NULL;
}

enum spool_status spool_directory_read(struct spool *spool, const char *directory, DIR *stream,
                                       spool_directory_visit_fn *visit, void *argument, bool *ended)
{
    struct dirent *entry;

    while ((entry = next_entry(stream)))
        if (!is_directory(spool, directory, entry) && !visit(argument, entry->d_name))
            break;
    *ended = !entry;
    return !entry && errno != 0 ? spool_directory_failed(spool) : SPOOL_OK;
}

enum spool_status spool_directory_visit(struct spool *spool, const char *directory,
                                        spool_directory_visit_fn *visit, void *argument)
{
    DIR *stream = spool_directory_open(spool, directory);
    enum spool_status status;
    bool ended;

    if (!stream)
        return errno == ENOENT ? SPOOL_OK : spool_directory_failed(spool);
    status = spool_directory_read(spool, directory, stream, visit, argument, &ended);
    closedir(stream);
    return status;
}
