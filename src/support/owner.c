#include "build.h"

#include "support/owner.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

bool owner_become(const char *directory)
{
    struct stat status;

    if (geteuid() != 0)
        return true;
    if (stat(directory, &status) != 0)
        return false;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return status.st_uid == 0 || (setgroups(0, NULL) == 0 && setgid(status.st_gid) == 0 &&
                                  setuid(status.st_uid) == 0);
}
