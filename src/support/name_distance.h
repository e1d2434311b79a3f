/*
 * How far a mistyped name is from one that exists.
 */
#ifndef AUTOJOIN_SUPPORT_NAME_DISTANCE_H
#define AUTOJOIN_SUPPORT_NAME_DISTANCE_H

/* Of longer names only so many bytes are compared. */
enum { NAME_DISTANCE_LIMIT = 64 };

/* How many letters must be taken away and put in to make `name` to `known`: 0 if they are the same but
 * for upper and lower case. A letter that is another one counts twice, so that AUTOJOIN_STATS is nearer to
 * AUTOJOIN_STATS_FILE than to five other letters. Both NUL-terminated, borrowed. Cannot fail; thread-safe. */
unsigned name_distance(const char *name, const char *known);

#endif
