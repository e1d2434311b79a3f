/*
 * AUTOJOIN_SPOOL_MAX: whether the spool is full. That takes counting the whole directory (0.1 s for 100,000 tickets),
 * so it is done rarely, and not while a webhook waits: a process with an event loop counts in slices
 * (spool_limit_count_later()), and one that lives for a single webhook believes what another has counted, which stands in
 * the file `.count`. Only what is counted in a moment is counted at once.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_LIMIT_H
#define AUTOJOIN_SPOOL_SPOOL_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct spool;

/* From here on spool_add() does not wait for counting: `wanted` is called when there is something to count, perhaps
 * again before it is done, and spool_limit_count_on() is then to be called until it returns false; it takes a few
 * milliseconds each time. Until then what was known holds. */
void spool_limit_count_later(struct spool *spool, void (*wanted)(void *argument), void *argument);
bool spool_limit_count_on(struct spool *spool);

/* Tells how many tickets there are, for who has seen all of them; other processes believe it for a while. */
void spool_limit_note(struct spool *spool, uint64_t tickets);

/* Whether no ticket more is to be written, as far as is known. After spool_directory_use(). */
bool spool_limit_is_reached(struct spool *spool);

/* One ticket is gone. */
void spool_limit_one_less(struct spool *spool);

/* Gives up what is under way, for good. */
void spool_limit_end(struct spool *spool);

#endif
