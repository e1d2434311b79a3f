/*
 * A set of SIDs, 16 bytes each, with one bit beside every one. Either it grows (for
 * comparing lists) or it is bounded and forgets its oldest (for remembering).
 */
#ifndef AUTOJOIN_SUPPORT_SID_SET_H
#define AUTOJOIN_SUPPORT_SID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sid_set_mark { SID_SET_ABSENT, SID_SET_PLAIN, SID_SET_MARKED };

struct sid_set;

/* Makes a set that grows as needed (`bound` 0) or holds at most `bound` SIDs and forgets the ones
 * put in first. NULL if memory ran out. Not thread-safe. */
struct sid_set *sid_set_new(size_t bound);

void sid_set_free(struct sid_set *set);

/* Puts a valid SID of whatever kind in, with or without the mark; replaces the mark of one that is
 * there. False if memory ran out. Letter case of the hex digits does not count. */
bool sid_set_put(struct sid_set *set, const char *sid, bool marked);

/* Takes a SID out, if it is there. */
void sid_set_remove(struct sid_set *set, const char *sid);

enum sid_set_mark sid_set_look(const struct sid_set *set, const char *sid);

size_t sid_set_count(const struct sid_set *set);

#endif
