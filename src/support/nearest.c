#include "build.h"

#include "support/nearest.h"

#include <stddef.h>
#include <string.h>

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* By the longest common subsequence, of which only the last row of the table is kept. */
unsigned nearest_distance(const char *word, const char *known)
{
    unsigned common[NEAREST_LIMIT + 1] = {0};
    size_t length = strnlen(word, NEAREST_LIMIT), known_length = strnlen(known, NEAREST_LIMIT);
    size_t i, j;

    for (i = 0; i < length; i++) {
        unsigned diagonal = 0;

        for (j = 0; j < known_length; j++) {
            unsigned above = common[j + 1];

            if (upper(word[i]) == upper(known[j]))
                common[j + 1] = diagonal + 1;
            else if (common[j] > above)
                common[j + 1] = common[j];
            diagonal = above;
        }
    }
    return (unsigned)(length + known_length) - 2 * common[known_length];
}

void nearest_try(struct nearest_search *search, const char *known)
{
    unsigned distance = nearest_distance(search->word, known);
    size_t both = strnlen(search->word, NEAREST_LIMIT) + strnlen(known, NEAREST_LIMIT);

    if (2 * distance >= both || (search->found && distance >= search->distance))
        return;
    search->found = known;
    search->distance = distance;
}
