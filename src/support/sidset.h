/*
 * A set of SIDs, 16 bytes each, with one bit beside every one. Either it grows (for
 * comparing lists) or it is bounded and forgets its oldest (for remembering).
 */
#ifndef AUTOJOIN_SUPPORT_SIDSET_H
#define AUTOJOIN_SUPPORT_SIDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sidset_mark { SIDSET_ABSENT, SIDSET_PLAIN, SIDSET_MARKED };

struct sidset;

/* Makes a set that grows as needed (`bound` 0) or holds at most `bound` SIDs and forgets the ones
 * put in first. NULL if memory ran out. Not thread-safe. */
struct sidset *sidset_new(size_t bound);

void sidset_free(struct sidset *set);

/* Puts a valid SID of whatever kind in, with or without the mark; replaces the mark of one that is
 * there. False if memory ran out. Letter case of the hex digits does not count. */
bool sidset_put(struct sidset *set, const char *sid, bool marked);

/* Takes a SID out, if it is there. */
void sidset_remove(struct sidset *set, const char *sid);

enum sidset_mark sidset_look(const struct sidset *set, const char *sid);

size_t sidset_count(const struct sidset *set);

#endif
