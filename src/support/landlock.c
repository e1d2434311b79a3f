#include "build.h"

#include "support/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char no_effect[] = "no Landlock here: AUTOJOIN_LANDLOCK has no effect";

#if __has_include(<linux/landlock.h>)
#include <linux/landlock.h>

/* Headers may be older than the kernel that the program meets. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* since version 2 of the interface */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* since version 3 */
#endif

/* Rights that have a meaning for what is no directory; the kernel refuses rules with others. */
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define REMOVE LANDLOCK_ACCESS_FS_REMOVE_FILE
#define KEEP_FILES                                                                              \
    (READ | REMOVE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |              \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER |   \
     LANDLOCK_ACCESS_FS_TRUNCATE)
#define EVERYTHING                                                                              \
    (KEEP_FILES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                   \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                              \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

struct ruleset {
    int descriptor;
    uint64_t handled; /* what this kernel can deny */
    const struct log *log;
};

/* Asks for the interface's version: -1 where there is none, it is not switched on, or a container's
 * filter of system calls keeps it away. */
static bool open_ruleset(struct ruleset *ruleset)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = EVERYTHING};

    if (version < 1)
        return false;
    if (version < 2)
        attributes.handled_access_fs &= ~LANDLOCK_ACCESS_FS_REFER;
    if (version < 3)
        attributes.handled_access_fs &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
    ruleset->handled = attributes.handled_access_fs;
    ruleset->descriptor =
        (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    return ruleset->descriptor >= 0;
}

/* Rules hold on to what the path leads to now, not to the path. */
static bool allow(const struct ruleset *ruleset, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights & ruleset->handled};
    struct stat status;
    long added = -1;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return false;
    if (fstat(rule.parent_fd, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            rule.allowed_access &= FILE_RIGHTS;
        added = syscall(SYS_landlock_add_rule, ruleset->descriptor, LANDLOCK_RULE_PATH_BENEATH,
                        &rule, 0);
    }
    close(rule.parent_fd);
    return added == 0;
}

static void warn(const struct ruleset *ruleset, const char *name, const char *path)
{
    log_event(ruleset->log, LOG_LEVEL_WARN,
              "not there when AUTOJOIN_LANDLOCK took effect: of no use until the next start",
              "setting", name, "path", path, "reason", strerror(errno), NULL);
}

static void allow_directory(const struct ruleset *ruleset, const char *name, const char *path)
{
    if (path && !allow(ruleset, path, KEEP_FILES))
        warn(ruleset, name, path);
}

static bool allow_directory_of(const struct ruleset *ruleset, const char *file, uint64_t rights)
{
    char path[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t length = slash ? (size_t)(slash - file) + (slash == file) : 0; /* the root keeps its slash */

    if (length == 0 || length >= sizeof path)
        return false;
    memcpy(path, file, length);
    path[length] = '\0';
    return allow(ruleset, path, rights);
}

/* The directory that a file seems to lie in and the one where it really does, because files such as
 * resolv.conf and CA bundles are replaced by new ones of the same name, and links by others. */
static bool allow_beside(const struct ruleset *ruleset, const char *file, uint64_t rights)
{
    char real[PATH_MAX];
    bool allowed;

    if (!file)
        return true;
    allowed = allow_directory_of(ruleset, file, rights);
    return realpath(file, real) && allow_directory_of(ruleset, real, rights) && allowed;
}

/* What getaddrinfo() and OpenSSL open, and the libraries that the former loads
 * (nsswitch.conf(5)). */
static void allow_standard(const struct ruleset *ruleset)
{
    static const char *const paths[] = {"/etc", "/usr", "/lib", "/lib32", "/lib64", "/nix",
                                        "/dev/null", "/dev/urandom", "/run/systemd/resolve",
                                        /* which may write /etc/resolv.conf's target only later */
                                        "/run/NetworkManager", "/run/resolvconf", "/run/connman"};
    size_t i;

    for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
        allow(ruleset, paths[i], READ);
    allow_beside(ruleset, "/etc/resolv.conf", READ);
}

#endif

static bool is_same(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

const char *landlock_hindered(const struct config *confined, const struct config *next)
{
    if (!confined->landlock)
        return NULL;
    if (!next->landlock)
        return "AUTOJOIN_LANDLOCK";
    if (next->spool_dir && !is_same(confined->spool_dir, next->spool_dir))
        return "AUTOJOIN_SPOOL_DIR";
    if (next->capture_dir && !is_same(confined->capture_dir, next->capture_dir))
        return "AUTOJOIN_CAPTURE_DIR";
    if (next->stats_file && !is_same(confined->stats_file, next->stats_file))
        return "AUTOJOIN_STATS_FILE";
    if (next->ca_file && !is_same(confined->ca_file, next->ca_file))
        return "AUTOJOIN_CA_FILE";
    return NULL;
}

#if __has_include(<linux/landlock.h>)

/* What is replaced by a new file of the same name, as editors do. */
static void allow_settings(const struct ruleset *ruleset, const struct config *config)
{
    size_t i;

    allow_beside(ruleset, config->path, READ);
    for (i = 0; i < config->secret_file_count; i++)
        allow_beside(ruleset, config->secret_files[i], READ);
}

void landlock_confine(const struct config *config, const struct log *log, const char *socket, bool again)
{
    struct ruleset ruleset = {.descriptor = -1, .log = log};
    long restricted = -1;

    if (!config->landlock)
        return;
    if (open_ruleset(&ruleset)) {
        allow_standard(&ruleset);
        if (!allow_beside(&ruleset, config->ca_file, READ))
            warn(&ruleset, "AUTOJOIN_CA_FILE", config->ca_file);
        allow_beside(&ruleset, socket, REMOVE);
        if (again)
            allow_settings(&ruleset, config);
        allow_directory(&ruleset, "AUTOJOIN_SPOOL_DIR", config->spool_dir);
        allow_directory(&ruleset, "AUTOJOIN_CAPTURE_DIR", config->capture_dir);
        if (config->stats_file) /* mapped already, and once more if somebody shortens it */
            allow(&ruleset, config->stats_file, FILE_RIGHTS);
        /* The kernel's condition: a set-user-ID program would not expect to be confined. */
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        restricted = syscall(SYS_landlock_restrict_self, ruleset.descriptor, 0);
    }
    if (restricted != 0)
        log_event(log, LOG_LEVEL_WARN, no_effect, "reason", strerror(errno), NULL);
    if (ruleset.descriptor >= 0)
        close(ruleset.descriptor);
}

#else

void landlock_confine(const struct config *config, const struct log *log, const char *socket, bool again)
{
    (void)socket;
    (void)again;
    if (config->landlock)
        log_event(log, LOG_LEVEL_WARN, no_effect, "reason", "built without the kernel's headers",
                  NULL);
}

#endif
