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

/* That many digits, and what stands behind them. */
static bool take_number(const char **at, unsigned digits, char behind, unsigned *number)
{
    for (*number = 0; digits > 0; digits--, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (unsigned)(**at - '0');
    }
    if (behind && *(*at)++ != behind)
        return false;
    return true;
}

/* Days from 1970-01-01. Years begin in March, so that a leap day is the last one; 400 of them have 146097 days. */
static int64_t count_days(unsigned year, unsigned month, unsigned day)
{
    unsigned years = month > 2 ? year : year - 1;
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return (int64_t)years * 365 + years / 4 - years / 100 + years / 400 + of_year - 719468;
}

/* By hand, because it is read of every webhook that calls for a join: strptime() and timegm() took as many
 * instructions as a third of its signature. */
bool clock_parse(const char *text, int64_t *wall_ms)
{
    unsigned year, month, day, hour, minute, second;
    int64_t fraction = 0, unit = 100;

    if (!take_number(&text, 4, '-', &year) || !take_number(&text, 2, '-', &month) ||
        !take_number(&text, 2, 'T', &day) || !take_number(&text, 2, ':', &hour) ||
        !take_number(&text, 2, ':', &minute) || !take_number(&text, 2, '\0', &second))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
            fraction += (*text - '0') * unit;
    if (strcmp(text, "Z") != 0)
        return false;
    *wall_ms = (((count_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction;
    return true;
}
