#include "build.h"

#include "support/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clock.h"

/* Change it whenever the layout or a counter's place changes. */
static const uint64_t magic = UINT64_C(0x36734e494f4a5541); /* "AUJOINs6" */

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
    _Atomic int64_t spool_slow_ms;
    _Atomic uint64_t counters[STATS_COUNTER_COUNT];
    struct times times[STATS_HISTOGRAM_COUNT];
    struct stats_now now;
};

struct stats {
    struct layout *layout;
    struct mapping *mapping;
    const char *path;
    char *own_path;
    dev_t device; /* with the inode: which file is mapped */
    ino_t inode;
    bool writable;
    int64_t tried_ms; /* to map it again */
    struct stats_now_process self; /* pid 0: this process does not serve */
    int row;          /* its own, -1 for none */
};

enum { TRY_AGAIN_MS = 1000, MAPPINGS_LIMIT = 4 };

/* A signal handler has no other way to know: what is mapped, and whether an empty page has taken its place. */
static struct mapping {
    _Atomic(struct layout *) layout;
    atomic_bool lost;
} mappings[MAPPINGS_LIMIT];

static bool replace_lost(struct mapping *mapping, const siginfo_t *info)
{
    struct layout *layout = atomic_load(&mapping->layout);
    uintptr_t at = (uintptr_t)info->si_addr, begin = (uintptr_t)layout;

    if (!layout || info->si_code <= 0 || at < begin || at >= begin + sizeof *layout ||
        mmap(layout, sizeof *layout, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) != layout)
        return false;
    atomic_store(&mapping->lost, true);
    return true;
}

/* mmap() is no more than its system call. Any other SIGBUS is what it always was: an end. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    size_t i;

    (void)context;
    for (i = 0; i < MAPPINGS_LIMIT; i++) {
        if (replace_lost(&mappings[i], info)) {
            errno = saved;
            return;
        }
    }
    signal(number, SIG_DFL);
    raise(number);
}

static struct mapping *free_mapping(void)
{
    size_t i;

    for (i = 0; i < MAPPINGS_LIMIT; i++)
        if (!atomic_load(&mappings[i].layout))
            return &mappings[i];
    return NULL;
}

static void guard(struct mapping *mapping, struct layout *layout)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_RESTART};

    atomic_store(&mapping->layout, layout);
    atomic_store(&mapping->lost, false);
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

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

static void unmap(struct stats *stats)
{
    if (!stats->layout)
        return;
    atomic_store(&stats->mapping->layout, NULL);
    munmap(stats->layout, sizeof *stats->layout);
    stats->layout = NULL;
}

static enum stats_status map_file(struct stats *stats, int descriptor)
{
    int protection = stats->writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *layout = mmap(NULL, sizeof *stats->layout, protection, MAP_SHARED, descriptor, 0);
    enum stats_status status;

    if (layout == MAP_FAILED)
        return STATS_FAILED;
    stats->layout = layout;
    guard(stats->mapping, layout);
    status = check_magic(layout, stats->writable);
    if (status != STATS_OK)
        unmap(stats);
    return status;
}

/* Never through a link, and never makes what somebody else has made since. */
static int open_path(const struct stats *stats)
{
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, descriptor;

    if (!stats->writable)
        return open(stats->path, flags | O_RDONLY);
    descriptor = open(stats->path, flags | O_RDWR);
    if (descriptor < 0 && errno == ENOENT)
        descriptor = open(stats->path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor < 0 && errno == EEXIST) /* another process, just now */
        descriptor = open(stats->path, flags | O_RDWR);
    return descriptor;
}

/* Whoever else could write to it could forge what we count; a second name may be that of another's file. */
static bool is_ours(int descriptor)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && status.st_uid == geteuid() && status.st_nlink == 1 &&
           !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static void remember_file(struct stats *stats, int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return;
    stats->device = status.st_dev;
    stats->inode = status.st_ino;
}

static enum stats_status open_file(struct stats *stats)
{
    int descriptor = open_path(stats);
    enum stats_status status = STATS_FAILED;
    off_t size = (off_t)sizeof(struct layout);
    int saved;

    if (descriptor < 0)
        return STATS_FAILED;
    if (stats->writable && !is_ours(descriptor)) {
        close(descriptor);
        return STATS_UNSAFE;
    }
    if (stats->writable && has_size(descriptor, 0))
        /* Allocated, not just lengthened: a full disk would kill us at the first count. */
        errno = posix_fallocate(descriptor, 0, size);
    if (has_size(descriptor, size)) {
        remember_file(stats, descriptor);
        status = map_file(stats, descriptor);
    } else if (!has_size(descriptor, 0))
        status = STATS_OTHER_VERSION;
    saved = errno;
    close(descriptor);
    errno = saved;
    return status;
}

/* errno stays. */
static void free_stats(struct stats *stats)
{
    free(stats->own_path);
    free(stats);
}

static enum stats_status open_stats(struct stats **result, const char *path, bool writable)
{
    struct stats *stats = calloc(1, sizeof *stats);
    enum stats_status status;

    *result = NULL;
    if (!stats)
        return STATS_FAILED;
    stats->own_path = strdup(path);
    stats->path = stats->own_path;
    stats->writable = writable;
    stats->row = -1;
    stats->mapping = free_mapping();
    status = stats->path && stats->mapping ? open_file(stats) : STATS_FAILED;
    if (status == STATS_OK)
        *result = stats;
    else
        free_stats(stats);
    return status;
}

enum stats_status stats_open(struct stats **stats, const char *path)
{
    return open_stats(stats, path, true);
}

enum stats_status stats_open_for_reading(struct stats **stats, const char *path)
{
    return open_stats(stats, path, false);
}

const char *stats_describe(enum stats_status status)
{
    switch (status) {
    case STATS_OK:
        return "done";
    case STATS_FAILED:
        break;
    case STATS_OTHER_VERSION:
        return "another version's statistics, or none: remove it";
    case STATS_UNSAFE:
        return "it is another user's, others can write to it, or it has a second name: remove it";
    }
    return strerror(errno);
}

/* After the file was shortened we count on a page of our own: that is given up for the file's new beginning,
 * or stays for another second. */
static struct layout *to_count_in(struct stats *stats)
{
    struct stats again = {.mapping = stats->mapping, .path = stats->path, .writable = true};
    struct layout *own = stats->layout;
    int64_t now_ms;

    if (!atomic_load_explicit(&stats->mapping->lost, memory_order_relaxed))
        return own;
    now_ms = clock_monotonic_ms();
    if (stats->tried_ms != 0 && now_ms - stats->tried_ms < TRY_AGAIN_MS)
        return own;
    stats->tried_ms = now_ms;
    if (open_file(&again) != STATS_OK) {
        atomic_store(&stats->mapping->layout, own);
        atomic_store(&stats->mapping->lost, true);
        return own;
    }
    munmap(own, sizeof *own);
    stats->layout = again.layout;
    stats->device = again.device;
    stats->inode = again.inode;
    if (stats->self.pid != 0)
        stats->row = stats_now_enter(&again.layout->now, &stats->self);
    return again.layout;
}

bool stats_is_replaced(const struct stats *stats)
{
    struct stat status;

    return lstat(stats->path, &status) != 0 || status.st_dev != stats->device || status.st_ino != stats->inode;
}

void stats_close(struct stats *stats)
{
    if (!stats)
        return;
    if (stats->self.pid != 0)
        stats_now_leave(&stats->layout->now, stats->row, stats->self.pid);
    unmap(stats);
    free_stats(stats);
}

void stats_count(struct stats *stats, enum stats_counter counter)
{
    if (stats)
        atomic_fetch_add_explicit(&to_count_in(stats)->counters[counter], 1, memory_order_relaxed);
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
    times = &to_count_in(stats)->times[histogram];
    atomic_fetch_add_explicit(&times->buckets[bucket_of(microseconds)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&times->sum_us, (uint64_t)microseconds, memory_order_relaxed);
}

void stats_breaker_open(struct stats *stats)
{
    struct layout *layout;

    if (!stats)
        return;
    layout = to_count_in(stats);
    atomic_store_explicit(&layout->breaker_open_ms, clock_wall_ms(), memory_order_relaxed);
    stats_now_breaker(&layout->now, stats->row, true);
}

void stats_breaker_closed(struct stats *stats)
{
    if (stats)
        stats_now_breaker(&to_count_in(stats)->now, stats->row, false);
}

void stats_serve(struct stats *stats, const char *settings)
{
    struct layout *layout;
    bool first;

    if (!stats)
        return;
    layout = to_count_in(stats);
    first = stats->self.pid == 0;
    if (first)
        stats_now_self(&stats->self);
    stats->self.settings_ms = clock_wall_ms();
    snprintf(stats->self.settings, sizeof stats->self.settings, "%s", settings);
    snprintf(stats->self.version, sizeof stats->self.version, "%s", PACKAGE_VERSION);
    if (first)
        stats->row = stats_now_enter(&layout->now, &stats->self);
    else
        stats_now_change(&layout->now, stats->row, &stats->self);
}

static enum stats_now_kind kind_of(enum stats_counter counter)
{
    switch (counter) {
    case STATS_JOINED:
    case STATS_ALREADY_JOINED:
    case STATS_GONE:
    case STATS_STREAM_JOINED:
    case STATS_STREAM_ALREADY_JOINED:
    case STATS_STREAM_GONE:
        return STATS_NOW_SETTLED;
    case STATS_RETRY_LATER:
    case STATS_REFUSED:
    case STATS_STREAM_RETRY_LATER:
    case STATS_STREAM_REFUSED:
        return STATS_NOW_FAILED;
    default:
        return STATS_NOW_OTHER;
    }
}

void stats_webhook(struct stats *stats, enum stats_counter counter, unsigned status, unsigned code, const char *reason)
{
    struct stats_now_webhook webhook = {.counter = counter, .status = status, .code = code};
    struct layout *layout;

    if (!stats)
        return;
    layout = to_count_in(stats);
    atomic_fetch_add_explicit(&layout->counters[counter], 1, memory_order_relaxed);
    snprintf(webhook.reason, sizeof webhook.reason, "%s", reason ? reason : "");
    stats_now_note(&layout->now, kind_of(counter), &webhook);
}

void stats_spool_slow(struct stats *stats)
{
    stats_count(stats, STATS_SPOOL_SLOW);
    if (stats)
        atomic_store_explicit(&to_count_in(stats)->spool_slow_ms, clock_wall_ms(), memory_order_relaxed);
}

bool stats_read(const struct stats *stats, struct stats_snapshot *snapshot)
{
    struct layout *layout = stats->layout;
    unsigned i, j;

    snapshot->started_ms = atomic_load(&layout->started_ms);
    snapshot->breaker_open_ms = atomic_load(&layout->breaker_open_ms);
    snapshot->spool_slow_ms = atomic_load(&layout->spool_slow_ms);
    stats_now_read(&layout->now, &snapshot->now);
    for (i = 0; i < STATS_COUNTER_COUNT; i++)
        snapshot->counters[i] = atomic_load(&layout->counters[i]);
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        for (j = 0; j < STATS_BUCKET_COUNT; j++)
            snapshot->times[i].buckets[j] = atomic_load(&layout->times[i].buckets[j]);
        snapshot->times[i].sum_us = atomic_load(&layout->times[i].sum_us);
    }
    if (!atomic_load(&stats->mapping->lost))
        return true;
    *snapshot = (struct stats_snapshot){.started_ms = 0};
    return false;
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
