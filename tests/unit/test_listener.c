/* gateway/listener: Unix sockets of our own, made without taking anybody's away. */
#include "build.h"

#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/listener.h"
#include "tempfolder.h"

static struct buffer wrong;

/* Somebody who may write to the folder, and is quicker than we: a link to a file of ours, or the file
 * itself, where the socket was a moment ago. */
static enum planting { NOTHING, A_LINK, A_SECOND_NAME } planting;

/* listener.c's. */
int bind(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    int bound = (int)syscall(SYS_bind, descriptor, address.__sockaddr__, length);
    const char *victim = tempfolder_path("victim"), *path = tempfolder_path("socket");

    if (bound != 0 || planting == NOTHING)
        return bound;
    if (unlink(path) != 0 || (planting == A_LINK ? symlink(victim, path) : link(victim, path)) != 0)
        abort();
    return bound;
}

static bool open_unix(struct listener *listener, const char *name, mode_t mode)
{
    char address[600];
    const struct listener_options options = {.address = address, .mode = mode};

    snprintf(address, sizeof address, "unix:%s", tempfolder_path(name));
    buffer_init(&wrong, 1024);
    return listener_open(listener, &options, &wrong);
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

static const struct plant {
    const char *name;
    enum planting planting;
} plants[] = {{"a link where the socket was", A_LINK},
          {"a second name of a file where the socket was", A_SECOND_NAME}};

static void what_is_put_in_its_place_keeps_mode_and_group(void **state)
{
    const struct plant *row = *state;
    struct listener listener;
    struct stat before, after;
    char address[600];
    struct listener_options options = {.address = address, .mode = 0666, .group = "nogroup"};

    tempfolder_write("victim", "x", 1, 0600);
    assert_int_equal(stat(tempfolder_path("victim"), &before), 0);
    snprintf(address, sizeof address, "unix:%s", tempfolder_path("socket"));
    planting = row->planting;
    buffer_init(&wrong, 1024);
    assert_false(listener_open(&listener, &options, &wrong));
    assert_non_null(strstr(buffer_string(&wrong), "group"));
    end(&listener);
    options.group = NULL; /* the mode alone */
    unlink(tempfolder_path("socket"));
    buffer_init(&wrong, 1024);
    listener_open(&listener, &options, &wrong);
    planting = NOTHING;
    end(&listener);
    assert_int_equal(stat(tempfolder_path("victim"), &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_gid, before.st_gid);
    unlink(tempfolder_path("socket"));
    unlink(tempfolder_path("victim"));
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
    CASES_ADD_TABLE(&cases, what_is_put_in_its_place_keeps_mode_and_group, plants);
    CASES_ADD(&cases, the_longest_path_is_taken);
    failed = cases_run(&cases, "listener");
    tempfolder_remove();
    return failed;
}
