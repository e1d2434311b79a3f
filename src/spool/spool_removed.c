#include "build.h"

/* The spool's marks of conversations that the bot was removed from on purpose. */
#include "spool/spool_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = sizeof SPOOL_LEFT + 1 + SID_LENGTH };

static void left_name(char name[NAME_SIZE], const char *conversation)
{
    snprintf(name, NAME_SIZE, SPOOL_LEFT "/%s", conversation);
}

/* The directory of the marks, and the one that has it, perhaps since now. */
static enum spool_status sync_left(struct spool *spool)
{
    bool synced;
    int left;

    if (!spool->sync)
        return SPOOL_OK;
    left = openat(spool->directory, SPOOL_LEFT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (left < 0)
        return spool_directory_failed(spool);
    synced = fsync(left) == 0;
    close(left);
    return synced ? spool_directory_sync(spool) : spool_directory_failed(spool);
}

enum spool_status spool_mark_left(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];
    int descriptor;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    left_name(name, conversation);
    if (mkdirat(spool->directory, SPOOL_LEFT, 0700) != 0 && errno != EEXIST)
        return spool_directory_failed(spool);
    descriptor = openat(spool->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return spool_directory_failed(spool);
    close(descriptor); /* it is its name that says something */
    return sync_left(spool);
}

enum spool_status spool_clear_left(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    left_name(name, conversation);
    if (unlinkat(spool->directory, name, 0) != 0)
        return errno == ENOENT ? SPOOL_ABSENT : spool_directory_failed(spool);
    return sync_left(spool);
}

bool spool_is_left(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    left_name(name, conversation);
    return spool_directory_use(spool) && faccessat(spool->directory, name, F_OK, 0) == 0;
}
