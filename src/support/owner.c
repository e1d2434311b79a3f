#include "build.h"

#include "support/owner.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN "the directory is root's, and others can write to it"
#define REPLACEABLE "others can put another directory in its place"

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
    if (status.st_uid == 0 && owner_judge(&status))
        return OWNER_OPEN;
    if (owner_judge_way(directory, &status))
        return OWNER_REPLACEABLE;
    if (status.st_uid == 0)
        return OWNER_OK;
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

/* A link's owner could lead it elsewhere, a directory's put a link there, and so could who may write to it; not
 * with the sticky bit, by which the next one is its owner's (chmod(1)). */
static bool is_step_of(const char *path, uid_t owner)
{
    struct stat status;

    if (lstat(path, &status) != 0 || (status.st_uid != 0 && status.st_uid != owner))
        return false;
    return !S_ISDIR(status.st_mode) || !(status.st_mode & (S_IWGRP | S_IWOTH)) || status.st_mode & S_ISVTX;
}

/* Every directory and link that the path names, but not what it ends in, if that is a directory. */
static bool is_way_of(const char *path, uid_t owner)
{
    char part[PATH_MAX] = "/";
    size_t length = strlen(path), at;
    struct stat last;

    if (length >= sizeof part || path[0] != '/' || !is_step_of(part, owner))
        return false;
    for (at = 1; at < length; at++) {
        if (path[at] == '/' && !is_step_of(part, owner))
            return false;
        part[at] = path[at];
        part[at + 1] = '\0';
    }
    return lstat(path, &last) == 0 && (!S_ISLNK(last.st_mode) || is_step_of(path, owner));
}

const char *owner_judge_way(const char *directory, const struct stat *status)
{
    char *whole;
    bool safe;

    if (geteuid() != 0)
        return NULL;
    whole = realpath(directory, NULL);
    safe = whole && is_way_of(directory, status->st_uid) && is_way_of(whole, status->st_uid);
    free(whole);
    return safe ? NULL : REPLACEABLE;
}

const char *owner_describe(enum owner_status status)
{
    switch (status) {
    case OWNER_OPEN:
        return OPEN ": chown it to the user the responder runs as, and chmod 0700 it";
    case OWNER_REPLACEABLE:
        return REPLACEABLE ": what leads to it must be root's or the directory's owner's, and chmod go-w";
    case OWNER_OK:
    case OWNER_ABSENT:
    case OWNER_FAILED:
        break;
    }
    return strerror(errno);
}
