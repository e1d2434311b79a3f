/* gateway/listener: own sockets, made without taking anybody's away; systemd's. */
#include "build.h"

#include "cases.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/listener.h"
#include "tempfolder.h"

static struct buffer wrong;

static bool open_listener(struct listener *listener, const char *address, mode_t mode)
{
    const struct listener_options options = {.address = address, .mode = mode};

    buffer_init(&wrong, 1024);
    return listener_open(listener, &options, &wrong);
}

static bool open_unix(struct listener *listener, const char *name, mode_t mode)
{
    char address[600];

    snprintf(address, sizeof address, "unix:%s", tempfolder_path(name));
    return open_listener(listener, address, mode);
}

static void end(struct listener *listener)
{
    listener_close(listener);
    buffer_free(&wrong);
}

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", tempfolder_path(name));
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static const struct mode {
    const char *name;
    mode_t mode;
} modes[] = {
    {"0600", 0600},
    {"0660", 0660},
    {"0666 whatever the umask", 0666},
};

static void a_unix_socket_has_its_mode(void **state)
{
    const struct mode *row = *state;
    struct listener listener;
    mode_t before = umask(077);
    struct stat status;

    assert_true(open_unix(&listener, "socket", row->mode));
    assert_int_equal(umask(before), 077); /* left as it was */
    assert_int_equal(stat(tempfolder_path("socket"), &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 07777, row->mode);
    end(&listener);
}

static void it_listens_and_its_path_goes_with_it(void **state)
{
    struct listener listener;
    int client;

    (void)state;
    assert_true(open_unix(&listener, "socket", 0600));
    assert_true(listener_is_listening(listener.descriptor));
    assert_true(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC);
    client = connect_to("socket");
    assert_true(client >= 0);
    close(client);
    end(&listener);
    assert_int_equal(listener.descriptor, -1);
    assert_int_equal(access(tempfolder_path("socket"), F_OK), -1);
}

static void a_live_servers_socket_is_left_alone(void **state)
{
    struct listener first, second;
    int client;

    (void)state;
    assert_true(open_unix(&first, "socket", 0600));
    assert_false(open_unix(&second, "socket", 0600));
    assert_non_null(strstr(buffer_string(&wrong), "another server"));
    end(&second);
    client = connect_to("socket");
    assert_true(client >= 0);
    close(client);
    end(&first);
}

static void a_dead_servers_socket_is_replaced(void **state)
{
    struct listener first, second;

    (void)state;
    assert_true(open_unix(&first, "socket", 0600));
    close(first.descriptor); /* killed: its path stays */
    assert_true(open_unix(&second, "socket", 0600));
    free(first.path);
    buffer_free(&wrong);
    end(&second);
}

enum { AT_ONCE = 4, ROUNDS = 200 };

/* One of several that start together: waits for `start`, says whether it got the path, and holds it
 * until `finish` is closed. */
static void one_of_several(int start, int finish, int said)
{
    struct listener listener;
    char byte;

    (void)!read(start, &byte, 1);
    byte = open_unix(&listener, "socket", 0600) ? '1' : '0';
    (void)!write(said, &byte, 1);
    (void)!read(finish, &byte, 1);
    _exit(0);
}

static unsigned how_many_got_it(void)
{
    int start[2], finish[2], said[2], status, i;
    unsigned got = 0;
    char byte;

    assert_int_equal(pipe2(start, O_CLOEXEC) | pipe2(finish, O_CLOEXEC) | pipe2(said, O_CLOEXEC), 0);
    for (i = 0; i < AT_ONCE; i++) {
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            close(start[1]);
            close(finish[1]);
            one_of_several(start[0], finish[0], said[1]);
        }
    }
    close(start[1]); /* now */
    for (i = 0; i < AT_ONCE; i++) {
        assert_int_equal(read(said[0], &byte, 1), 1);
        got += byte == '1';
    }
    i = connect_to("socket");
    assert_true(i >= 0);
    close(i);
    close(finish[1]);
    for (i = 0; i < AT_ONCE; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    close(start[0]);
    close(finish[0]);
    close(said[0]);
    close(said[1]);
    return got;
}

/* Each round finds the path of the last one's winner, who ended without removing it. */
static void of_several_at_once_one_gets_the_path(void **state)
{
    int round;

    (void)state;
    alarm(60); /* one that died says nothing */
    for (round = 0; round < ROUNDS; round++)
        assert_int_equal(how_many_got_it(), 1);
    alarm(0);
    unlink(tempfolder_path("socket"));
}

static void a_path_that_is_anothers_by_now_stays(void **state)
{
    struct listener first, second;

    (void)state;
    assert_true(open_unix(&first, "socket", 0600));
    assert_int_equal(unlink(tempfolder_path("socket")), 0);
    buffer_free(&wrong);
    assert_true(open_unix(&second, "socket", 0600));
    listener_close(&first);
    assert_int_equal(access(tempfolder_path("socket"), F_OK), 0);
    end(&second);
    assert_int_equal(access(tempfolder_path("socket"), F_OK), -1);
}

/* Anybody who may read the folder can hold its lock: that delays a start by a second, and an end, in
 * which those are waiting who were let in, not at all. */
static void somebody_elses_lock_does_not_keep_it_from_listening(void **state)
{
    int folder = open(tempfolder_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct listener listener;

    (void)state;
    assert_int_equal(flock(folder, LOCK_EX), 0);
    alarm(10);
    assert_true(open_unix(&listener, "socket", 0600));
    alarm(1);
    end(&listener);
    alarm(0);
    assert_int_equal(access(tempfolder_path("socket"), F_OK), -1);
    close(folder);
}

/* A socket that nobody accepts from is alive all the same. */
static void a_busy_servers_socket_is_left_alone(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), clients[4], i;
    struct listener listener;

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", tempfolder_path("busy"));
    assert_int_equal(bind(server, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server, 0), 0);
    for (i = 0; i < 4; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(clients[i], (const struct sockaddr *)&address, sizeof address);
    }
    alarm(5);
    assert_false(open_unix(&listener, "busy", 0600));
    alarm(0);
    end(&listener);
    assert_int_equal(access(address.sun_path, F_OK), 0);
    for (i = 0; i < 4; i++)
        close(clients[i]);
    close(server);
    unlink(address.sun_path);
}

static void a_regular_file_is_left_alone(void **state)
{
    struct listener listener;
    struct stat status;

    (void)state;
    tempfolder_write("file", "precious", 8, 0600);
    assert_false(open_unix(&listener, "file", 0600));
    assert_non_null(strstr(buffer_string(&wrong), "will not replace"));
    end(&listener);
    assert_int_equal(stat(tempfolder_path("file"), &status), 0);
    assert_int_equal(status.st_size, 8);
}

static void a_link_is_left_alone(void **state)
{
    struct listener listener;
    struct stat status;

    (void)state;
    assert_int_equal(symlink("nowhere", tempfolder_path("link")), 0);
    assert_false(open_unix(&listener, "link", 0600));
    end(&listener);
    assert_int_equal(lstat(tempfolder_path("link"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void an_unknown_group_leaves_nothing_behind(void **state)
{
    char address[600];
    struct listener_options options = {.address = address, .mode = 0660,
                                       .group = "no-such-group-anywhere"};
    struct listener listener;

    (void)state;
    snprintf(address, sizeof address, "unix:%s", tempfolder_path("socket"));
    buffer_init(&wrong, 1024);
    assert_false(listener_open(&listener, &options, &wrong));
    assert_non_null(strstr(buffer_string(&wrong), "no-such-group-anywhere"));
    assert_int_equal(listener.descriptor, -1);
    assert_int_equal(access(tempfolder_path("socket"), F_OK), -1);
    end(&listener);
}

static void a_group_is_given(void **state)
{
    const struct group *group = getgrgid(getgid());
    char address[600], name[128];
    struct listener_options options = {.address = address, .mode = 0660, .group = name};
    struct listener listener;
    struct stat status;

    (void)state;
    if (!group)
        skip(); /* a machine whose own group has no name */
    snprintf(name, sizeof name, "%s", group->gr_name);
    snprintf(address, sizeof address, "unix:%s", tempfolder_path("socket"));
    buffer_init(&wrong, 1024);
    assert_true(listener_open(&listener, &options, &wrong));
    assert_int_equal(stat(tempfolder_path("socket"), &status), 0);
    assert_int_equal(status.st_gid, getgid());
    end(&listener);
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

    assert_false(open_listener(&listener, row->address, 0600));
    assert_int_not_equal(wrong.length, 0);
    assert_int_equal(listener.descriptor, -1);
    assert_null(listener.path);
    end(&listener);
}

static void the_longest_path_is_taken(void **state)
{
    char name[128];
    struct listener listener;
    size_t folder = strlen(tempfolder_path(""));

    (void)state;
    assert_true(folder < 107);
    memset(name, 'a', sizeof name);
    name[107 - folder] = '\0';
    assert_int_equal(strlen(tempfolder_path(name)), 107);
    assert_true(open_unix(&listener, name, 0600));
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
    bool opened = open_listener(&listener, row->address, 0600);

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
    assert_true(open_listener(&first, "127.0.0.1:0", 0600));
    assert_int_equal(getsockname(first.descriptor, (struct sockaddr *)&bound, &length), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)ntohs(bound.sin_port));
    assert_false(open_listener(&second, address, 0600));
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
    int failed;

    tempfolder_make();
    CASES_ADD_TABLE(&cases, a_unix_socket_has_its_mode, modes);
    CASES_ADD(&cases, it_listens_and_its_path_goes_with_it);
    CASES_ADD(&cases, a_live_servers_socket_is_left_alone);
    CASES_ADD(&cases, a_dead_servers_socket_is_replaced);
    CASES_ADD(&cases, of_several_at_once_one_gets_the_path);
    CASES_ADD(&cases, a_path_that_is_anothers_by_now_stays);
    CASES_ADD(&cases, somebody_elses_lock_does_not_keep_it_from_listening);
    CASES_ADD(&cases, a_busy_servers_socket_is_left_alone);
    CASES_ADD(&cases, a_regular_file_is_left_alone);
    CASES_ADD(&cases, a_link_is_left_alone);
    CASES_ADD(&cases, an_unknown_group_leaves_nothing_behind);
    CASES_ADD(&cases, a_group_is_given);
    CASES_ADD_TABLE(&cases, is_refused, refusals);
    CASES_ADD(&cases, the_longest_path_is_taken);
    CASES_ADD_TABLE(&cases, loopback_is_listened_on, tcps);
    CASES_ADD(&cases, a_port_in_use_is_an_error);
    CASES_ADD(&cases, what_does_not_listen_is_told_apart);
    CASES_ADD_TABLE(&cases, systemds_socket_is_taken, systemds);
    failed = cases_run(&cases, "listener");
    tempfolder_remove();
    return failed;
}
