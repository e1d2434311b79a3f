#include "build.h"

/* Where time_t would end in 2038 (i386), it has 64 bits in this file. Not in the others: they hand struct
 * timeval to libevent, which was built without. glibc wants large files with it (feature_test_macros(7)). */
#if defined _FILE_OFFSET_BITS && !defined _TIME_BITS
#define _TIME_BITS 64
#endif

#include "support/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    char date[sizeof "2026-01-02T03:04:05"];

    if (!gmtime_r(&seconds, &parts) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        date[0] = '\0';
    snprintf(text, CLOCK_TEXT_SIZE, "%s.%03uZ", date, (unsigned)(wall_ms % 1000) % 1000u);
}

bool clock_parse(const char *text, int64_t *wall_ms)
{
    struct tm parts = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    int64_t fraction = 0, unit = 100;

    if (!rest)
        return false;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            fraction += (*rest - '0') * unit;
    if (strcmp(rest, "Z") != 0 || parts.tm_year < 70 || parts.tm_year > 8099)
        return false;
    *wall_ms = (int64_t)timegm(&parts) * 1000 + fraction;
    return true;
}
