#include "build.h"

#include "commands/drain_watch.h"

#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/sid.h"

enum {
    RESCAN_MS = 60 * 1000,   /* in case inotify missed something */
    DIRECTORY_GONE_MS = 500, /* then it is looked for this often */
};

static void rescan_in(struct drain_watch *watch, int64_t milliseconds)
{
    struct timeval delay = clock_delay(milliseconds);

    event_add(watch->rescan, &delay);
}

/* Watches what stands at the spool's path now; the same one twice does no harm. */
static bool watch_directory(struct drain_watch *watch)
{
    return inotify_add_watch(watch->inotify, watch->path,
                             IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) >=
           0;
}

static void on_rescan(evutil_socket_t descriptor, short what, void *argument)
{
    struct drain_watch *watch = argument;
    bool there = watch_directory(watch); /* before the look: nothing may come between them */

    (void)descriptor;
    (void)what;
    rescan_in(watch, watch->reader.look(watch->reader.argument) && there ? RESCAN_MS
                                                                         : DIRECTORY_GONE_MS);
}

/* New tickets appear by a link or a rename, changed ones by a rename; one that somebody writes by hand is whole
 * when it is closed. When the directory itself goes, the next look
 * at all of it watches what stands there then. */
static void on_notify(evutil_socket_t descriptor, short what, void *argument)
{
    struct drain_watch *watch = argument;
    _Alignas(struct inotify_event) char events[16 * 1024];
    ssize_t count = read(descriptor, events, sizeof events);
    const char *at = events;

    (void)what;
    while (count > 0 && at < events + count) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)at;

        if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
            rescan_in(watch, DIRECTORY_GONE_MS);
        else if (event->len > 0 && sid_valid(event->name, strlen(event->name), "CH"))
            watch->reader.changed(watch->reader.argument, event->name);
        at += sizeof *event + event->len;
    }
}

bool drain_watch_open(struct drain_watch *watch, struct event_base *base, const char *path,
                     const struct drain_watch_reader *reader)
{
    *watch = (struct drain_watch){.path = path, .reader = *reader};
    watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->inotify < 0 || !watch_directory(watch))
        return false;
    watch->notify = event_new(base, watch->inotify, EV_READ | EV_PERSIST, on_notify, watch);
    watch->rescan = evtimer_new(base, on_rescan, watch);
    if (!watch->notify || !watch->rescan || event_add(watch->notify, NULL) != 0)
        return false;
    rescan_in(watch, RESCAN_MS);
    return true;
}

void drain_watch_close(struct drain_watch *watch)
{
    if (watch->notify)
        event_free(watch->notify);
    if (watch->rescan)
        event_free(watch->rescan);
    if (watch->inotify >= 0)
        close(watch->inotify);
    *watch = (struct drain_watch){.inotify = -1};
}
