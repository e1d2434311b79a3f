#include "build.h"

#include "support/printable.h"

#include <stdbool.h>

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
