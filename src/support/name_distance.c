#include "build.h"

#include "support/name_distance.h"

#include <string.h>

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* By the longest common subsequence, of which only the last row of the table is kept. */
unsigned name_distance(const char *name, const char *known)
{
    unsigned common[NAME_DISTANCE_LIMIT + 1] = {0};
    size_t length = strnlen(name, NAME_DISTANCE_LIMIT), known_length = strnlen(known, NAME_DISTANCE_LIMIT);
    size_t i, j;

    for (i = 0; i < length; i++) {
        unsigned diagonal = 0;

        for (j = 0; j < known_length; j++) {
            unsigned above = common[j + 1];

            if (upper(name[i]) == upper(known[j]))
                common[j + 1] = diagonal + 1;
            else if (common[j] > above)
                common[j + 1] = common[j];
            diagonal = above;
        }
    }
    return (unsigned)(length + known_length) - 2 * common[known_length];
}
