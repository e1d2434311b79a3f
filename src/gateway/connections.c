#include "build.h"

#include "gateway/connections.h"

#include <stdlib.h>

#include "gateway/connection.h"
#include "gateway/records.h"
#include "support/clock.h"

enum {
    WHOLE_WITHIN_MS = 5000, /* from the connection's first look to a whole request */
    DRAIN_WITHIN_MS = 2000, /* an oversize body */
    RESPONSE_LIMIT = 4096,
};

static void end_overdue(struct connection_queue *queue, int64_t within_ms, const char *reason)
{
    int64_t now = clock_monotonic_ms();
    struct connection *connection;

    while ((connection = TAILQ_FIRST(queue)) && now - connection->since_ms >= within_ms) {
        if (reason)
            connection_complain(connection, reason);
        connection_end(connection);
    }
}

static void on_sweep(evutil_socket_t descriptor, short what, void *argument)
{
    struct connections *set = argument;
    struct timeval delay = {.tv_usec = CONNECTIONS_SWEEP_MS * 1000};

    (void)descriptor;
    (void)what;
    end_overdue(&set->waiting, set->whole_within_ms, "no whole request in time");
    end_overdue(&set->draining, DRAIN_WITHIN_MS, NULL);
    if (!TAILQ_EMPTY(&set->waiting) || !TAILQ_EMPTY(&set->draining))
        event_add(set->sweep, &delay);
}

bool connections_open(struct connections *set, const struct connections_options *options)
{
    *set = (struct connections){.options = *options, .whole_within_ms = WHOLE_WITHIN_MS};
    TAILQ_INIT(&set->waiting);
    TAILQ_INIT(&set->idle);
    TAILQ_INIT(&set->serving);
    TAILQ_INIT(&set->draining);
    buffer_init(&set->response, RESPONSE_LIMIT);
    buffer_init(&set->reply, RESPONSE_LIMIT + CONNECTIONS_LOG_LIMIT + 1024);
    set->scratch = malloc(RECORDS_REQUEST_LIMIT);
    set->sweep = evtimer_new(options->base, on_sweep, set);
    if (set->scratch && set->sweep)
        return true;
    connections_close(set);
    return false;
}

void connections_add(struct connections *set, int descriptor)
{
    connection_begin(set, descriptor);
}

bool connections_close_oldest_idle(struct connections *set)
{
    struct connection *oldest = TAILQ_FIRST(&set->idle);

    if (!oldest)
        return false;
    connection_end(oldest);
    return true;
}

void connections_stop(struct connections *set, int64_t whole_within_ms)
{
    set->stopping = true;
    set->whole_within_ms = whole_within_ms;
    while (connections_close_oldest_idle(set))
        ;
}

static void end_all(struct connection_queue *queue)
{
    struct connection *connection;

    while ((connection = TAILQ_FIRST(queue)))
        connection_drop(connection);
}

static void ignore_change(struct connections *set)
{
    (void)set;
}

void connections_close(struct connections *set)
{
    set->options.changed = ignore_change;
    end_all(&set->waiting);
    end_all(&set->idle);
    end_all(&set->serving);
    end_all(&set->draining);
    if (set->sweep)
        event_free(set->sweep);
    free(set->scratch);
    buffer_free(&set->response);
    buffer_free(&set->reply);
    set->sweep = NULL;
    set->scratch = NULL;
}
