/*
 * The directory of the spool: open, looked at anew where that matters, and synced if that is wanted. For the
 * spool's own files only; others use spool/spool.h.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_DIRECTORY_H
#define AUTOJOIN_SPOOL_SPOOL_DIRECTORY_H

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "spool/spool_draft.h"
#include "spool/spool_status.h"
#include "spool/ticket.h"

#define REMOVED_DIRECTORY "left"
#define FAILED_DIRECTORY "failed"
#define BROKEN_DIRECTORY "broken"

struct spool_walk;

struct spool_limit {
    uint64_t most;           /* AUTOJOIN_SPOOL_MAX */
    uint64_t count;          /* tickets when last counted, and our own changes since */
    int64_t counted_ms;      /* clock_monotonic_ms() */
    bool counted;            /* or told by another process */
    struct spool_walk *walk; /* a count that is under way; NULL */
    uint64_t walked;         /* tickets that it has met */
    bool moved;              /* it is another directory's */
    void (*later)(void *argument); /* there is something to count; NULL: nobody counts later */
    void *later_argument;
};

struct spool {
    const char *path;
    int directory; /* -1 if it is not open */
    dev_t device;  /* of the open one */
    ino_t inode;
    int error; /* errno of the last SPOOL_FAILED */
    const char *refused; /* what owner_judge() said of it; NULL */
    bool sync;
    int64_t looked_us; /* at the path */
    struct spool_limit limit; /* spool_limit.c */
    struct spool_drafts drafts;
};

/* Opens the directory unless it is open and still what stands at its path: it may have been removed and
 * made again, moved, or mounted over. False, with errno set, if it cannot be used, or is `refused`. */
bool spool_directory_use(struct spool *spool);

/* Closes it, with its drafts. */
void spool_directory_forget(struct spool *spool);

/* Reads the ticket at a path below the directory (spool.c); of that conversation, unless it is NULL. */
enum spool_status spool_read_path(struct spool *spool, const char *path, const char *conversation,
                                  struct ticket *ticket);

/* Called for the name of each file. Returns false to stop. */
typedef bool spool_directory_visit_fn(void *argument, const char *name);

/* A stream of the directory's entries, or of a subdirectory's; the caller's to close. NULL, with errno, if it cannot be
 * read. For the directory after spool_directory_use(). */
DIR *spool_directory_open(struct spool *spool, const char *directory);

/* Visits the files that follow in the stream, until `visit` stops it: `ended` tells whether that was all. */
enum spool_status spool_directory_read(struct spool *spool, const char *directory, DIR *stream,
                                       spool_directory_visit_fn *visit, void *argument, bool *ended);

/* Visits the files of the directory ("."), or of a subdirectory, which need not be there; what is a directory
 * itself is passed over. For the directory after spool_directory_use(). */
enum spool_status spool_directory_visit(struct spool *spool, const char *directory,
                                        spool_directory_visit_fn *visit, void *argument);

/* With AUTOJOIN_SPOOL_SYNC: what names are in it has survived a power loss when this returns. */
enum spool_status spool_directory_sync(struct spool *spool);

/* Keeps errno for spool_describe(). The directory stays open, and counted: on a full disk every webhook
 * comes here. */
enum spool_status spool_directory_failed(struct spool *spool);

#endif
