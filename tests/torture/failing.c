#include "build.h"

#include "failing.h"

#include <curl/curl.h>
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The names that ld --wrap makes are reserved ones, and nobody declares them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

static struct {
    bool armed;
    enum failing_way way;
    unsigned long point;
    struct failing_report *report;
    bool libraries;
} order;

enum kind { MEMORY, FILES, TRANSFER /* read and write, which are FILES too */ };

static bool counts(enum kind kind)
{
    switch (order.way) {
    case FAILING_MEMORY_ONWARD:
        return kind == MEMORY;
    case FAILING_FILES_ONWARD:
        return kind != MEMORY;
    case FAILING_INTERRUPTED:
    case FAILING_SHORT:
        return kind == TRANSFER;
    default:
        return true;
    }
}

/* Whether this call is to fail. */
static bool fails(enum kind kind, const char *what)
{
    bool onward = order.way == FAILING_MEMORY_ONWARD || order.way == FAILING_FILES_ONWARD;

    if (!order.armed || !counts(kind))
        return false;
    order.report->calls++;
    if (order.point == 0 || order.report->calls < order.point ||
        (order.report->calls > order.point && !onward))
        return false;
    if (!order.report->reached)
        snprintf(order.report->what, sizeof order.report->what, "%s", what);
    order.report->reached = true;
    return true;
}

static bool fails_with(enum kind kind, const char *what, int number)
{
    if (!fails(kind, what))
        return false;
    errno = number;
    return true;
}

#define WRAP(type, name, ...)      \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size)
{
    return fails_with(MEMORY, "malloc", ENOMEM) ? NULL : __real_malloc(size);
}

WRAP(void *, calloc, size_t count, size_t size)
{
    return fails_with(MEMORY, "calloc", ENOMEM) ? NULL : __real_calloc(count, size);
}

WRAP(void *, realloc, void *old, size_t size)
{
    return fails_with(MEMORY, "realloc", ENOMEM) ? NULL : __real_realloc(old, size);
}

WRAP(char *, strdup, const char *text)
{
    return fails_with(MEMORY, "strdup", ENOMEM) ? NULL : __real_strdup(text);
}

/* True if the transfer is not to be done; `length` may be made shorter. */
static bool transfer_fails(const char *what, size_t *length, int number)
{
    if (!fails(TRANSFER, what))
        return false;
    if (order.way == FAILING_SHORT) {
        *length = *length > 0;
        return false;
    }
    errno = order.way == FAILING_INTERRUPTED ? EINTR : number;
    return true;
}

WRAP(ssize_t, read, int descriptor, void *bytes, size_t length)
{
    return transfer_fails("read", &length, EIO) ? -1 : __real_read(descriptor, bytes, length);
}

WRAP(ssize_t, write, int descriptor, const void *bytes, size_t length)
{
    return transfer_fails("write", &length, ENOSPC) ? -1 : __real_write(descriptor, bytes, length);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return fails_with(FILES, "open", EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...);
int __wrap_openat(int directory, const char *path, int flags, ...)
{
    va_list more;
    mode_t mode;

    va_start(more, flags);
    mode = flags & O_CREAT ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return fails_with(FILES, "openat", EMFILE) ? -1 : __real_openat(directory, path, flags, mode);
}

/* Closed it is in any case: Linux frees the descriptor before it says EIO. */
WRAP(int, close, int descriptor)
{
    int status = __real_close(descriptor);

    return fails_with(FILES, "close", EIO) ? -1 : status;
}

#define FAILING_FILE_CALL(name, number, parameters, arguments)             \
    int __real_##name parameters;                                          \
    int __wrap_##name parameters;                                          \
    int __wrap_##name parameters                                           \
    {                                                                      \
        return fails_with(FILES, #name, number) ? -1 : __real_##name arguments; \
    }

/* That it works takes a real disk's time, and says nothing here. */
WRAP(int, fsync, int descriptor)
{
    return fails_with(FILES, "fsync", EIO) ? -1 : 0 * descriptor;
}

FAILING_FILE_CALL(rename, EIO, (const char *from, const char *to), (from, to))
FAILING_FILE_CALL(renameat, EIO, (int from_at, const char *from, int to_at, const char *to),
                  (from_at, from, to_at, to))
FAILING_FILE_CALL(linkat, EIO, (int from_at, const char *from, int to_at, const char *to, int flags),
                  (from_at, from, to_at, to, flags))
FAILING_FILE_CALL(unlinkat, EIO, (int at, const char *path, int flags), (at, path, flags))
FAILING_FILE_CALL(mkdirat, ENOSPC, (int at, const char *path, mode_t mode), (at, path, mode))
FAILING_FILE_CALL(stat, EIO, (const char *path, struct stat *status), (path, status))
FAILING_FILE_CALL(fstat, EIO, (int descriptor, struct stat *status), (descriptor, status))
FAILING_FILE_CALL(posix_fallocate, ENOSPC, (int descriptor, off_t at, off_t length),
                  (descriptor, at, length))

WRAP(DIR *, fdopendir, int descriptor)
{
    return fails_with(FILES, "fdopendir", ENOMEM) ? NULL : __real_fdopendir(descriptor);
}

WRAP(FILE *, fopen, const char *path, const char *mode)
{
    return fails_with(FILES, "fopen", EMFILE) ? NULL : __real_fopen(path, mode);
}

/* Waiting is not what is tried here: timers come early, so that thousands of runs with retries
 * take minutes. */
enum { FASTER = 20 };

int __real_event_add(struct event *event, const struct timeval *delay);
int __wrap_event_add(struct event *event, const struct timeval *delay);
int __wrap_event_add(struct event *event, const struct timeval *delay)
{
    struct timeval sooner;
    long microseconds;

    if (!delay)
        return __real_event_add(event, NULL);
    microseconds = (long)delay->tv_sec * 1000000 + delay->tv_usec;
    sooner.tv_sec = microseconds / FASTER / 1000000;
    sooner.tv_usec = microseconds / FASTER % 1000000;
    return __real_event_add(event, &sooner);
}

static void *library_malloc(size_t size)
{
    return fails_with(MEMORY, "malloc of a library", ENOMEM) ? NULL : __real_malloc(size);
}

static void *library_calloc(size_t count, size_t size)
{
    return fails_with(MEMORY, "calloc of a library", ENOMEM) ? NULL : __real_calloc(count, size);
}

static void *library_realloc(void *old, size_t size)
{
    return fails_with(MEMORY, "realloc of a library", ENOMEM) ? NULL : __real_realloc(old, size);
}

static char *library_strdup(const char *text)
{
    return fails_with(MEMORY, "strdup of a library", ENOMEM) ? NULL : __real_strdup(text);
}

int __real_curl_global_init(long flags);
int __wrap_curl_global_init(long flags);
int __wrap_curl_global_init(long flags)
{
    if (!order.libraries)
        return __real_curl_global_init(flags);
    return (int)curl_global_init_mem(flags, library_malloc, free, library_realloc, library_strdup,
                                     library_calloc);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return library_malloc(size);
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return library_realloc(old, size);
}

static void crypto_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

void failing_arm(enum failing_way way, unsigned long point, bool libraries,
                 struct failing_report *report)
{
    *report = (struct failing_report){0};
    order.way = way;
    order.point = point;
    order.libraries = libraries;
    order.report = report;
    if (libraries) {
        event_set_mem_functions(library_malloc, library_realloc, free);
        json_set_alloc_funcs(library_malloc, free);
        CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
    }
    order.armed = true;
}

void failing_disarm(void)
{
    order.armed = false;
}

const char *failing_name(enum failing_way way)
{
    static const char *const names[FAILING_WAYS] = {"once", "no memory from there on",
                                                    "no file works from there on", "interrupted",
                                                    "one byte only"};

    return names[way];
}
