/* support/harden: each in a process of its own, because none of it can be taken back. */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/harden.h"

enum { HELD = 0, BROKEN = 1 };

/* What the child found: HELD, BROKEN, or how it died. */
static int in_child(int (*act)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(act());
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

#define ASSERT_HELD(act) assert_int_equal(in_child(act), HELD)

static int closed_descriptors_are_opened_act(void)
{
    struct stat null, found;
    int descriptor;

    if (stat("/dev/null", &null) != 0)
        return BROKEN;
    for (descriptor = 0; descriptor < 256; descriptor++)
        close(descriptor);
    harden_standard_descriptors();
    for (descriptor = 0; descriptor <= 2; descriptor++)
        if (fstat(descriptor, &found) != 0 || found.st_rdev != null.st_rdev)
            return BROKEN;
    /* Whatever is opened next is none of the three, and nothing was left open. */
    return open("/dev/null", O_RDONLY) == 3 ? HELD : BROKEN;
}

static void closed_descriptors_are_opened(void **state)
{
    (void)state;
    ASSERT_HELD(closed_descriptors_are_opened_act);
}

static int open_descriptors_stay_act(void)
{
    int ends[2];
    char byte = 0;

    if (pipe(ends) != 0 || dup2(ends[1], 2) != 2)
        return BROKEN;
    harden_standard_descriptors();
    return write(2, "x", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 'x' ? HELD : BROKEN;
}

static void open_descriptors_stay(void **state)
{
    (void)state;
    ASSERT_HELD(open_descriptors_stay_act);
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static int no_core_and_not_dumpable_act(void)
{
    struct rlimit core;

    harden_process();
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 &&
                   prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
               ? HELD
               : BROKEN;
}

static void no_core_and_not_dumpable(void **state)
{
    (void)state;
#ifdef SANITIZED
    skip(); /* sanitizers need both */
#endif
    ASSERT_HELD(no_core_and_not_dumpable_act);
}

static int no_new_privileges_act(void)
{
    harden_process();
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? HELD : BROKEN;
}

static void no_new_privileges(void **state)
{
    (void)state;
    ASSERT_HELD(no_new_privileges_act);
}

static int private_files_and_no_sigpipe_act(void)
{
    int ends[2];

    harden_process();
    if (umask(0) != 077 || pipe(ends) != 0)
        return BROKEN;
    close(ends[0]);
    return write(ends[1], "x", 1) < 0 ? HELD : BROKEN;
}

static void private_files_and_no_sigpipe(void **state)
{
    (void)state;
    ASSERT_HELD(private_files_and_no_sigpipe_act);
}

static int descriptor_limit_is_raised_act(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < 64)
        return BROKEN;
    limit.rlim_cur = 32;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || harden_descriptor_limit(48) != 48 ||
        harden_descriptor_limit(40) != 48) /* never lowered */
        return BROKEN;
    /* As far as it goes, and what it came to is told. */
    limit.rlim_cur = 32;
    limit.rlim_max = 56;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && harden_descriptor_limit(4096) == 56 ? HELD
                                                                                        : BROKEN;
}

static void descriptor_limit_is_raised(void **state)
{
    (void)state;
    ASSERT_HELD(descriptor_limit_is_raised_act);
}

static int memory_is_bounded_act(void)
{
    const size_t mebibyte = 1024 * 1024;
    /* Called by its name, what nobody uses is left out by the compiler, and taken to be there (gcc 16). */
    void *(*volatile allocate)(size_t) = malloc;

    harden_memory_limit(8, 0);
    /* Of 272 MiB 128 are there, and 1 GiB is not: for malloc() it is just full. */
    return allocate(128 * mebibyte) && !allocate(1024 * mebibyte) ? HELD : BROKEN;
}

static void memory_is_bounded(void **state)
{
    (void)state;
#ifdef SANITIZED
    skip();
#endif
    ASSERT_HELD(memory_is_bounded_act);
}

/* The settings were read again. */
static int memory_limit_grows_act(void)
{
    struct rlimit limit;

    harden_memory_limit(8, 0);
    harden_memory_limit(16, 8);
    return getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur == 288 * 1024 * 1024 ? HELD : BROKEN;
}

static void memory_limit_grows(void **state)
{
    (void)state;
#ifdef SANITIZED
    skip();
#endif
    ASSERT_HELD(memory_limit_grows_act);
}

static int stricter_memory_limit_stays_act(void)
{
    struct rlimit limit = {100 * 1024 * 1024, RLIM_INFINITY};

    if (setrlimit(RLIMIT_DATA, &limit) != 0)
        return BROKEN;
    harden_memory_limit(1000, 900);
    return getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur == 100 * 1024 * 1024 ? HELD
                                                                                     : BROKEN;
}

static void stricter_memory_limit_stays(void **state)
{
    (void)state;
#ifdef SANITIZED
    skip();
#endif
    ASSERT_HELD(stricter_memory_limit_stays_act);
}

static int environment_is_forgotten_act(void)
{
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    harden_forget_environment();
    return getenv("https_proxy") || getenv("PATH") ? BROKEN : HELD;
}

static void environment_is_forgotten(void **state)
{
    (void)state;
    ASSERT_HELD(environment_is_forgotten_act);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, closed_descriptors_are_opened);
    CASES_ADD(&cases, open_descriptors_stay);
    CASES_ADD(&cases, no_core_and_not_dumpable);
    CASES_ADD(&cases, no_new_privileges);
    CASES_ADD(&cases, private_files_and_no_sigpipe);
    CASES_ADD(&cases, descriptor_limit_is_raised);
    CASES_ADD(&cases, memory_is_bounded);
    CASES_ADD(&cases, memory_limit_grows);
    CASES_ADD(&cases, stricter_memory_limit_stays);
    CASES_ADD(&cases, environment_is_forgotten);
    return cases_run(&cases, "support/harden");
}
