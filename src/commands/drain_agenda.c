#include "build.h"

#include "commands/drain_agenda.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static void swap(struct drain_agenda_entry *a, struct drain_agenda_entry *b)
{
    struct drain_agenda_entry saved = *a;

    *a = *b;
    *b = saved;
}

static bool grow(struct drain_agenda *agenda)
{
    size_t capacity = agenda->capacity ? 2 * agenda->capacity : FIRST_CAPACITY;
    struct drain_agenda_entry *entries = realloc(agenda->entries, capacity * sizeof *entries);

    if (!entries)
        return false;
    agenda->entries = entries;
    agenda->capacity = capacity;
    return true;
}

bool drain_agenda_put(struct drain_agenda *agenda, const char *conversation, int64_t due_ms)
{
    size_t at = agenda->count;

    if (at == agenda->capacity && !grow(agenda))
        return false;
    agenda->entries[at].due_ms = due_ms;
    sid_copy(&agenda->entries[at].conversation, conversation, strlen(conversation), "CH");
    agenda->count++;
    while (at > 0 && agenda->entries[at].due_ms < agenda->entries[(at - 1) / 2].due_ms) {
        swap(&agenda->entries[at], &agenda->entries[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    return true;
}

const struct drain_agenda_entry *drain_agenda_first(const struct drain_agenda *agenda)
{
    return agenda->count > 0 ? &agenda->entries[0] : NULL;
}

void drain_agenda_pop(struct drain_agenda *agenda)
{
    struct drain_agenda_entry *entries = agenda->entries;
    size_t at = 0;

    if (agenda->count == 0)
        return;
    entries[0] = entries[--agenda->count];
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= agenda->count)
            break;
        if (child + 1 < agenda->count && entries[child + 1].due_ms < entries[child].due_ms)
            child++;
        if (entries[at].due_ms <= entries[child].due_ms)
            break;
        swap(&entries[at], &entries[child]);
        at = child;
    }
}

void drain_agenda_free(struct drain_agenda *agenda)
{
    free(agenda->entries);
    *agenda = (struct drain_agenda){0};
}
