#include "build.h"

#include "gateway/fastcgi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/connections.h"
#include "gateway/libfcgi.h"
#include "support/clock.h"

enum {
    ACCEPT_BATCH = 64, /* then the loop looks at others */
    PROBE_EVERY = 8,   /* wake-ups, while they bring one connection each */
    PAUSE_MS = 100,    /* after accept() ran out of descriptors */
    STOP_BATCHES = 16,
    STOP_WHOLE_MS = 1000, /* while stopping, how long a request may take to become whole */
    STOP_LATE_MS = 1000,  /* while stopping, how long we take what comes to a socket that stays open */
};

struct fastcgi {
    struct connections connections; /* first: connections.c hands it back */
    struct fastcgi_options options;
    struct event *accepting;
    struct event *resume;
    bool accepting_on;
    bool stopping;
    int64_t late_until_ms; /* while stopping; 0: nobody can come any more */
    int64_t complained_ms;
    size_t accepted; /* since the start */
    unsigned wakeups;
    bool queueing; /* the last wake-up brought several connections */
};

static void set_accepting(struct fastcgi *fastcgi, bool on)
{
    if (on == fastcgi->accepting_on)
        return;
    if (!on)
        event_del(fastcgi->accepting);
    fastcgi->accepting_on = on && event_add(fastcgi->accepting, NULL) == 0;
}

static void arm(struct event *timer, int milliseconds)
{
    struct timeval delay = {.tv_sec = milliseconds / 1000,
                            .tv_usec = milliseconds % 1000 * 1000};

    event_add(timer, &delay);
}

/* A connection has gone or is idle: is there room for more, or are we done? */
static void take_stock(struct connections *connections)
{
    struct fastcgi *fastcgi = (struct fastcgi *)connections;

    if (fastcgi->stopping) {
        if (connections->count == 0)
            event_active(fastcgi->resume, EV_TIMEOUT, 0);
        return;
    }
    if (!event_pending(fastcgi->resume, EV_TIMEOUT, NULL))
        set_accepting(fastcgi, connections->count < fastcgi->options.connections_limit ||
                                   !TAILQ_EMPTY(&connections->idle));
}

static void pause_accepting(struct fastcgi *fastcgi, int reason)
{
    static const char message[] = "cannot accept connections";

    if (log_in_turn(&fastcgi->complained_ms))
        log_event(fastcgi->options.log, LOG_LEVEL_ERROR, message, "reason",
                  reason == EMFILE || reason == ENFILE ? "out of file descriptors"
                                                       : "out of memory",
                  NULL);
    set_accepting(fastcgi, false);
    arm(fastcgi->resume, PAUSE_MS);
}

/* Takes at most `limit`; false when the queue is empty or nothing more can be taken. */
static bool accept_batch(struct fastcgi *fastcgi, unsigned limit)
{
    unsigned i;

    for (i = 0; i < limit; i++) {
        bool full = fastcgi->connections.count >= fastcgi->options.connections_limit;
        int descriptor;

        if (full && i > 0) /* an idle one gives way only to somebody who is known to wait */
            return true;
        if (full && !connections_close_oldest_idle(&fastcgi->connections)) {
            set_accepting(fastcgi, false);
            return false;
        }
        descriptor = accept4(fastcgi->options.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            fastcgi->accepted++;
            connections_add(&fastcgi->connections, descriptor);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            if (fastcgi->stopping)
                set_accepting(fastcgi, false); /* whoever waits is taken when all others are answered: finish() */
            else
                pause_accepting(fastcgi, errno);
            return false;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool takes_late_ones(const struct fastcgi *fastcgi)
{
    return clock_monotonic_ms() < fastcgi->late_until_ms;
}

static void on_acceptable(evutil_socket_t descriptor, short what, void *argument)
{
    struct fastcgi *fastcgi = argument;
    size_t before = fastcgi->accepted;
    bool probe = fastcgi->queueing || ++fastcgi->wakeups % PROBE_EVERY == 0;

    (void)descriptor;
    (void)what;
    if (fastcgi->stopping && !takes_late_ones(fastcgi)) {
        set_accepting(fastcgi, false);
        return;
    }
    /* One alone needs no second accept(), which would only say so: a system call of a dozen. */
    accept_batch(fastcgi, probe ? ACCEPT_BATCH : 1);
    fastcgi->queueing = fastcgi->accepted - before > 1;
}

/* All are answered: who has come meanwhile is, too, then the loop ends. Not from within take_stock(),
 * which would come back here for each one that ends at once. */
static void finish(struct fastcgi *fastcgi)
{
    if (takes_late_ones(fastcgi))
        accept_batch(fastcgi, ACCEPT_BATCH);
    if (fastcgi->connections.count > 0)
        return;
    set_accepting(fastcgi, false);
    event_base_loopbreak(fastcgi->options.base);
}

static void on_resume(evutil_socket_t descriptor, short what, void *argument)
{
    struct fastcgi *fastcgi = argument;

    (void)descriptor;
    (void)what;
    if (fastcgi->stopping)
        finish(fastcgi);
    else
        take_stock(&fastcgi->connections);
}

enum fastcgi_status fastcgi_open(struct fastcgi **result, const struct fastcgi_options *options)
{
    struct fastcgi *fastcgi = calloc(1, sizeof *fastcgi);
    struct connections_options connections = {.base = options->base,
                                              .body_limit = options->body_limit,
                                              .requests_limit = options->requests_limit,
                                              .serve = options->serve,
                                              .application = options->application,
                                              .log = options->log,
                                              .log_requests = options->log_requests,
                                              .changed = take_stock};

    if (!fastcgi)
        return FASTCGI_NO_MEMORY;
    fastcgi->options = *options;
    if (!connections_open(&fastcgi->connections, &connections)) {
        free(fastcgi);
        return FASTCGI_NO_MEMORY;
    }
    fcntl(options->listener, F_SETFL, fcntl(options->listener, F_GETFL) | O_NONBLOCK);
    fastcgi->accepting =
        event_new(options->base, options->listener, EV_READ | EV_PERSIST, on_acceptable, fastcgi);
    fastcgi->resume = evtimer_new(options->base, on_resume, fastcgi);
    if (!fastcgi->accepting || !fastcgi->resume || !libfcgi_prepare()) {
        fastcgi_close(fastcgi);
        return FASTCGI_LIBRARY;
    }
    set_accepting(fastcgi, true);
    if (!fastcgi->accepting_on) {
        fastcgi_close(fastcgi);
        return FASTCGI_LIBRARY;
    }
    *result = fastcgi;
    return FASTCGI_OK;
}

void fastcgi_change(struct fastcgi *fastcgi, const struct fastcgi_options *options)
{
    struct connections_options *connections = &fastcgi->connections.options;

    fastcgi->options.connections_limit = options->connections_limit;
    fastcgi->options.log = options->log;
    connections->body_limit = options->body_limit;
    connections->requests_limit = options->requests_limit;
    connections->serve = options->serve;
    connections->application = options->application;
    connections->log = options->log;
    connections->log_requests = options->log_requests;
    take_stock(&fastcgi->connections);
}

void fastcgi_stop(struct fastcgi *fastcgi, bool stays_open)
{
    unsigned batches;

    if (fastcgi->stopping)
        return;
    for (batches = 0; batches < STOP_BATCHES && accept_batch(fastcgi, ACCEPT_BATCH); batches++)
        ;
    fastcgi->stopping = true;
    fastcgi->late_until_ms = stays_open ? clock_monotonic_ms() + STOP_LATE_MS : 0;
    set_accepting(fastcgi, stays_open);
    event_del(fastcgi->resume);
    connections_stop(&fastcgi->connections, STOP_WHOLE_MS);
    take_stock(&fastcgi->connections);
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

void fastcgi_close(struct fastcgi *fastcgi)
{
    if (!fastcgi)
        return;
    connections_close(&fastcgi->connections);
    free_event(fastcgi->accepting);
    free_event(fastcgi->resume);
    free(fastcgi);
}
