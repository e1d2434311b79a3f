#include "build.h"

#include "twilio/rest_loop.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event_struct.h>

/* A socket that libcurl waits for. */
struct watch {
    LIST_ENTRY(watch) entry;
    struct event event;
    struct rest_loop *loop;
    curl_socket_t descriptor;
    short events; /* what libevent looks for at the moment; 0 for nothing */
};

struct rest_loop {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    /* Few: of those that are connecting, and of resolvers. */
    LIST_HEAD(watch_list, watch) watches;
    unsigned count;
    int connecting;
    rest_loop_done_fn *done;
};

static void collect(struct rest_loop *loop)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(loop->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result; /* the message does not outlive what `done` does */

        if (message->msg != CURLMSG_DONE)
            continue;
        loop->connecting--;
        loop->done(easy, code);
    }
}

static void on_socket(evutil_socket_t descriptor, short what, void *argument)
{
    struct watch *watch = argument;
    struct rest_loop *loop = watch->loop;
    int action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(loop->multi, descriptor, action, &running);
    collect(loop);
}

static void on_timer(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest_loop *loop = argument;
    int running;

    (void)descriptor;
    (void)what;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(loop);
}

static void look_for(struct watch *watch, short events)
{
    if (events == watch->events)
        return;
    if (watch->events)
        event_del(&watch->event);
    watch->events = 0;
    if (events && event_assign(&watch->event, watch->loop->base, watch->descriptor,
                               (short)(events | EV_PERSIST), on_socket, watch) == 0 &&
        event_add(&watch->event, NULL) == 0)
        watch->events = events;
}

static struct watch *find_watch(const struct rest_loop *loop, curl_socket_t descriptor)
{
    struct watch *watch;

    LIST_FOREACH(watch, &loop->watches, entry)
        if (watch->descriptor == descriptor)
            break;
    return watch;
}

static struct watch *add_watch(struct rest_loop *loop, curl_socket_t descriptor)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->loop = loop;
    watch->descriptor = descriptor;
    LIST_INSERT_HEAD(&loop->watches, watch, entry);
    return watch;
}

static void drop_watch(struct watch *watch)
{
    if (!watch)
        return;
    look_for(watch, 0);
    LIST_REMOVE(watch, entry);
    free(watch);
}

/* CURLOPT_OPENSOCKETFUNCTION: connections, and nothing but connections, are opened here. What is still known of
 * the number is of a socket that was closed while it was connecting, of which nobody told: libevent would believe
 * that the kernel knows the new one. */
static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
    curl_socket_t descriptor =
        socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (descriptor < 0)
        return CURL_SOCKET_BAD;
    drop_watch(find_watch(argument, descriptor));
    return descriptor;
}

/* CURLOPT_CLOSESOCKETFUNCTION: its event goes first, for the number comes again. */
static int close_socket(void *argument, curl_socket_t descriptor)
{
    drop_watch(find_watch(argument, descriptor));
    return close(descriptor);
}

/* CURLMOPT_SOCKETFUNCTION: libcurl tells what it waits for. Never fails: -1 would kill the multi handle
 * with all its transfers; one that cannot be watched ends by its own time-out. */
static int watch_socket(CURL *easy, curl_socket_t descriptor, int what, void *argument,
                        void *socket_argument)
{
    struct rest_loop *loop = argument;
    struct watch *watch = find_watch(loop, descriptor);

    (void)easy;
    (void)socket_argument;
    if (what == CURL_POLL_REMOVE) {
        drop_watch(watch);
        return 0;
    }
    if (!watch)
        watch = add_watch(loop, descriptor);
    if (watch)
        look_for(watch, (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                                (what & CURL_POLL_OUT ? EV_WRITE : 0)));
    return 0;
}

/* CURLMOPT_TIMERFUNCTION */
static int set_timer(CURLM *multi, long milliseconds, void *argument)
{
    struct rest_loop *loop = argument;
    struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

    (void)multi;
    if (milliseconds < 0)
        event_del(loop->timer);
    else
        event_add(loop->timer, &delay);
    return 0;
}

bool rest_loop_prepare(struct rest_loop *loop, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, loop) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, loop) == CURLE_OK;
}

/* Starting at once spares a turn of the loop, which the timer of 0 ms that libcurl asks for would cost. */
bool rest_loop_add(struct rest_loop *loop, CURL *easy)
{
    int running = 0;

    if (curl_multi_add_handle(loop->multi, easy) != CURLM_OK)
        return false;
    loop->count++;
    loop->connecting++;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (running < loop->connecting) /* one has ended already: told from the loop */
        event_active(loop->timer, EV_TIMEOUT, 1);
    return true;
}

void rest_loop_remove(struct rest_loop *loop, CURL *easy, bool connecting)
{
    curl_multi_remove_handle(loop->multi, easy);
    loop->count--;
    loop->connecting -= connecting;
}

struct event_base *rest_loop_base(const struct rest_loop *loop)
{
    return loop->base;
}

unsigned rest_loop_count(const struct rest_loop *loop)
{
    return loop->count;
}

/* Since 8.20 libcurl asks the multi handle, not the easy one, whether to wait for a resolver thread that
 * hangs: for half a minute, at the end of a process. It has a number here because we may have been built
 * with an older libcurl than the one that is loaded; one that does not know it waits for none. */
enum { MULTI_QUICK_EXIT = CURLOPTTYPE_LONG + 21 };
#if LIBCURL_VERSION_NUM >= 0x081400
_Static_assert((int)CURLMOPT_QUICK_EXIT == (int)MULTI_QUICK_EXIT, "a number of libcurl's ABI");
#endif

static bool exit_quickly(CURLM *multi)
{
    CURLMcode code = curl_multi_setopt(multi, (CURLMoption)MULTI_QUICK_EXIT, 1L);

    return code == CURLM_OK || code == CURLM_UNKNOWN_OPTION;
}

static bool prepare_multi(struct rest_loop *loop)
{
    CURLM *multi = loop->multi;

    return curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop) == CURLM_OK && exit_quickly(multi);
}

struct rest_loop *rest_loop_new(struct event_base *base, rest_loop_done_fn *done)
{
    struct rest_loop *loop = calloc(1, sizeof *loop);

    if (!loop)
        return NULL;
    loop->base = base;
    loop->done = done;
    LIST_INIT(&loop->watches);
    loop->timer = evtimer_new(base, on_timer, loop);
    loop->multi = curl_multi_init();
    if (loop->timer && loop->multi && prepare_multi(loop))
        return loop;
    rest_loop_free(loop);
    return NULL;
}

void rest_loop_free(struct rest_loop *loop)
{
    struct watch *watch;

    if (!loop)
        return;
    curl_multi_cleanup(loop->multi);
    while ((watch = LIST_FIRST(&loop->watches)))
        drop_watch(watch);
    if (loop->timer)
        event_free(loop->timer);
    free(loop);
}
