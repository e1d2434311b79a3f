/* What is due when: conversations ordered by time. */
#ifndef AUTOJOIN_SUPPORT_AGENDA_H
#define AUTOJOIN_SUPPORT_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/sid.h"

struct agenda_entry {
    int64_t due_ms; /* clock_monotonic_ms() */
    struct sid conversation;
};

/* A binary heap; initialise with zeros. A conversation may stand in it more than once. */
struct agenda {
    struct agenda_entry *entries; /* owned */
    size_t count;
    size_t capacity;
};

/* Puts a conversation in; false if memory ran out. */
bool agenda_put(struct agenda *agenda, const char *conversation, int64_t due_ms);

/* The entry that is due first; NULL if there is none. Valid until the next change. */
const struct agenda_entry *agenda_first(const struct agenda *agenda);

/* Takes the first one out. */
void agenda_pop(struct agenda *agenda);

void agenda_free(struct agenda *agenda);

#endif
