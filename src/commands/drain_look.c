#include "build.h"

#include "commands/drain_look.h"

#include "support/clock.h"

enum {
    SLICE_US = 2 * 1000, /* for which a new ticket waits ... */
    PAUSE_MS = 4,        /* ... and others on this machine get their turn */
};

static bool begin(struct drain_look *look)
{
    struct timeval now = clock_delay(0);

    look->again = false;
    if (spool_walk_begin(&look->walk, look->spool) != SPOOL_OK)
        return false;
    look->reader.begin(look->reader.argument);
    if (event_add(look->slice, &now) == 0)
        return true;
    spool_walk_end(&look->walk);
    look->reader.end(look->reader.argument, false);
    return false;
}

static void on_slice(evutil_socket_t descriptor, short what, void *argument)
{
    const struct spool_walk_slice slice = {.us = SLICE_US};
    struct drain_look *look = argument;
    struct timeval pause = clock_delay(PAUSE_MS);
    bool ended = true;
    enum spool_status status =
        spool_walk_on(&look->walk, slice, look->reader.visit, look->reader.argument, &ended);

    (void)descriptor;
    (void)what;
    if (!ended && event_add(look->slice, &pause) == 0)
        return;
    spool_walk_end(&look->walk);
    look->reader.end(look->reader.argument, status == SPOOL_OK && ended);
    if (look->again)
        begin(look);
}

bool drain_look_open(struct drain_look *look, struct spool *spool, struct event_base *base,
                     const struct drain_look_reader *reader)
{
    *look = (struct drain_look){.spool = spool, .reader = *reader};
    look->slice = evtimer_new(base, on_slice, look);
    return look->slice != NULL;
}

bool drain_look_start(struct drain_look *look)
{
    if (!spool_walk_is_under_way(&look->walk))
        return begin(look);
    look->again = true;
    return true;
}

void drain_look_close(struct drain_look *look)
{
    spool_walk_end(&look->walk);
    if (look->slice)
        event_free(look->slice);
    look->slice = NULL;
}
