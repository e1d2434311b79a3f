/* The two clocks: one that only goes forward, for time-outs; one for people. */
#ifndef AUTOJOIN_SUPPORT_CLOCK_H
#define AUTOJOIN_SUPPORT_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

/* Milliseconds that only go forward (CLOCK_MONOTONIC); comparable among the
 * processes of one machine until it restarts. Thread-safe. */
int64_t clock_monotonic_ms(void);

/* The same in microseconds, for measuring. */
int64_t clock_monotonic_us(void);

/* Milliseconds since 1970 UTC; can jump. */
int64_t clock_wall_ms(void);

/* A delay as timers take it. Here and not in clock.c, whose time_t may be wider than libevent's. */
static inline struct timeval clock_delay(int64_t milliseconds)
{
    return (struct timeval){.tv_sec = (time_t)(milliseconds / 1000),
                            .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000)};
}

enum { CLOCK_TEXT_SIZE = sizeof "2026-01-02T03:04:05.678Z" };

/* Writes a time of clock_wall_ms() as RFC 3339 in UTC with milliseconds. */
void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_SIZE]);

/* Reads what clock_format() writes; milliseconds may be missing. False if it is anything else,
 * or a year before 1970 or after 9999. */
bool clock_parse(const char *text, int64_t *wall_ms);

#endif
