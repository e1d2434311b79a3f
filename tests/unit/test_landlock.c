/* support/landlock: what is left open and what is not, each in a process of its own because it is
 * for good; and that without Landlock in the kernel everything goes on. */
#include "build.h"

#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/landlock.h"
#include "tempfolder.h"

enum { HELD = 0, BROKEN = 1 };

static int log_ends[2];
static char logged[4096];
static const struct log logging = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO};

/* In the child: act under these settings. */
static int in_child(const struct config *config, int (*act)(const struct config *config))
{
    struct log log = logging;
    ssize_t length;
    pid_t child;
    int status;

    assert_int_equal(pipe2(log_ends, O_NONBLOCK), 0);
    child = fork();
    if (child == 0) {
        log.descriptor = log_ends[1];
        landlock_confine(config, &log, NULL, false);
        _exit(act(config));
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    length = read(log_ends[0], logged, sizeof logged - 1);
    logged[length > 0 ? length : 0] = '\0';
    close(log_ends[0]);
    close(log_ends[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

static bool is_here(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) >= 1;
}

/* Tells the reader of the log what could not be run. */
#define NEEDS_LANDLOCK()                                                                    \
    do {                                                                                    \
        if (!is_here()) {                                                                   \
            print_message("no Landlock in this kernel: what it denies is not tried\n");     \
            skip();                                                                         \
        }                                                                                   \
    } while (0)

static bool writes(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    return file >= 0 && write(file, "x", 1) == 1 && close(file) == 0;
}

static bool reads(const char *path)
{
    char byte;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool read_one = file >= 0 && read(file, &byte, 1) == 1;

    if (file >= 0)
        close(file);
    return read_one;
}

static bool denied(bool done)
{
    return !done && errno == EACCES;
}

static const char *spool_path(const char *name)
{
    char inside[64];

    snprintf(inside, sizeof inside, "spool/%s", name);
    return tempfolder_path(inside);
}

/* A process confined to a spool, in a folder that is not allowed. */
static struct config spool_config(void)
{
    static char path[512];

    snprintf(path, sizeof path, "%s", tempfolder_path("spool"));
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    return (struct config){.landlock = true, .spool_dir = path};
}

static int uses_spool(const struct config *config)
{
    int folder = open(config->spool_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool used = folder >= 0 && writes(spool_path("draft")) && reads(spool_path("draft")) &&
                linkat(folder, "draft", folder, "linked", 0) == 0 &&
                renameat(folder, "draft", folder, "ticket") == 0 &&
                mkdirat(folder, "left", 0700) == 0 &&
                renameat(folder, "ticket", folder, "left/ticket") == 0 &&
                unlinkat(folder, "left/ticket", 0) == 0 && unlinkat(folder, "linked", 0) == 0 &&
                unlinkat(folder, "left", AT_REMOVEDIR) == 0;

    return used ? HELD : BROKEN;
}

static void the_spool_can_be_used(void **state)
{
    struct config config = spool_config();

    (void)state;
    assert_int_equal(in_child(&config, uses_spool), HELD);
    assert_string_equal(is_here() ? logged : "", "");
}

static int cannot_read_or_write_elsewhere(const struct config *config)
{
    (void)config;
    return denied(reads(tempfolder_path("other"))) && denied(writes(tempfolder_path("other"))) &&
                   denied(writes(tempfolder_path("new"))) &&
                   denied(unlink(tempfolder_path("other")) == 0) &&
                   denied(mkdir(tempfolder_path("newer"), 0700) == 0) &&
                   denied(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0)
               ? HELD
               : BROKEN;
}

static void everything_else_is_out_of_reach(void **state)
{
    struct config config = spool_config();

    (void)state;
    NEEDS_LANDLOCK();
    tempfolder_write("other", "x", 1, 0600);
    assert_int_equal(in_child(&config, cannot_read_or_write_elsewhere), HELD);
    assert_true(reads(tempfolder_path("other"))); /* and for us it is there */
}

static int cannot_execute(const struct config *config)
{
    char name[] = "false"; /* which would not say HELD */
    char *const arguments[] = {name, NULL};

    (void)config;
    execv("/bin/false", arguments);
    return errno == EACCES ? HELD : BROKEN;
}

static void nothing_can_be_executed(void **state)
{
    struct config config = spool_config();

    (void)state;
    NEEDS_LANDLOCK();
    assert_int_equal(access("/bin/false", X_OK), 0);
    assert_int_equal(in_child(&config, cannot_execute), HELD);
}

static int resolves_localhost(const struct config *config)
{
    struct addrinfo *addresses = NULL;
    bool resolved = getaddrinfo("localhost", "443", NULL, &addresses) == 0;

    (void)config;
    if (resolved)
        freeaddrinfo(addresses);
    return resolved ? HELD : BROKEN;
}

/* The libraries that a look-up loads and the CAs of the system are there, and a CA file. */
static int can_do_its_work(const struct config *config)
{
    return reads("/etc/nsswitch.conf") && reads("/usr/bin/env") &&
                   reads("/dev/urandom") && reads(config->ca_file) &&
                   denied(writes(config->ca_file)) &&
                   (access("/etc/resolv.conf", F_OK) != 0 || reads("/etc/resolv.conf"))
               ? HELD
               : BROKEN;
}

static void resolver_and_tls_have_what_they_need(void **state)
{
    struct config config = spool_config();
    struct config free_of_it = config;
    char ca_file[512];

    (void)state;
    NEEDS_LANDLOCK();
    snprintf(ca_file, sizeof ca_file, "%s", tempfolder_write("ca.pem", "x", 1, 0600));
    config.ca_file = ca_file;
    assert_int_equal(in_child(&config, can_do_its_work), HELD);
    /* A bare Debian 12 has no /etc/hosts, and then nobody may know the name. */
    free_of_it.landlock = false;
    assert_int_equal(in_child(&config, resolves_localhost),
                     in_child(&free_of_it, resolves_localhost));
}

static int ends[2]; /* the confined one's, and that of who replaces the file */

static int waits_for_new_ca_file(const struct config *config)
{
    char byte = 'x';

    return write(ends[0], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1 && reads(config->ca_file)
               ? HELD
               : BROKEN;
}

static void replace_when_told(const char *ca_file)
{
    char byte;
    bool done = read(ends[1], &byte, 1) == 1 &&
                rename(tempfolder_write("ca.new", "y", 1, 0600), ca_file) == 0 &&
                write(ends[1], &byte, 1) == 1;

    _exit(done ? 0 : 1);
}

static void a_ca_file_may_be_replaced(void **state)
{
    struct config config = spool_config();
    char ca_file[512];
    int status;

    (void)state;
    NEEDS_LANDLOCK();
    snprintf(ca_file, sizeof ca_file, "%s", tempfolder_write("ca.pem", "x", 1, 0600));
    config.ca_file = ca_file;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    if (fork() == 0)
        replace_when_told(ca_file);
    assert_int_equal(in_child(&config, waits_for_new_ca_file), HELD);
    assert_true(wait(&status) > 0 && status == 0);
    close(ends[0]);
    close(ends[1]);
}

static int does_nothing(const struct config *config)
{
    (void)config;
    return HELD;
}

static void a_missing_folder_is_said(void **state)
{
    char missing[512];
    struct config config = {.landlock = true, .spool_dir = missing};

    (void)state;
    NEEDS_LANDLOCK();
    snprintf(missing, sizeof missing, "%s", tempfolder_path("missing"));
    assert_int_equal(in_child(&config, does_nothing), HELD);
    assert_non_null(strstr(logged, "level=warn"));
    assert_non_null(strstr(logged, "setting=AUTOJOIN_SPOOL_DIR"));
    assert_non_null(strstr(logged, missing));
}

static int writes_elsewhere(const struct config *config)
{
    (void)config;
    return writes(tempfolder_path("elsewhere")) ? HELD : BROKEN;
}

static void without_the_setting_nothing_changes(void **state)
{
    struct config config = spool_config();

    (void)state;
    config.landlock = false;
    assert_int_equal(in_child(&config, writes_elsewhere), HELD);
    assert_string_equal(logged, "");
}

/* A kernel without Landlock, as a filter of system calls makes it look (some containers have one). */
static void take_landlock_away(int error)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(99);
}

static const struct absence {
    const char *name;
    int error;
} absences[] = {
    {"a kernel that does not know Landlock", ENOSYS},
    {"a kernel started without Landlock", EOPNOTSUPP},
    {"a container that forbids Landlock", EPERM},
};

static void without_landlock_it_says_so_and_goes_on(void **state)
{
    const struct absence *row = *state;
    struct config config = spool_config();
    int status;
    pid_t child = fork();

    if (child == 0) {
        take_landlock_away(row->error);
        _exit(in_child(&config, writes_elsewhere) == HELD && strstr(logged, "level=warn") &&
                      strstr(logged, "AUTOJOIN_LANDLOCK has no effect") &&
                      strstr(logged, strerror(row->error))
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static char here[] = "/here", there[] = "/there";

static const struct hindrance {
    const char *name;
    struct config confined, next;
    const char *setting;
} hindrances[] = {
    {"not confined", {.spool_dir = here}, {.spool_dir = there}, NULL},
    {"the same", {.landlock = true, .spool_dir = here}, {.landlock = true, .spool_dir = here}, NULL},
    {"one less", {.landlock = true, .stats_file = here}, {.landlock = true}, NULL},
    {"out again", {.landlock = true}, {.landlock = false}, "AUTOJOIN_LANDLOCK"},
    {"another spool", {.landlock = true, .spool_dir = here}, {.landlock = true, .spool_dir = there}, "AUTOJOIN_SPOOL_DIR"},
    {"captures", {.landlock = true}, {.landlock = true, .capture_dir = there}, "AUTOJOIN_CAPTURE_DIR"},
    {"statistics", {.landlock = true}, {.landlock = true, .stats_file = there}, "AUTOJOIN_STATS_FILE"},
    {"a CA file", {.landlock = true}, {.landlock = true, .ca_file = there}, "AUTOJOIN_CA_FILE"},
};

static void a_confined_process_is_hindered(void **state)
{
    const struct hindrance *row = *state;
    const char *setting = landlock_hindered(&row->confined, &row->next);

    if (row->setting)
        assert_string_equal(setting, row->setting);
    else
        assert_null(setting);
}

int main(void)
{
    static struct cases cases;
    int status;

    tempfolder_make();
    CASES_ADD(&cases, the_spool_can_be_used);
    CASES_ADD(&cases, everything_else_is_out_of_reach);
    CASES_ADD(&cases, nothing_can_be_executed);
    CASES_ADD(&cases, resolver_and_tls_have_what_they_need);
    CASES_ADD(&cases, a_ca_file_may_be_replaced);
    CASES_ADD(&cases, a_missing_folder_is_said);
    CASES_ADD(&cases, without_the_setting_nothing_changes);
    CASES_ADD_TABLE(&cases, without_landlock_it_says_so_and_goes_on, absences);
    CASES_ADD_TABLE(&cases, a_confined_process_is_hindered, hindrances);
    status = cases_run(&cases, "support/landlock");
    rmdir(tempfolder_path("spool"));
    tempfolder_remove();
    return status;
}
