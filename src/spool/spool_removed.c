#include "build.h"

/* The spool's marks of conversations that the bot was removed from on purpose, in left/ (the directory's name
 * is a promise to those who look into a spool). */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_directory.h"

enum { NAME_SIZE = sizeof REMOVED_DIRECTORY + 1 + SID_LENGTH };

static void mark_name(char name[NAME_SIZE], const char *conversation)
{
    snprintf(name, NAME_SIZE, REMOVED_DIRECTORY "/%s", conversation);
}

/* The directory of the marks, and the one that has it, perhaps since now. */
static enum spool_status sync_marks(struct spool *spool)
{
    bool synced;
    int marks;

    if (!spool->sync)
        return SPOOL_OK;
    marks = openat(spool->directory, REMOVED_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (marks < 0)
        return spool_directory_failed(spool);
    synced = fsync(marks) == 0;
    close(marks);
    return synced ? spool_directory_sync(spool) : spool_directory_failed(spool);
}

enum spool_status spool_mark_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];
    int descriptor;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    mark_name(name, conversation);
    if (mkdirat(spool->directory, REMOVED_DIRECTORY, 0700) != 0 && errno != EEXIST)
        return spool_directory_failed(spool);
    descriptor = openat(spool->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return spool_directory_failed(spool);
    close(descriptor); /* it is its name that says something */
    return sync_marks(spool);
}

enum spool_status spool_clear_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    mark_name(name, conversation);
    if (unlinkat(spool->directory, name, 0) != 0)
        return errno == ENOENT ? SPOOL_ABSENT : spool_directory_failed(spool);
    return sync_marks(spool);
}

enum spool_removed spool_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    mark_name(name, conversation);
    if (spool_directory_use(spool)) {
        if (faccessat(spool->directory, name, F_OK, 0) == 0)
            return SPOOL_REMOVED_YES;
        if (errno == ENOENT)
            return SPOOL_REMOVED_NO;
    }
    spool_directory_failed(spool);
    return SPOOL_REMOVED_UNKNOWN;
}
