#include "build.h"

#include "commands/report_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clock.h"

extern char **environ;

/* Reads until the other side is closed. False if time ran out before. */
static bool read_all(struct buffer *out, int descriptor, int64_t until_ms)
{
    char bytes[4096];

    for (;;) {
        struct pollfd poll_for = {.fd = descriptor, .events = POLLIN};
        int64_t left_ms = until_ms - clock_monotonic_ms();
        ssize_t count;

        if (left_ms <= 0)
            return false;
        if (poll(&poll_for, 1, (int)left_ms) <= 0)
            continue;
        count = read(descriptor, bytes, sizeof bytes);
        if (count == 0)
            return true;
        if (count > 0)
            buffer_append(out, bytes, (size_t)count);
        else if (errno != EINTR)
            return false;
    }
}

static bool start(pid_t *child, const char *path, char *const *arguments, const int ends[2])
{
    posix_spawn_file_actions_t actions;
    bool started;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    started = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0 &&
              posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO) == 0 &&
              posix_spawn(child, path, &actions, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

bool report_run(struct buffer *out, const char *path, char *const *arguments, int within_ms)
{
    int64_t until_ms = clock_monotonic_ms() + within_ms;
    int ends[2];
    pid_t child;
    bool done;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    done = start(&child, path, arguments, ends);
    close(ends[1]);
    if (done) {
        done = read_all(out, ends[0], until_ms);
        if (!done)
            kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    return done;
}
