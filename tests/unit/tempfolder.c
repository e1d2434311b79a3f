#include "build.h"

#include "tempfolder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[80]; /* short enough for a Unix socket's name in it */

void tempfolder_make(void)
{
    const char *parent = getenv("TMPDIR");

    if (!parent || strlen(parent) > sizeof folder - 32)
        parent = "/tmp";
    snprintf(folder, sizeof folder, "%s/autojoin-unit-XXXXXX", parent);
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(99);
    }
}

const char *tempfolder_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *tempfolder_write(const char *name, const void *content, size_t length, mode_t mode)
{
    const char *path = tempfolder_path(name);
    int file;

    unlink(path);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || write(file, content, length) != (ssize_t)length || fchmod(file, mode) != 0 ||
        close(file) != 0) {
        perror(path);
        exit(99);
    }
    return path;
}

void tempfolder_remove(void)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    while (entries && (entry = readdir(entries)))
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    rmdir(folder);
}
