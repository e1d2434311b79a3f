/*
 * What happens in the spool's directory while `drain --watch` runs: each new or changed ticket is
 * told at once (inotify), and from time to time all of them are looked at, in case one was missed.
 */
#ifndef AUTOJOIN_COMMANDS_DRAIN_WATCH_H
#define AUTOJOIN_COMMANDS_DRAIN_WATCH_H

#include <stdbool.h>

#include <event2/event.h>

struct drain_watch_reader {
    void *argument; /* of both */
    /* A ticket came or was written anew. */
    void (*changed)(void *argument, const char *conversation);
    /* Looks at all of them; false if the spool cannot be read now. */
    bool (*look)(void *argument);
};

struct drain_watch {
    const char *path;
    struct drain_watch_reader reader;
    struct event *rescan;
    struct event *notify;
    int inotify; /* -1: does not watch */
};

/* Watches the directory `path`, which must outlive it. False, with errno, if it cannot; drain_watch_close() is to
 * be called in any case. */
bool drain_watch_open(struct drain_watch *watch, struct event_base *base, const char *path,
                     const struct drain_watch_reader *reader);

void drain_watch_close(struct drain_watch *watch);

#endif
