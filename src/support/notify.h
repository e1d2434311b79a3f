/*
 * Telling systemd how we are (sd_notify(3), Type=notify): one datagram with lines of NAME=value to the socket
 * that NOTIFY_SOCKET names. Without that nothing is told.
 */
#ifndef AUTOJOIN_SUPPORT_NOTIFY_H
#define AUTOJOIN_SUPPORT_NOTIFY_H

struct notify {
    int descriptor; /* -1: nobody wants to know */
};

/* Connects to the socket: a path, or a name that begins with "@" (abstract). NULL, and what is neither, is nobody.
 * To be called before root is left and the file system shut out; thread-safe. */
void notify_open(struct notify *notify, const char *address);

/* Each is sent at once or not at all; never waits. `status` is a line for people, shown by systemctl status. */
void notify_ready(const struct notify *notify, const char *status);
void notify_reloading(const struct notify *notify);
void notify_stopping(const struct notify *notify);

void notify_close(struct notify *notify);

#endif
