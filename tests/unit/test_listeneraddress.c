/* gateway/listener: which addresses are taken, loopback, and systemd's socket. */
#include "build.h"

#include "cases.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/listener.h"

static struct buffer wrong;

static bool open_listener(struct listener *listener, const char *address)
{
    const struct listener_options options = {.address = address, .mode = 0600};

    buffer_init(&wrong, 1024);
    return listener_open(listener, &options, &wrong);
}

static void end(struct listener *listener)
{
    listener_close(listener);
    buffer_free(&wrong);
}

#define LONG_NAME \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct refused {
    const char *name;
    const char *address;
} refusals[] = {
    {"a path of 108 bytes", "unix:/" LONG_NAME},
    {"a relative path", "unix:socket"},
    {"an empty path", "unix:"},
    {"a path in no folder", "unix:/nonexistent/folder/socket"},
    {"all addresses", "0.0.0.0:9000"},
    {"an address of the network", "192.0.2.1:9000"},
    {"all IPv6 addresses", "[::]:9000"},
    {"IPv6 without brackets", "::1:9000"},
    {"a name", "localhost:9000"},
    {"a port alone", ":9000"},
    {"a bare number", "9000"},
    {"an address without a port", "127.0.0.1"},
    {"an empty port", "127.0.0.1:"},
    {"a port too large", "127.0.0.1:65536"},
    {"a negative port", "127.0.0.1:-1"},
    {"a port and more", "127.0.0.1:9000x"},
    {"a short address", "127.1:9000"},
    {"nothing", ""},
};

static void is_refused(void **state)
{
    const struct refused *row = *state;
    struct listener listener;

    assert_false(open_listener(&listener, row->address));
    assert_int_not_equal(wrong.length, 0);
    assert_int_equal(listener.descriptor, -1);
    assert_null(listener.path);
    end(&listener);
}

static const struct tcp {
    const char *name;
    const char *address;
} tcps[] = {
    {"127.0.0.1", "127.0.0.1:0"},
    {"another address of 127.0.0.0/8", "127.1.2.3:0"},
    {"IPv6", "[::1]:0"},
};

static void loopback_is_listened_on(void **state)
{
    const struct tcp *row = *state;
    struct listener listener;
    bool opened = open_listener(&listener, row->address);

    if (!opened && row->address[0] == '[')
        skip(); /* a machine without IPv6 */
    assert_true(opened);
    assert_true(listener_is_listening(listener.descriptor));
    assert_null(listener.path);
    end(&listener);
}

static void a_port_in_use_is_an_error(void **state)
{
    struct listener first, second;
    struct sockaddr_in bound;
    socklen_t length = sizeof bound;
    char address[64];

    (void)state;
    assert_true(open_listener(&first, "127.0.0.1:0"));
    assert_int_equal(getsockname(first.descriptor, (struct sockaddr *)&bound, &length), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)ntohs(bound.sin_port));
    assert_false(open_listener(&second, address));
    assert_non_null(strstr(buffer_string(&wrong), address));
    end(&second);
    listener_close(&first);
}

static void what_does_not_listen_is_told_apart(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_false(listener_is_listening(ends[0]));
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_false(listener_is_listening(ends[0]));
    close(ends[0]);
    close(ends[1]);
    assert_false(listener_is_listening(-1));
    assert_false(listener_is_listening(ends[0])); /* closed */
}

static const struct systemd {
    const char *name;
    const char *pid; /* "me": our own */
    const char *count;
    bool listening; /* what lies on descriptor 3 */
    int descriptor;
} systemds[] = {
    {"one socket for us", "me", "1", true, 3},
    {"nothing said", NULL, NULL, true, -1},
    {"no count", "me", NULL, true, -1},
    {"for another process", "1", "1", true, -1},
    {"a process id that is none", "x", "1", true, -1},
    {"two sockets", "me", "2", true, -1},
    {"no socket", "me", "0", true, -1},
    {"descriptor 3 does not listen", "me", "1", false, -1},
};

/* In a process of its own, since descriptor 3 may be somebody's in this one. */
static void systemds_socket_is_taken(void **state)
{
    const struct systemd *row = *state;
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        int server = socket(AF_INET, SOCK_STREAM, 0);
        char pid[32];

        if (row->listening && listen(server, 1) != 0)
            _exit(98);
        if (dup2(server, 3) != 3)
            _exit(99);
        snprintf(pid, sizeof pid, "%ld", (long)getpid());
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        if (row->pid)
            setenv("LISTEN_PID", strcmp(row->pid, "me") == 0 ? pid : row->pid, 1);
        if (row->count)
            setenv("LISTEN_FDS", row->count, 1);
        _exit(listener_from_systemd() == row->descriptor ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_refused, refusals);
    CASES_ADD_TABLE(&cases, loopback_is_listened_on, tcps);
    CASES_ADD(&cases, a_port_in_use_is_an_error);
    CASES_ADD(&cases, what_does_not_listen_is_told_apart);
    CASES_ADD_TABLE(&cases, systemds_socket_is_taken, systemds);
    return cases_run(&cases, "listener, its addresses");
}
