/*
 * The listening socket: descriptor 0 from a web server, one handed over by systemd, or
 * our own by --listen.
 */
#ifndef AUTOJOIN_GATEWAY_LISTENER_H
#define AUTOJOIN_GATEWAY_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/buffer.h"

/* Whether the descriptor is a listening socket. */
bool listener_is_listening(int descriptor);

/* The descriptor that systemd handed over (sd_listen_fds(3): LISTEN_PID is us and LISTEN_FDS
 * is 1), or -1. */
int listener_from_systemd(void);

/* Lets the queue of somebody else's listening socket be as long as the kernel allows: mod_fcgid makes one of 5, and
 * who comes while the process is busy would find it full. Where that cannot be done it stays as it is. */
void listener_lengthen_queue(int descriptor);

struct listener_options {
    const char *address; /* "unix:PATH" or "ADDRESS:PORT", loopback only */
    mode_t mode;         /* of a Unix socket */
    const char *group;   /* of a Unix socket; NULL leaves it */
};

/* The group's number, or (gid_t)-1 if `name` is NULL. False if there is none, with the reason in `wrong`. */
bool listener_find_group(const char *name, gid_t *number, struct buffer *wrong);

struct listener {
    int descriptor; /* -1 if none */
    char *path;     /* of a Unix socket that we made, to remove at the end; NULL */
    dev_t device;   /* with the inode: which file at that path is ours */
    ino_t inode;
};

/* Binds and listens. A Unix socket's path is first tried by connecting: a live server's
 * is left alone, a dead one's is removed, anything that is no socket is left alone. Of several
 * that do this at once one gets the path; a lock that somebody holds on its directory delays by a
 * second at most. The path is never followed where somebody may have put a link since.
 * On failure returns false with the reason in `wrong`; nothing is left open. */
bool listener_open(struct listener *listener, const struct listener_options *options,
                   struct buffer *wrong);

/* Closes it and removes the path it made, unless another socket stands there by now. */
void listener_close(struct listener *listener);

#endif
