#include "build.h"

#include "spool/spool_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_directory.h"
#include "spool/spool_walk.h"
#include "support/clock.h"
#include "support/quantity.h"

#define COUNT_FILE ".count"

enum {
    RECOUNT_EVERY_MS = 5000,         /* when the spool seems full */
    AT_ONCE = 1024,                  /* entries: under a millisecond */
    SLICE_US = 2000,
    BELIEVED_MS = 10 * 60 * 1000,    /* what another process counted, who need not be there any more */
    BELIEVED_FULL_MS = 60 * 1000,
    COUNT_TEXT_SIZE = 32,
};

static bool count_ticket(void *argument, const char *name, bool is_ticket)
{
    (void)name;
    *(uint64_t *)argument += is_ticket;
    return true;
}

/* A hint, no more: if it cannot be written, everybody counts. Whoever reads half of it reads no number. */
static void write_count(struct spool *spool, uint64_t tickets)
{
    char text[COUNT_TEXT_SIZE];
    int descriptor, length = snprintf(text, sizeof text, "%" PRIu64 "\n", tickets);

    descriptor = openat(spool->directory, COUNT_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                        0600);
    if (descriptor < 0)
        return;
    if (write(descriptor, text, (size_t)length) != length)
        unlinkat(spool->directory, COUNT_FILE, 0);
    close(descriptor);
}

/* False if nobody has counted lately. */
static bool read_count(struct spool *spool, uint64_t *tickets)
{
    char text[COUNT_TEXT_SIZE];
    struct stat status;
    int64_t age_ms;
    ssize_t length = -1;
    int descriptor = openat(spool->directory, COUNT_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
        length = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (length < 2 || text[length - 1] != '\n')
        return false;
    text[length - 1] = '\0';
    age_ms = clock_wall_ms() - (int64_t)status.st_mtim.tv_sec * 1000;
    return quantity_parse_number(text, UINT64_MAX, tickets) && age_ms >= -RECOUNT_EVERY_MS &&
           age_ms < (*tickets >= spool->limit.most ? BELIEVED_FULL_MS : BELIEVED_MS);
}

static void end_walk(struct spool_limit *limit)
{
    if (limit->walk)
        spool_walk_end(limit->walk);
    free(limit->walk);
    limit->walk = NULL;
    limit->moved = false;
}

static void learn(struct spool *spool, uint64_t tickets)
{
    spool->limit.count = tickets;
    spool->limit.counted = true;
    spool->limit.counted_ms = clock_monotonic_ms();
}

void spool_limit_note(struct spool *spool, uint64_t tickets)
{
    if (!spool_directory_use(spool))
        return;
    learn(spool, tickets);
    if (tickets > AT_ONCE)
        write_count(spool, tickets);
    else
        unlinkat(spool->directory, COUNT_FILE, 0);
}

static bool begin_walk(struct spool *spool)
{
    struct spool_limit *limit = &spool->limit;

    end_walk(limit);
    limit->walked = 0;
    limit->walk = calloc(1, sizeof *limit->walk);
    if (limit->walk && spool_walk_begin(limit->walk, spool) == SPOOL_OK)
        return true;
    end_walk(limit);
    return false;
}

/* True if there is more to count. What cannot be read is not counted: nor can anything be written there. */
static bool go_on(struct spool *spool, struct spool_walk_slice slice)
{
    struct spool_limit *limit = &spool->limit;
    bool ended = true;

    if (!limit->walk)
        return false;
    if (spool_walk_on(limit->walk, slice, count_ticket, &limit->walked, &ended) == SPOOL_OK && ended &&
        !limit->moved) {
        learn(spool, limit->walked);
        if (limit->walked > AT_ONCE)
            write_count(spool, limit->walked);
    }
    if (ended)
        end_walk(limit);
    return !ended;
}

bool spool_limit_count_on(struct spool *spool)
{
    return go_on(spool, (struct spool_walk_slice){.us = SLICE_US});
}

void spool_limit_count_later(struct spool *spool, void (*wanted)(void *argument), void *argument)
{
    spool->limit.later = wanted;
    spool->limit.later_argument = argument;
}

/* Until it is counted what is known goes on, or what another process knows; without that, there is room. */
static void count_rest(struct spool *spool)
{
    struct spool_limit *limit = &spool->limit;
    uint64_t tickets;

    if (!limit->counted && read_count(spool, &tickets))
        learn(spool, tickets);
    if (limit->later)
        limit->later(limit->later_argument);
    else if (limit->counted && limit->counted_ms + RECOUNT_EVERY_MS > clock_monotonic_ms())
        end_walk(limit); /* as known just now */
    else
        go_on(spool, (struct spool_walk_slice){.us = INT64_MAX / 2});
}

bool spool_limit_is_reached(struct spool *spool)
{
    struct spool_limit *limit = &spool->limit;
    bool due = !limit->counted || (limit->count >= limit->most &&
                                   clock_monotonic_ms() - limit->counted_ms >= RECOUNT_EVERY_MS);

    if (limit->moved)
        end_walk(limit);
    if (due && !limit->walk && begin_walk(spool) && go_on(spool, (struct spool_walk_slice){.files = AT_ONCE}))
        count_rest(spool);
    return limit->count >= limit->most;
}

void spool_limit_one_less(struct spool *spool)
{
    if (spool->limit.count > 0)
        spool->limit.count--;
}

void spool_limit_end(struct spool *spool)
{
    end_walk(&spool->limit);
}
