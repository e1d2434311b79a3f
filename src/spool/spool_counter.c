#include "build.h"

#include "spool/spool_counter.h"

#include <stdlib.h>

#include "spool/spool_limit.h"
#include "support/clock.h"

enum { PAUSE_MS = 10 };

struct spool_counter {
    struct spool *spool;
    struct event *slice;
};

static void on_wanted(void *argument)
{
    struct spool_counter *counter = argument;
    struct timeval pause = clock_delay(PAUSE_MS);

    if (!event_pending(counter->slice, EV_TIMEOUT, NULL))
        event_add(counter->slice, &pause); /* if that fails, the next ticket wants it again */
}

static void on_slice(evutil_socket_t descriptor, short what, void *argument)
{
    struct spool_counter *counter = argument;

    (void)descriptor;
    (void)what;
    if (spool_limit_count_on(counter->spool))
        on_wanted(counter);
}

struct spool_counter *spool_counter_new(struct spool *spool, struct event_base *base)
{
    struct spool_counter *counter = calloc(1, sizeof *counter);

    if (!counter)
        return NULL;
    counter->spool = spool;
    counter->slice = evtimer_new(base, on_slice, counter);
    if (!counter->slice) {
        free(counter);
        return NULL;
    }
    spool_limit_count_later(spool, on_wanted, counter);
    return counter;
}

void spool_counter_free(struct spool_counter *counter)
{
    if (!counter)
        return;
    spool_limit_count_later(counter->spool, NULL, NULL);
    event_free(counter->slice);
    free(counter);
}
