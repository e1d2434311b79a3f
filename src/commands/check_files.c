#include "build.h"

#include "commands/check_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "commands/check_joins.h"
#include "commands/check_refusals.h"
#include "commands/check_spool.h"
#include "commands/check_user.h"
#include "spool/spool_draft.h"
#include "support/config.h"
#include "support/harden.h"
#include "support/json_text.h"
#include "support/owner.h"
#include "support/stats.h"

extern char **environ;

enum { FAULTS_LIMIT = 16 * 1024, TEXT_LIMIT = 128 * 1024, FIX_SIZE = 1024, TRIED_BYTES = 4096 };

/* What is looked at, by whom. The paths outlive the settings, whose secrets the other user is not to have. */
struct look {
    struct findings findings;
    struct check_user user;
    struct buffer faults; /* of the settings, as they are for whoever asks */
    char *settings, *ca_file, *spool_dir, *capture_dir, *stats_file;
    uint64_t spool_max;
    int root; /* the running responder's root directory, as it sees it, with its own mounts; -1: none, or not to be had */
};

/* Writes a file and removes it; 0, or what kept us from it. What others take for a draft they pass over, and remove
 * after an hour, should we be killed. A full disk shows in what is written, on some file systems only when it is synced. */
static int try_writing(const struct look *look, const char *directory)
{
    static const char bytes[TRIED_BYTES];
    char name[64];
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int error = 0, file;
    int descriptor = look->root < 0 ? open(directory, flags) : openat(look->root, directory + strspn(directory, "/"), flags);

    if (descriptor < 0)
        return errno;
    snprintf(name, sizeof name, SPOOL_DRAFT_PREFIX "check-%ld", (long)getpid());
    file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        error = errno;
    } else {
        ssize_t count = write(file, bytes, sizeof bytes);

        if (count != (ssize_t)sizeof bytes)
            error = count < 0 ? errno : ENOSPC;
        else if (fsync(file) != 0 && errno != EINVAL && errno != EROFS)
            error = errno;
        close(file);
        if (unlinkat(descriptor, name, 0) != 0 && error == 0)
            error = errno;
    }
    close(descriptor);
    return error;
}

/* What mends a directory that cannot be written to. */
static void describe_fix(char fix[FIX_SIZE], const struct look *look, const char *directory, int error)
{
    struct stat status;

    if (error != 0 && error != ENOSPC && error != EDQUOT && look->root >= 0 && access(directory, W_OK | X_OK) == 0)
        snprintf(fix, FIX_SIZE, "let its unit write there, which shuts the responder out: systemctl edit twilio-autojoin.service, "
                                "[Service], ReadWritePaths=%.300s", directory);
    else if (error == ENOSPC || error == EDQUOT)
        snprintf(fix, FIX_SIZE, "free space there (df -h %.200s; df -i %.200s)", directory, directory);
    else if (error == EROFS)
        snprintf(fix, FIX_SIZE, "mount the file system of %.300s for writing", directory);
    else if (error == EACCES && stat(directory, &status) != 0)
        snprintf(fix, FIX_SIZE, "let %s through the directories that lead there: namei -l %.300s", look->user.name,
                 directory);
    else if (stat(directory, &status) == 0 && !S_ISDIR(status.st_mode))
        snprintf(fix, FIX_SIZE, "put what is there aside, for it is no directory: mv %.200s %.200s.aside && install -d -o %s "
                                "-g %s -m 0700 %.200s", directory, directory, look->user.name, look->user.group, directory);
    else
        snprintf(fix, FIX_SIZE, "create it, owned by the user the responder runs as, mode 0700 (or chown and chmod it): "
                                "install -d -o %s -g %s -m 0700 %.300s", look->user.name, look->user.group, directory);
}

static void tell_unusable(struct look *look, const char *subject, const char *directory, int error, const char *why)
{
    char fix[FIX_SIZE];

    describe_fix(fix, look, directory, error);
    findings_add(&look->findings, FINDING_FAIL, subject, fix, "%s cannot be used by %s, %s: %s", directory,
                 look->user.name, look->user.why, why);
}

/* False if it cannot be used, which is told. */
static bool look_at_spool(struct look *look)
{
    const char *why;
    int error = 0;

    if (!look->spool_dir)
        return true;
    errno = 0;
    if (!check_spool(&look->findings, look->spool_dir, look->spool_max, &why)) {
        tell_unusable(look, "spool", look->spool_dir, errno, why);
        return false;
    }
    error = try_writing(look, look->spool_dir);
    if (error != 0)
        tell_unusable(look, "spool", look->spool_dir, error, strerror(error));
    return error == 0;
}

static void look_at_captures(struct look *look)
{
    struct stat status;
    int error;

    if (!look->capture_dir)
        return;
    if (stat(look->capture_dir, &status) != 0) {
        tell_unusable(look, "captures", look->capture_dir, errno, strerror(errno));
    } else if (status.st_uid != geteuid() || status.st_mode & (S_IRWXG | S_IRWXO)) {
        tell_unusable(look, "captures", look->capture_dir, 0,
                      status.st_uid != geteuid() ? "it is another user's, and nothing is kept there"
                                                 : "it is open to others, and nothing is kept there");
    } else {
        error = try_writing(look, look->capture_dir);
        if (error != 0)
            tell_unusable(look, "captures", look->capture_dir, error, strerror(error));
    }
}

/* A file that is not there yet will be made by the responder. */
static void look_at_stats(struct look *look)
{
    const char *path = look->stats_file, *slash = path ? strrchr(path, '/') : NULL;
    char directory[4096], fix[FIX_SIZE];
    struct stats *stats = NULL;
    enum stats_status opened;
    struct stat status;
    int error;

    if (!slash || (size_t)(slash - path) >= sizeof directory)
        return;
    snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (stat(path, &status) != 0) {
        error = errno == ENOENT ? try_writing(look, directory) : errno;
        if (error != 0)
            tell_unusable(look, "statistics", directory, error, strerror(error));
        return;
    }
    if (status.st_size == 0 && status.st_uid == geteuid())
        return;
    opened = stats_open(&stats, path);
    stats_close(stats);
    if (opened == STATS_OK)
        return;
    if (S_ISDIR(status.st_mode))
        snprintf(fix, sizeof fix, "AUTOJOIN_STATS_FILE=%.300s/stats, and restart the responder", path);
    else
        snprintf(fix, sizeof fix, "rm %.300s, and restart the responder, which makes it anew", path);
    findings_add(&look->findings, FINDING_FAIL, "statistics", fix, "%s cannot be used by %s, %s: %s", path,
                 look->user.name, look->user.why, stats_describe(opened));
}

static void look_at_ca_file(struct look *look)
{
    char fix[FIX_SIZE];
    int error;

    if (!look->ca_file || access(look->ca_file, R_OK) == 0)
        return;
    error = errno;
    if (error == ENOENT)
        snprintf(fix, sizeof fix, "let AUTOJOIN_CA_FILE name a file that is there, or take it out: the system's are good");
    else
        snprintf(fix, sizeof fix, "chmod a+r %.300s, or let AUTOJOIN_CA_FILE name another", look->ca_file);
    findings_add(&look->findings, FINDING_FAIL, "settings", fix, "AUTOJOIN_CA_FILE=%s cannot be read by %s, %s: %s",
                 look->ca_file, look->user.name, look->user.why, strerror(error));
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strncmp(text, line, length) == 0 && text[length] == '\n')
            return true;
    return false;
}

/* The settings as the responder reads them: faults that whoever asks does not have are those of files. */
static void look_at_settings(struct look *look)
{
    struct buffer faults;
    struct config config;
    const char *at;
    char fix[FIX_SIZE];

    buffer_init(&faults, FAULTS_LIMIT);
    config_load(&config, environ, &faults);
    snprintf(fix, sizeof fix, "chown root:%s %.300s && chmod 0640 %.300s", look->user.group,
             look->settings ? look->settings : "FILE", look->settings ? look->settings : "FILE");
    for (at = buffer_string(&faults); *at;) {
        size_t length = strcspn(at, "\n");

        if (!has_line(buffer_string(&look->faults), at, length))
            findings_add(&look->findings, FINDING_FAIL, "settings",
                         look->settings && strncmp(at, look->settings, strlen(look->settings)) == 0
                             ? fix
                             : "let that user read the file, and nobody else write it",
                         "for %s, %s: %.*s", look->user.name, look->user.why, (int)length, at);
        at += length + (at[length] == '\n');
    }
    config_free(&config);
    buffer_free(&faults);
}

/* What root's own commands will not touch, whoever the responder is: drain and reconcile started by root. NULL, or why;
 * static. */
static const char *refused_by_root(const struct look *look)
{
    struct stat status;

    if (geteuid() != 0 || !look->spool_dir || stat(look->spool_dir, &status) != 0)
        return NULL;
    if (status.st_uid == 0 && owner_judge(&status))
        return owner_describe(OWNER_OPEN);
    return owner_judge_way(look->spool_dir, &status) ? owner_describe(OWNER_REPLACEABLE) : NULL;
}

/* What systemd lets a unit see and write (ProtectSystem=, ProtectHome=) is a matter of the process's own mounts. Only root
 * may look, before it is somebody else. */
static int open_root_of(const struct check_user *user)
{
    char path[64];

    if (geteuid() != 0 || user->pid == 0)
        return -1;
    snprintf(path, sizeof path, "/proc/%ld/root", (long)user->pid);
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* In the child. */
static void look_as_user(struct look *look)
{
    const char *refused = refused_by_root(look);

    look->root = open_root_of(&look->user);
    if (!check_user_become(&look->user)) {
        findings_add(&look->findings, FINDING_WARN, "user", "run check as that user",
                     "cannot become %s, %s: %s: files were not looked at", look->user.name, look->user.why, strerror(errno));
        return;
    }
    harden_process(); /* a process that changes its user may be dumped again */
    look_at_settings(look);
    look_at_ca_file(look);
    if (look_at_spool(look) && refused)
        findings_add(&look->findings, FINDING_FAIL, "spool", "do as it says, or run drain and reconcile as the responder's user",
                     "%s is not used by drain and reconcile where root starts them: %s", look->spool_dir, refused);
    look_at_captures(look);
    look_at_stats(look);
    check_spool_speed(&look->findings, look->spool_dir, look->stats_file);
    check_refusals(&look->findings, look->stats_file, look->capture_dir, look->settings);
    check_joins(&look->findings, look->stats_file, look->spool_dir, look->settings);
    if (look->user.doubtful)
        findings_add(&look->findings, FINDING_WARN, "user",
                     geteuid() == 0 ? "start the responder, and check again" : "sudo twilio-autojoin check",
                     geteuid() == 0 ? "as whom the responder will run cannot be told: files were looked at as %s"
                                    : "the responder that runs is another user's: files were looked at as %s",
                     look->user.name);
}

static void copy(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
}

static void prepare(struct look *look)
{
    const char *named = getenv("AUTOJOIN_CONFIG");
    struct config config;

    buffer_init(&look->faults, FAULTS_LIMIT);
    config_load(&config, environ, &look->faults);
    copy(&look->settings, config.path);
    copy(&look->ca_file, config.ca_file);
    copy(&look->spool_dir, config.spool_dir);
    copy(&look->capture_dir, config.capture_dir);
    copy(&look->stats_file, config.stats_file);
    look->spool_max = config.spool_max;
    config_free(&config);
    check_user_find(&look->user, named, look->spool_dir);
}

static void release(struct look *look)
{
    buffer_free(&look->faults);
    free(look->settings);
    free(look->ca_file);
    free(look->spool_dir);
    free(look->capture_dir);
    free(look->stats_file);
}

/* What it prints is ours to tell, later, in whichever form. */
static void run_child(struct look *look, int output)
{
    if (dup2(output, STDOUT_FILENO) < 0)
        _exit(1);
    look_as_user(look);
    release(look);
    exit(fflush(stdout) == 0 ? 0 : 1);
}

static bool take_output(struct check_files *files, int input)
{
    char part[4096];
    ssize_t count;

    while ((count = read(input, part, sizeof part)) > 0 || (count < 0 && errno == EINTR))
        if (count > 0)
            buffer_append(&files->text, part, (size_t)count);
    return count == 0 && buffer_status(&files->text) == BUFFER_OK;
}

void check_files_look(struct check_files *files)
{
    struct look look = {.findings = {.json = true}, .root = -1};
    int ends[2], status = 0;
    pid_t child;

    *files = (struct check_files){.looked = false};
    buffer_init(&files->text, TEXT_LIMIT);
    prepare(&look);
    memcpy(files->user, look.user.name, sizeof files->user);
    memcpy(files->group, look.user.group, sizeof files->group);
    memcpy(files->why, look.user.why, sizeof files->why);
    fflush(stdout);
    if (pipe2(ends, O_CLOEXEC) != 0)
        goto out;
    child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(&look, ends[1]);
    }
    close(ends[1]);
    files->looked = child > 0 && take_output(files, ends[0]);
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    files->looked = files->looked && WIFEXITED(status) && WEXITSTATUS(status) == 0;
out:
    release(&look);
}

/* A line of the child's. */
static void tell_line(struct findings *findings, const char *line, size_t length)
{
    static const char *const words[] = {"pass", "warn", "fail"};
    const char *subject, *verdict, *text, *fix;
    json_t *json;
    size_t i;

    if (json_text_load(line, length, 0, &json) != JSON_TEXT_OK)
        return;
    if (json_unpack(json, "{s:s, s:s, s:s, s:s}", "check", &subject, "verdict", &verdict, "text", &text, "fix", &fix) == 0)
        for (i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strcmp(verdict, words[i]) == 0)
                findings_add(findings, (enum finding_verdict)i, subject, *fix ? fix : NULL, "%s", text);
    json_decref(json);
}

void check_files_tell(const struct check_files *files, struct findings *findings)
{
    const char *at = buffer_string(&files->text);

    if (!files->looked) {
        findings_add(findings, FINDING_FAIL, "user", "try again; the machine may be short of memory or processes",
                     "files could not be looked at as %s", files->user);
        return;
    }
    while (*at) {
        size_t length = strcspn(at, "\n");

        tell_line(findings, at, length);
        at += length + (at[length] == '\n');
    }
}

void check_files_free(struct check_files *files)
{
    buffer_free(&files->text);
}
