#include "build.h"

#include "support/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define OPEN "the directory is root's, and others can write to it"

/* The directory's group may be root's. */
static gid_t group_of(uid_t owner, gid_t otherwise)
{
    const struct passwd *entry = getpwuid(owner);

    return entry ? entry->pw_gid : otherwise;
}

enum owner_status owner_become(const char *directory, gid_t group)
{
    struct stat status;

    if (geteuid() != 0)
        return OWNER_OK;
    if (stat(directory, &status) != 0)
        return OWNER_ABSENT;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return OWNER_ABSENT;
    }
    if (status.st_uid == 0)
        return owner_judge(&status) ? OWNER_OPEN : OWNER_OK;
    if (setgroups(group != OWNER_NO_GROUP, &group) != 0 ||
        setgid(group_of(status.st_uid, status.st_gid)) != 0 || setuid(status.st_uid) != 0)
        return OWNER_FAILED;
    return OWNER_OK;
}

const char *owner_judge(const struct stat *directory)
{
    if (directory->st_mode & S_IWOTH)
        return "the directory is writable by everybody";
    if (directory->st_uid == 0 && directory->st_mode & S_IWGRP)
        return OPEN;
    if (directory->st_uid != 0 && geteuid() == 0)
        return "the directory is another user's, and this program runs as root";
    return NULL;
}

const char *owner_describe(enum owner_status status)
{
    return status == OWNER_OPEN ? OPEN ": chown it to the user the responder runs as, and chmod 0700 it"
                                : strerror(errno);
}
