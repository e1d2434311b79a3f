#include "build.h"

#include "spool/spool_walk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "spool/spool_directory.h"
#include "support/clock.h"

/* Written in a moment, or never by now. The process that it belongs to may be alive and have kept it for its next
 * ticket: then it makes another (spool/spool_draft.h). */
enum { DRAFT_STALE_AFTER_S = 120 };

static void remove_if_stale(struct spool *spool, const char *name)
{
    struct stat status;

    if (fstatat(spool->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && time(NULL) - status.st_mtime > DRAFT_STALE_AFTER_S)
        unlinkat(spool->directory, name, 0);
}

struct visit {
    struct spool *spool;
    spool_visit_fn *visit;
    void *argument;
    int64_t until_us; /* clock_monotonic_us() */
    uint64_t files;   /* ... and not before so many */
    bool stopped;     /* by `visit` */
};

/* Drafts are files that are being written. */
static bool visit_file(void *argument, const char *name)
{
    struct visit *visit = argument;

    if (strncmp(name, SPOOL_DRAFT_PREFIX, strlen(SPOOL_DRAFT_PREFIX)) == 0)
        remove_if_stale(visit->spool, name);
    else if (name[0] != '.')
        visit->stopped = !visit->visit(visit->argument, name, sid_valid(name, strlen(name), "CH"));
    if (visit->files > 0)
        visit->files--;
    return !visit->stopped && (visit->files > 0 || clock_monotonic_us() < visit->until_us);
}

enum spool_status spool_visit(struct spool *spool, spool_visit_fn *visit, void *argument)
{
    struct visit files = {.spool = spool, .visit = visit, .argument = argument, .until_us = INT64_MAX};

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    return spool_directory_visit(spool, ".", visit_file, &files);
}

enum spool_status spool_walk_begin(struct spool_walk *walk, struct spool *spool)
{
    spool_walk_end(walk);
    walk->spool = spool;
    if (spool_directory_use(spool))
        walk->stream = spool_directory_open(spool, ".");
    return walk->stream ? SPOOL_OK : spool_directory_failed(spool);
}

enum spool_status spool_walk_on(struct spool_walk *walk, struct spool_walk_slice slice, spool_visit_fn *visit,
                                void *argument, bool *ended)
{
    struct visit files = {.spool = walk->spool, .visit = visit, .argument = argument, .files = slice.files};
    enum spool_status status;

    files.until_us = clock_monotonic_us() + slice.us;
    *ended = true;
    status = spool_directory_use(walk->spool) /* what is told is looked up by its name there */
                 ? spool_directory_read(walk->spool, ".", walk->stream, visit_file, &files, ended)
                 : spool_directory_failed(walk->spool);
    *ended = status != SPOOL_OK || *ended || files.stopped;
    if (*ended)
        spool_walk_end(walk);
    return status;
}

void spool_walk_end(struct spool_walk *walk)
{
    if (walk->stream)
        closedir(walk->stream);
    walk->stream = NULL;
}
