/* What is due when: conversations ordered by time. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_AGENDA_H
#define AUTOJOIN_COMMANDS_DRAIN_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/sid.h"

struct drain_agenda_entry {
    int64_t due_ms; /* clock_monotonic_ms() */
    struct sid conversation;
};

/* A binary heap; initialise with zeros. A conversation may stand in it more than once. */
struct drain_agenda {
    struct drain_agenda_entry *entries; /* owned */
    size_t count;
    size_t capacity;
};

/* Puts a conversation in; false if memory ran out. */
bool drain_agenda_put(struct drain_agenda *agenda, const char *conversation, int64_t due_ms);

/* The entry that is due first; NULL if there is none. Valid until the next change. */
const struct drain_agenda_entry *drain_agenda_first(const struct drain_agenda *agenda);

/* Takes the first one out. */
void drain_agenda_pop(struct drain_agenda *agenda);

void drain_agenda_free(struct drain_agenda *agenda);

#endif
