#include "build.h"

#include "quicktime.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    /* No request, drain or reconcile of the scenarios needs that long; one that tries again and
     * again for nothing comes to it. */
    LIMIT_MS = 30 * 60 * 1000,
    /* A peer's packet may still be on its way through the loopback device when the peer is done. */
    ARRIVAL_MS = 1,
    LONG_MS = 100, /* from here on a jump could make something fail by its deadline */
};

static struct {
    bool on;
    int64_t ahead_ms;
    void (*settle)(void);
} quick;

void quicktime_begin(void (*settle)(void))
{
    quick.settle = settle;
    quick.ahead_ms = 0;
    quick.on = true;
}

void quicktime_end(void)
{
    quick.on = false;
}

static bool is_wall_or_monotonic(clockid_t which)
{
    return which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE || which == CLOCK_MONOTONIC ||
           which == CLOCK_MONOTONIC_RAW || which == CLOCK_MONOTONIC_COARSE || which == CLOCK_BOOTTIME;
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, which, now);

    if (status != 0 || !quick.on || !is_wall_or_monotonic(which))
        return status;
    now->tv_sec += quick.ahead_ms / 1000;
    now->tv_nsec += quick.ahead_ms % 1000 * 1000000;
    if (now->tv_nsec >= 1000000000) {
        now->tv_nsec -= 1000000000;
        now->tv_sec++;
    }
    return 0;
}

static int wait_really(int epoll, struct epoll_event *events, int room, int timeout)
{
    return (int)syscall(SYS_epoll_pwait, epoll, events, room, timeout, NULL, 0);
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout)
{
    bool is_long = timeout < 0 || timeout >= LONG_MS;
    int count = wait_really(epoll, events, room, quick.on ? 0 : timeout);

    if (!quick.on || count != 0 || timeout == 0)
        return count;
    quick.settle();
    count = wait_really(epoll, events, room, is_long ? ARRIVAL_MS : 0);
    if (count != 0)
        return count;
    if (timeout < 0)
        _exit(QUICKTIME_WAITS_FOR_NOTHING);
    quick.ahead_ms += timeout;
    if (quick.ahead_ms > LIMIT_MS)
        _exit(QUICKTIME_NO_END);
    return 0;
}
