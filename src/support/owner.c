#include "build.h"

#include "support/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directory's group may be root's. */
static gid_t group_of(uid_t owner, gid_t otherwise)
{
    const struct passwd *entry = getpwuid(owner);

    return entry ? entry->pw_gid : otherwise;
}

enum owner_status owner_become(const char *directory, const char *file)
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
        return OWNER_OK;
    if ((file && chown(file, status.st_uid, (gid_t)-1) != 0) || setgroups(0, NULL) != 0 ||
        setgid(group_of(status.st_uid, status.st_gid)) != 0 || setuid(status.st_uid) != 0)
        return OWNER_FAILED;
    return OWNER_OK;
}
