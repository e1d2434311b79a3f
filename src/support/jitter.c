#include "build.h"

#include "support/jitter.h"

#include <sys/random.h>
#include <unistd.h>

#include "support/clock.h"

void jitter_init(struct jitter *jitter)
{
    if (getrandom(&jitter->state, sizeof jitter->state, GRND_NONBLOCK) != sizeof jitter->state)
        jitter->state = (uint64_t)clock_wall_ms() * 2654435761u ^ (uint64_t)getpid() << 32;
}

/* SplitMix64: the state counts, the output is its hash. */
uint64_t jitter_next(struct jitter *jitter)
{
    uint64_t z = jitter->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t jitter_below(struct jitter *jitter, int64_t limit)
{
    return limit > 0 ? (int64_t)(jitter_next(jitter) % (uint64_t)limit) : 0;
}
