#include "build.h"

#include "support/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/clock.h"

enum { MESSAGE_LIMIT = 512 };

void notify_open(struct notify *notify, const char *address)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = address ? strlen(address) : 0;

    notify->descriptor = -1;
    if (length < 2 || length >= sizeof to.sun_path || (address[0] != '/' && address[0] != '@'))
        return;
    memcpy(to.sun_path, address, length);
    if (address[0] == '@') /* whose length counts: there is no NUL at its end */
        to.sun_path[0] = '\0';
    notify->descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->descriptor >= 0 &&
        connect(notify->descriptor, (const struct sockaddr *)&to,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (address[0] == '/'))) != 0)
        notify_close(notify);
}

static void tell(const struct notify *notify, const char *message)
{
    if (notify->descriptor >= 0)
        send(notify->descriptor, message, strlen(message), MSG_NOSIGNAL);
}

void notify_ready(const struct notify *notify, const char *status)
{
    char message[MESSAGE_LIMIT];

    snprintf(message, sizeof message, "READY=1\nSTATUS=%.400s", status);
    tell(notify, message);
}

/* The time tells systemd's Type=notify-reload that this answers its signal and not one before. */
void notify_reloading(const struct notify *notify)
{
    char message[MESSAGE_LIMIT];

    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_us());
    tell(notify, message);
}

void notify_stopping(const struct notify *notify)
{
    tell(notify, "STOPPING=1");
}

void notify_close(struct notify *notify)
{
    if (notify->descriptor >= 0)
        close(notify->descriptor);
    notify->descriptor = -1;
}
