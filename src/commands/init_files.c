#include "build.h"

#include "commands/init_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The usual places (contrib/tmpfiles). A file's directory is made, not the file. */
static const struct place {
    const char *setting, *value, *directory;
    mode_t mode;
} places[] = {
    {"AUTOJOIN_SPOOL_DIR", "/var/spool/twilio-autojoin", "/var/spool/twilio-autojoin", 0700},
    {"AUTOJOIN_CAPTURE_DIR", "/var/lib/twilio-autojoin/captures", "/var/lib/twilio-autojoin/captures", 0700},
    {"AUTOJOIN_STATS_FILE", "/run/twilio-autojoin/stats", "/run/twilio-autojoin", 0755},
};

enum { PLACES = sizeof places / sizeof places[0], PATH_SIZE = 4096 };

void init_files_choose(struct init_answers *answers, bool (*present)(void *argument, const char *name), void *argument)
{
    size_t i;

    for (i = 0; geteuid() == 0 && i < PLACES; i++)
        if (!init_answers_get(answers, places[i].setting) && !present(argument, places[i].setting))
            init_answers_set(answers, places[i].setting, places[i].value);
}

/* Makes what is missing on the way, too: root's, and open to look through. */
static bool make_directory(const char *path, mode_t mode, const struct check_user *user)
{
    char part[PATH_SIZE];
    size_t length = strlen(path), at;
    int directory;

    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (at = 1; at < length; at++) {
        if (path[at] != '/')
            continue;
        memcpy(part, path, at);
        part[at] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
    }
    if (mkdir(path, mode) != 0) {
        struct stat there;

        if (errno != EEXIST)
            return false;
        errno = ENOTDIR;
        return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
    }
    printf("Made the directory %s", path);
    if (geteuid() != 0) {
        puts(".");
        return true;
    }
    printf(", %s's.\n", user->name);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return false;
    if (fchown(directory, user->uid, user->gid) != 0 || fchmod(directory, mode) != 0) {
        close(directory);
        return false;
    }
    return close(directory) == 0;
}

bool init_files_make_directories(const struct init_answers *answers, const struct check_user *user)
{
    size_t i;

    for (i = 0; i < PLACES; i++) {
        const char *value = init_answers_get(answers, places[i].setting);
        char directory[PATH_SIZE];
        const char *slash;

        if (!value || !*value)
            continue;
        slash = strcmp(places[i].value, places[i].directory) == 0 ? value + strlen(value) : strrchr(value, '/');
        if (!slash)
            continue; /* check says what is wrong with it */
        snprintf(directory, sizeof directory, "%.*s", (int)(slash - value), value);
        if (!make_directory(directory, places[i].mode, user)) {
            fprintf(stderr, "twilio-autojoin: %s: %s: %s\n", places[i].setting, directory, strerror(errno));
            return false;
        }
    }
    return true;
}

/* As whom the responder will run, where nothing of it is here yet: as the web server, or as the unit or Debian has it. */
void init_files_find_user(struct check_user *user, const char *settings, const char *spool, const char *server)
{
    check_user_find(user, settings, spool);
    if (geteuid() == 0 && user->doubtful && check_user_expect(user, server))
        printf("\nTaken for the responder's user: %s, %s.\n", user->name, user->why);
}

bool init_files_can_write(const char *path)
{
    char directory[PATH_SIZE];
    char *real = realpath(path, NULL);
    const char *target = real ? real : path, *slash = strrchr(target, '/');
    struct stat status;
    bool can;

    snprintf(directory, sizeof directory, "%.*s", !slash ? 1 : slash == target ? 1 : (int)(slash - target), slash ? target : ".");
    if (real && stat(real, &status) == 0 && !S_ISREG(status.st_mode)) {
        fprintf(stderr, "twilio-autojoin: %s is no file that settings could be written to\n", path);
        can = false;
    } else {
        can = access(directory, W_OK | X_OK) == 0;
        if (!can)
            fprintf(stderr, "twilio-autojoin: %s cannot be written: %s: %s%s\n", path, directory, strerror(errno),
                    geteuid() != 0 ? "; sudo twilio-autojoin init" : "");
    }
    free(real);
    return can;
}

static bool is_in_groups(const struct check_user *user, gid_t group)
{
    size_t i;

    for (i = 0; i < user->group_count; i++)
        if (user->groups[i] == group)
            return true;
    return group == user->gid;
}

/* A file that was there keeps its owner and mode; those that shut the responder out would be no good. */
static bool let_read(const char *path, const struct check_user *user, bool *changed)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    bool done = descriptor >= 0 && fstat(descriptor, &status) == 0;

    *changed = done && status.st_uid != user->uid &&
               !(is_in_groups(user, status.st_gid) && status.st_mode & S_IRGRP);
    if (*changed)
        done = fchown(descriptor, (uid_t)-1, user->gid) == 0 && fchmod(descriptor, (status.st_mode & 0700) | S_IRGRP) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return done;
}

bool init_files_write_settings(const struct init_answers *answers, const struct check_user *user, const char *path)
{
    bool root = geteuid() == 0;
    const struct settings_edit_owner owner = {
        .user = geteuid(),
        .group = root ? user->gid : getegid(),
        .mode = root && user->uid != 0 ? 0640 : 0600,
    };
    enum settings_file_status read;
    bool changed = false;
    enum settings_edit_status status = settings_edit(path, answers->lines, answers->count, &owner, &read);

    if (status != SETTINGS_EDIT_OK) {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", path, settings_edit_describe(status, read));
        return false;
    }
    if (root && user->uid != 0 && !let_read(path, user, &changed)) {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", path, strerror(errno));
        return false;
    }
    printf("Wrote %s", path);
    if (root && user->uid != 0 && (changed || read == SETTINGS_FILE_MISSING))
        printf(": root's, which %s's group can read", user->name);
    puts(".");
    return true;
}
