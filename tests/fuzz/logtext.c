#include "build.h"

#include "logtext.h"

#include <stdbool.h>

#include "property.h"

/* Compared by hand: what strstr() looks for libFuzzer learns, and then it is in its inputs. */
static bool holds(const char *text, size_t length, const char *wanted)
{
    size_t i, j;

    for (i = 0; i < length; i++) {
        for (j = 0; wanted[j] && i + j < length && text[i + j] == wanted[j];)
            j++;
        if (!wanted[j])
            return true;
    }
    return false;
}

void logtext_assert(const char *text, size_t length, size_t most, const char *const *secrets)
{
    size_t i, lines = 0;

    for (i = 0; i < length; i++) {
        PROPERTY(text[i] == '\n' || (text[i] >= ' ' && text[i] < 0x7f) || (unsigned char)text[i] > 0x7f,
                 "no control character in the log");
        lines += text[i] == '\n';
    }
    PROPERTY(lines <= most && (length == 0 || text[length - 1] == '\n'), "so many whole log lines at most");
    for (; *secrets; secrets++)
        PROPERTY(!holds(text, length, *secrets), "no secret in the log");
}
