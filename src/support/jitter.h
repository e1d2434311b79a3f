/* Random delays. Not for secrets. */
#ifndef AUTOJOIN_SUPPORT_JITTER_H
#define AUTOJOIN_SUPPORT_JITTER_H

#include <stdint.h>

struct jitter {
    uint64_t state;
};

/* Seeds from the system, so that processes started together differ. */
void jitter_init(struct jitter *jitter);

/* The next 64 random bits. */
uint64_t jitter_next(struct jitter *jitter);

/* A number from 0 to `limit` - 1; 0 for a limit of 0 or less. */
int64_t jitter_below(struct jitter *jitter, int64_t limit);

#endif
