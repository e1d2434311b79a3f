/*
 * The spool's directory gone through: whole, or in slices by who must not wait for all of it; reading a hundred
 * thousand tickets takes seconds.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_WALK_H
#define AUTOJOIN_SPOOL_SPOOL_WALK_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/spool_status.h"

struct spool;

/* Called for each file: a ticket's ConversationSid, or a foreign file's name. Returns false
 * to stop. */
typedef bool spool_visit_fn(void *argument, const char *name, bool is_ticket);

/* Visits every file of the directory itself, in no order; subdirectories and files that are being
 * written are passed over. What a killed process left half-written over two minutes
 * ago is removed. */
enum spool_status spool_visit(struct spool *spool, spool_visit_fn *visit, void *argument);

/* Initialise with zeros. */
struct spool_walk {
    struct spool *spool;
    DIR *stream; /* NULL: none is under way */
};

/* Begins; one that is under way is given up. SPOOL_FAILED if the directory cannot be read. Who has begun calls
 * spool_walk_end() before spool_free(). */
enum spool_status spool_walk_begin(struct spool_walk *walk, struct spool *spool);

/* How much at once: for about so long, and at least so many files, if there are. */
struct spool_walk_slice {
    int64_t us;
    uint64_t files;
};

/* Visits files as spool_visit() does. `ended` tells whether those were the last: then, and on SPOOL_FAILED, the walk is
 * over. */
enum spool_status spool_walk_on(struct spool_walk *walk, struct spool_walk_slice slice, spool_visit_fn *visit,
                                void *argument, bool *ended);

/* Whether one is under way. */
static inline bool spool_walk_is_under_way(const struct spool_walk *walk)
{
    return walk->stream != NULL;
}

void spool_walk_end(struct spool_walk *walk);

#endif
