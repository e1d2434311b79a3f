#include "build.h"

#include "support/printable.h"

#include <stdbool.h>
#include <string.h>

static bool is_printable(char c)
{
    return c >= ' ' && c < 0x7f;
}

void printable_copy(char *to, size_t size, const char *from)
{
    size_t i;

    for (i = 0; from[i] && i + 1 < size; i++)
        to[i] = from[i];
    to[i] = '\0';
    for (i = 0; to[i]; i++)
        if (!is_printable(to[i]))
            to[i] = '?';
}

void printable_quote(char *to, size_t size, const char *from)
{
    static const char quote[] = "'\\''"; /* out, a quote, and in again */
    size_t at = 0;

    to[at++] = '\'';
    for (; *from; from++) {
        size_t length = *from == '\'' ? sizeof quote - 1 : 1;

        if (at + length + 2 > size)
            break;
        if (*from == '\'')
            memcpy(to + at, quote, length);
        else
            to[at] = is_printable(*from) ? *from : '?';
        at += length;
    }
    to[at++] = '\'';
    to[at] = '\0';
}
