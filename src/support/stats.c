#include "build.h"

#include "support/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clock.h"

/* Change it whenever the layout or a counter's place changes. */
static const uint64_t magic = UINT64_C(0x31734e494f4a5541); /* "AUJOINs1" */

const int64_t stats_bounds_us[STATS_BUCKET_COUNT - 1] = {
    250,    500,    1000,   2000,   3000,   5000,    7000,    10000,   15000,   20000,   30000, 50000,
    70000,  100000, 150000, 200000, 300000, 500000,  1000000, 2000000, 3000000, 4000000, 5000000,
};

struct times {
    _Atomic uint64_t buckets[STATS_BUCKET_COUNT];
    _Atomic uint64_t sum_us;
};

/* The file, as it lies on disk. */
struct layout {
    _Atomic uint64_t magic;
    _Atomic int64_t started_ms;
    _Atomic int64_t breaker_open_ms;
    _Atomic uint64_t counters[STATS_COUNTER_COUNT];
    struct times times[STATS_HISTOGRAM_COUNT];
};

struct stats {
    struct layout *layout;
};

static bool has_size(int descriptor, off_t size)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == size;
}

/* A new file is all zeros, which is a good beginning: whoever comes first writes the magic, and
 * all who come at once write the same. */
static enum stats_status check_magic(struct layout *layout, bool writable)
{
    uint64_t expected = 0;
    int64_t never = 0;

    if (writable && atomic_compare_exchange_strong(&layout->magic, &expected, magic))
        expected = magic;
    else
        expected = atomic_load(&layout->magic);
    if (expected != magic)
        return STATS_OTHER_VERSION;
    if (writable)
        atomic_compare_exchange_strong(&layout->started_ms, &never, clock_wall_ms());
    return STATS_OK;
}

static enum stats_status map_file(struct stats **result, int descriptor, bool writable)
{
    struct stats *stats = malloc(sizeof *stats);
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    enum stats_status status;

    if (!stats)
        return STATS_FAILED;
    stats->layout = mmap(NULL, sizeof *stats->layout, protection, MAP_SHARED, descriptor, 0);
    if (stats->layout == MAP_FAILED) {
        free(stats);
        return STATS_FAILED;
    }
    status = check_magic(stats->layout, writable);
    if (status == STATS_OK)
        *result = stats;
    else
        stats_close(stats);
    return status;
}

static enum stats_status open_file(struct stats **stats, const char *path, bool writable)
{
    int flags = writable ? O_RDWR | O_CREAT : O_RDONLY;
    int descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600);
    enum stats_status status = STATS_FAILED;
    off_t size = (off_t)sizeof(struct layout);
    int saved;

    *stats = NULL;
    if (descriptor < 0)
        return STATS_FAILED;
    if (writable && has_size(descriptor, 0))
        /* Allocated, not just lengthened: a full disk would kill us at the first count. */
        errno = posix_fallocate(descriptor, 0, size);
    if (has_size(descriptor, size))
        status = map_file(stats, descriptor, writable);
    else if (!has_size(descriptor, 0))
        status = STATS_OTHER_VERSION;
    saved = errno;
    close(descriptor);
    errno = saved;
    return status;
}

enum stats_status stats_open(struct stats **stats, const char *path)
{
    return open_file(stats, path, true);
}

enum stats_status stats_open_for_reading(struct stats **stats, const char *path)
{
    return open_file(stats, path, false);
}

void stats_close(struct stats *stats)
{
    if (!stats)
        return;
    munmap(stats->layout, sizeof *stats->layout);
    free(stats);
}

void stats_count(struct stats *stats, enum stats_counter counter)
{
    if (stats)
        atomic_fetch_add_explicit(&stats->layout->counters[counter], 1, memory_order_relaxed);
}

static unsigned bucket_of(int64_t microseconds)
{
    unsigned bucket = 0;

    while (bucket < STATS_BUCKET_COUNT - 1 && microseconds > stats_bounds_us[bucket])
        bucket++;
    return bucket;
}

void stats_time(struct stats *stats, enum stats_histogram histogram, int64_t microseconds)
{
    struct times *times;

    if (!stats)
        return;
    times = &stats->layout->times[histogram];
    atomic_fetch_add_explicit(&times->buckets[bucket_of(microseconds)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&times->sum_us, (uint64_t)microseconds, memory_order_relaxed);
}

void stats_breaker_open(struct stats *stats)
{
    if (stats)
        atomic_store_explicit(&stats->layout->breaker_open_ms, clock_wall_ms(),
                              memory_order_relaxed);
}

void stats_read(const struct stats *stats, struct stats_snapshot *snapshot)
{
    struct layout *layout = stats->layout;
    unsigned i, j;

    snapshot->started_ms = atomic_load(&layout->started_ms);
    snapshot->breaker_open_ms = atomic_load(&layout->breaker_open_ms);
    for (i = 0; i < STATS_COUNTER_COUNT; i++)
        snapshot->counters[i] = atomic_load(&layout->counters[i]);
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        for (j = 0; j < STATS_BUCKET_COUNT; j++)
            snapshot->times[i].buckets[j] = atomic_load(&layout->times[i].buckets[j]);
        snapshot->times[i].sum_us = atomic_load(&layout->times[i].sum_us);
    }
}

int64_t stats_quantile_us(const struct stats_times *times, double quantile)
{
    uint64_t total = 0, seen = 0;
    unsigned i;

    for (i = 0; i < STATS_BUCKET_COUNT; i++)
        total += times->buckets[i];
    if (total == 0)
        return -1;
    for (i = 0; i < STATS_BUCKET_COUNT - 1; i++) {
        seen += times->buckets[i];
        if ((double)seen >= quantile * (double)total)
            return stats_bounds_us[i];
    }
    return INT64_MAX;
}
