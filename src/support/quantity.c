#include "build.h"

#include "support/quantity.h"

#include <string.h>

/* Reads leading digits; gives the first character that is none, NULL if there
 * was no digit or too many. */
static const char *read_digits(const char *text, uint64_t *number)
{
    const char *at = text;
    uint64_t sum = 0;

    while (*at >= '0' && *at <= '9') {
        uint64_t digit = (uint64_t)(*at - '0');

        if (sum > (UINT64_MAX - digit) / 10)
            return NULL;
        sum = sum * 10 + digit;
        at++;
    }
    *number = sum;
    return at == text ? NULL : at;
}

bool quantity_parse_number(const char *text, uint64_t maximum, uint64_t *number)
{
    uint64_t sum;
    const char *end = read_digits(text, &sum);

    if (!end || *end != '\0' || sum > maximum)
        return false;
    *number = sum;
    return true;
}

bool quantity_parse_duration(const char *text, uint64_t bare_unit, uint64_t maximum,
                             uint64_t *milliseconds)
{
    static const struct {
        const char *suffix;
        uint64_t unit;
    } units[] = {
        {"ms", 1},
        {"s", 1000},
        {"m", 60 * 1000},
        {"h", 60 * 60 * 1000},
        {"d", 24 * 60 * 60 * 1000},
    };
    uint64_t sum, unit = 0;
    const char *end = read_digits(text, &sum);
    size_t i;

    if (!end)
        return false;
    if (*end == '\0')
        unit = bare_unit;
    for (i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].suffix) == 0)
            unit = units[i].unit;
    if (unit == 0 || sum > maximum / unit)
        return false;
    *milliseconds = sum * unit;
    return true;
}
