#include "build.h"

#include "gateway/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/quantity.h"

static const gid_t KEEP_GROUP = (gid_t)-1; /* chown(2) */
enum {
    BACKLOG = 1024,
    LONGEST_BACKLOG = 65535, /* the kernel takes its own limit (net.core.somaxconn) for it: listen(2) */
    SYSTEMD_FIRST_DESCRIPTOR = 3,
    LOCK_TRIES = 100,
    LOCK_PAUSE_MS = 10,
};

bool listener_is_listening(int descriptor)
{
    int listening = 0;
    socklen_t length = sizeof listening;

    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening;
}

int listener_from_systemd(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    uint64_t number;

    if (!pid || !count || !quantity_parse_number(pid, INT32_MAX, &number) ||
        (pid_t)number != getpid() || strcmp(count, "1") != 0)
        return -1;
    return listener_is_listening(SYSTEMD_FIRST_DESCRIPTOR) ? SYSTEMD_FIRST_DESCRIPTOR : -1;
}

void listener_lengthen_queue(int descriptor)
{
    listen(descriptor, LONGEST_BACKLOG);
}

static bool fail(struct buffer *wrong, const char *what, const char *where)
{
    buffer_append_format(wrong, "%s %s: %s", what, where, strerror(errno));
    return false;
}

/* Between the look whether a path's server lives and the moment our own listens there, nobody else may
 * do the same: a socket that is bound and does not listen yet looks like a dead one. Whoever may read
 * the directory could hold its lock for ever, so that after a second we go on without. Returns a
 * descriptor to close, or -1 if the directory could not be opened. */
static int lock_directory_of(const char *path)
{
    char directory[sizeof ((struct sockaddr_un *)NULL)->sun_path];
    size_t length = (size_t)(strrchr(path, '/') - path);
    int descriptor, tries;

    memcpy(directory, path, length);
    directory[length] = '\0';
    descriptor = open(length ? directory : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (tries = 0; descriptor >= 0 && tries < LOCK_TRIES; tries++) {
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            break;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return descriptor;
}

/* Removes a socket nobody answers on. */
static bool clear_path(const struct sockaddr_un *address, struct buffer *wrong)
{
    struct stat status;
    int probe, saved;

    if (lstat(address->sun_path, &status) != 0)
        return errno == ENOENT || fail(wrong, "cannot look at", address->sun_path);
    if (!S_ISSOCK(status.st_mode)) {
        errno = EEXIST;
        return fail(wrong, "will not replace", address->sun_path);
    }
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return fail(wrong, "cannot make a socket for", address->sun_path);
    saved = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(probe);
    if (saved == ENOENT) /* its server ended just now */
        return true;
    if (saved != ECONNREFUSED) {
        errno = saved ? saved : EADDRINUSE;
        return fail(wrong, saved ? "cannot tell whether another server listens on"
                                 : "another server listens on",
                    address->sun_path);
    }
    return unlink(address->sun_path) == 0 || errno == ENOENT ||
           fail(wrong, "cannot remove", address->sun_path);
}

bool listener_find_group(const char *name, gid_t *number, struct buffer *wrong)
{
    const struct group *group = name ? getgrnam(name) : NULL;

    *number = group ? group->gr_gid : KEEP_GROUP;
    if (name && !group)
        buffer_append_format(wrong, "no group named %s", name);
    return !name || group;
}

/* Binds it and remembers what stands there now, so that only that is removed at the end. The path's mode
 * is the socket's own at that moment: there is no chmod() of a path where a link may stand by then. */
static bool bind_unix(struct listener *listener, const struct sockaddr_un *address, mode_t mode,
                      struct buffer *wrong)
{
    char *path = strdup(address->sun_path);
    mode_t umask_before = umask(0);
    bool bound = path && fchmod(listener->descriptor, mode) == 0 &&
                 bind(listener->descriptor, (const struct sockaddr *)address, sizeof *address) == 0;
    struct stat status;

    umask(umask_before);
    if (!bound || lstat(address->sun_path, &status) != 0) {
        free(path);
        return fail(wrong, bound ? "cannot look at" : "cannot bind", address->sun_path);
    }
    listener->path = path;
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    return true;
}

/* Nobody can connect before we listen, so that this is soon enough. Whoever may write to the directory may
 * have put something else there: a link is not followed, and only a socket of ours changes its group. */
static bool give_group(const char *path, gid_t group, struct buffer *wrong)
{
    int handle = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    bool given = false;

    if (handle >= 0 && fstat(handle, &status) == 0) {
        errno = EEXIST;
        given = S_ISSOCK(status.st_mode) && status.st_uid == geteuid() && status.st_nlink == 1 &&
                fchownat(handle, "", (uid_t)-1, group, AT_EMPTY_PATH) == 0;
    }
    if (!given)
        fail(wrong, "cannot give the group to", path);
    if (handle >= 0)
        close(handle);
    return given;
}

static bool listen_at(struct listener *listener, const struct sockaddr_un *address, mode_t mode,
                      gid_t group, struct buffer *wrong)
{
    const char *path = address->sun_path;

    if (!clear_path(address, wrong))
        return false;
    listener->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->descriptor < 0)
        return fail(wrong, "cannot make a socket for", path);
    if (!bind_unix(listener, address, mode, wrong) ||
        (group != KEEP_GROUP && !give_group(path, group, wrong)))
        return false;
    return listen(listener->descriptor, BACKLOG) == 0 || fail(wrong, "cannot listen on", path);
}

static bool open_unix(struct listener *listener, const struct listener_options *options,
                      const char *path, struct buffer *wrong)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    gid_t group;
    bool listening;
    int lock;

    if (strlen(path) >= sizeof address.sun_path || path[0] != '/') {
        buffer_append_string(wrong, "a socket path must be absolute and shorter than 108 bytes");
        return false;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    /* Before the lock: a name service may take longer than the others wait. */
    if (!listener_find_group(options->group, &group, wrong))
        return false;
    lock = lock_directory_of(path);
    listening = listen_at(listener, &address, options->mode, group, wrong);
    if (!listening)
        listener_close(listener);
    if (lock >= 0)
        close(lock);
    return listening;
}

/* FastCGI has no authentication: over TCP only within this machine. */
static bool read_address(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    char host[64];
    uint64_t port;
    size_t host_length = colon ? (size_t)(colon - text) : sizeof host;

    if (host_length >= sizeof host || !quantity_parse_number(colon + 1, 65535, &port))
        return false;
    memcpy(host, text, host_length);
    host[host_length] = '\0';
    memset(address, 0, sizeof *address);
    if (strcmp(host, "[::1]") == 0) {
        six->sin6_family = AF_INET6;
        six->sin6_addr = in6addr_loopback;
        six->sin6_port = htons((uint16_t)port);
        *length = sizeof *six;
        return true;
    }
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    *length = sizeof *four;
    return inet_pton(AF_INET, host, &four->sin_addr) == 1 &&
           ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

static bool open_tcp(struct listener *listener, const char *text, struct buffer *wrong)
{
    struct sockaddr_storage address;
    socklen_t length;
    int on = 1;

    if (!read_address(text, &address, &length)) {
        buffer_append_string(wrong, "--listen takes unix:/PATH, 127.x.x.x:PORT or [::1]:PORT");
        return false;
    }
    listener->descriptor =
        socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->descriptor < 0)
        return fail(wrong, "cannot make a socket for", text);
    setsockopt(listener->descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener->descriptor, (const struct sockaddr *)&address, length) != 0)
        return fail(wrong, "cannot bind", text);
    return listen(listener->descriptor, BACKLOG) == 0 || fail(wrong, "cannot listen on", text);
}

bool listener_open(struct listener *listener, const struct listener_options *options,
                   struct buffer *wrong)
{
    bool opened;

    *listener = (struct listener){.descriptor = -1};
    if (strncmp(options->address, "unix:", 5) == 0)
        opened = open_unix(listener, options, options->address + 5, wrong);
    else
        opened = open_tcp(listener, options->address, wrong);
    if (!opened)
        listener_close(listener);
    return opened;
}

/* Unless it is somebody else's by now, whoever gave it away. Without the lock, which the loop must
 * not wait for. */
static void remove_path(const struct listener *listener)
{
    struct stat status;

    if (lstat(listener->path, &status) == 0 && status.st_dev == listener->device &&
        status.st_ino == listener->inode)
        unlink(listener->path);
}

void listener_close(struct listener *listener)
{
    /* The path first: while we listen nobody replaces it. */
    if (listener->path)
        remove_path(listener);
    if (listener->descriptor >= 0)
        close(listener->descriptor);
    listener->descriptor = -1;
    free(listener->path);
    listener->path = NULL;
}
