/* Which known word somebody may have meant who wrote another. */
#ifndef AUTOJOIN_SUPPORT_NEAREST_H
#define AUTOJOIN_SUPPORT_NEAREST_H

/* Of longer words only so many bytes are compared. */
enum { NEAREST_LIMIT = 64 };

/* How many letters must be taken away and put in to make `word` to `known`, whatever their case. A letter that is
 * another one counts twice, so that AUTOJOIN_STATS is nearer to AUTOJOIN_STATS_FILE than to five other letters. */
unsigned nearest_distance(const char *word, const char *known);

struct nearest_search {
    const char *word;
    const char *found; /* the nearest so far that is near at all; NULL if there is none. Of the caller's */
    unsigned distance;
};

/* Looks at one more known word. What has less than half of its letters in common with the word is not near. */
void nearest_try(struct nearest_search *search, const char *known);

#endif
