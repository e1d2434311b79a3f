/* Counts for AUTOJOIN_SPOOL_MAX beside everything else that an event loop does. */
#ifndef AUTOJOIN_SPOOL_SPOOL_COUNTER_H
#define AUTOJOIN_SPOOL_SPOOL_COUNTER_H

#include <event2/event.h>

#include "spool/spool.h"

struct spool_counter;

/* From here on the spool's counting is done by the loop, a few milliseconds at a time. Both must outlive it. NULL if
 * memory ran out: then it is done as without. */
struct spool_counter *spool_counter_new(struct spool *spool, struct event_base *base);

/* NULL is none. */
void spool_counter_free(struct spool_counter *counter);

#endif
