#include "build.h"

#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_directory.h"
#include "spool/spool_limit.h"
#include "support/clock.h"

enum {
    READ_TRIES = 3,
    UNFINISHED_MS = 1000,       /* since the last byte that was written */
    UNFINISHED_EMPTY_MS = 3000, /* cp(1) makes a file and then writes it */
};

struct spool *spool_new(const char *path, bool sync, uint64_t limit)
{
    struct spool *spool = calloc(1, sizeof *spool);

    if (!spool)
        return NULL;
    *spool = (struct spool){.path = path, .directory = -1, .sync = sync, .limit.most = limit};
    spool_draft_init(&spool->drafts, sync);
    return spool;
}

void spool_keep_drafts(struct spool *spool)
{
    spool->drafts.keep = true;
}

void spool_free(struct spool *spool)
{
    if (!spool)
        return;
    spool_limit_end(spool);
    spool_directory_forget(spool);
    free(spool);
}

static enum spool_status write_ticket(struct spool *spool, const struct ticket *ticket,
                                      bool (*write)(struct spool_drafts *, const char *,
                                                    const struct buffer *))
{
    struct buffer text;
    enum spool_status status = SPOOL_OK;

    buffer_init(&text, TICKET_LIMIT);
    ticket_write(ticket, &text);
    errno = ENOMEM;
    if (buffer_status(&text) != BUFFER_OK ||
        !write(&spool->drafts, ticket->conversation.text, &text))
        status = errno == EEXIST ? SPOOL_EXISTS : spool_directory_failed(spool);
    buffer_free(&text);
    return status == SPOOL_OK ? spool_directory_sync(spool) : status;
}

static enum spool_status add_new(struct spool *spool, const struct ticket *ticket)
{
    enum spool_status status;

    if (spool_limit_is_reached(spool))
        return faccessat(spool->directory, ticket->conversation.text, F_OK, 0) == 0 ? SPOOL_EXISTS
                                                                                    : SPOOL_FULL;
    status = write_ticket(spool, ticket, spool_draft_add);
    spool->limit.count += status == SPOOL_OK;
    return status;
}

/* What stands there under the conversation's name may be no ticket: an empty file is what a power loss
 * leaves without AUTOJOIN_SPOOL_SYNC. */
enum spool_status spool_add(struct spool *spool, const struct ticket *ticket)
{
    struct ticket there;
    enum spool_status status;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    status = add_new(spool, ticket);
    if (status != SPOOL_EXISTS)
        return status;
    status = spool_read(spool, ticket->conversation.text, &there);
    return status == SPOOL_BROKEN || status == SPOOL_UNFINISHED
               ? write_ticket(spool, ticket, spool_draft_replace)
               : SPOOL_EXISTS;
}

enum spool_status spool_replace(struct spool *spool, const struct ticket *ticket)
{
    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    return write_ticket(spool, ticket, spool_draft_replace);
}

enum spool_status spool_strike(struct spool *spool, const char *conversation)
{
    bool there;

    /* In the directory where it was written, whatever stands at the path by now. */
    if (spool->directory < 0 && !spool_directory_use(spool))
        return spool_directory_failed(spool);
    there = unlinkat(spool->directory, conversation, 0) == 0;
    if (!there && errno != ENOENT)
        return spool_directory_failed(spool);
    spool_draft_struck(&spool->drafts, conversation);
    if (!there)
        return SPOOL_ABSENT;
    spool_limit_one_less(spool);
    return SPOOL_OK;
}

/* Reads to the end of the file. */
static ssize_t read_whole(int descriptor, char *text, size_t room)
{
    size_t length = 0;
    ssize_t count;

    do {
        count = read(descriptor, text + length, room - length);
        length += count > 0 ? (size_t)count : 0;
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count < 0 ? -1 : (ssize_t)length;
}

/* By the wall clock. What was written in its future, before it was set back, is not young: it might be so for
 * years, and would be looked at again and again. */
static bool is_young(const struct stat *status)
{
    int64_t written_ms = (int64_t)status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
    int64_t age = clock_wall_ms() - written_ms;

    return age >= 0 && age < (status->st_size == 0 ? UNFINISHED_EMPTY_MS : UNFINISHED_MS);
}

/* Reads at most TICKET_LIMIT bytes; a longer file is no ticket. `broken` gets what it is if it is none. */
static enum spool_status read_text(struct spool *spool, const char *name,
                                   char text[TICKET_LIMIT + 1], enum spool_status *broken)
{
    struct stat status;
    ssize_t count = 0;
    bool regular = false;
    int descriptor = openat(spool->directory, name,
                            O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (descriptor < 0)
        return errno == ENOENT ? SPOOL_ABSENT : errno == ELOOP ? SPOOL_BROKEN : spool_directory_failed(spool);
    if (fstat(descriptor, &status) != 0) {
        close(descriptor);
        return spool_directory_failed(spool); /* not "broken": a good ticket must not be put aside for that */
    }
    regular = S_ISREG(status.st_mode) && status.st_size <= TICKET_LIMIT;
    *broken = regular && is_young(&status) ? SPOOL_UNFINISHED : SPOOL_BROKEN;
    if (regular)
        count = read_whole(descriptor, text, TICKET_LIMIT);
    close(descriptor);
    if (count < 0)
        return spool_directory_failed(spool);
    if (!regular || memchr(text, '\0', (size_t)count))
        return *broken;
    text[count] = '\0';
    return SPOOL_OK;
}

/* A file that was opened just before it was struck out may already hold the next ticket, or a part of it
 * (spool/spool_draft.h): what seems broken is looked up anew, by its name. */
enum spool_status spool_read_path(struct spool *spool, const char *path, const char *conversation,
                                  struct ticket *ticket)
{
    char text[TICKET_LIMIT + 1];
    enum spool_status status = SPOOL_BROKEN, broken = SPOOL_BROKEN;
    unsigned tries;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    for (tries = 0; tries < READ_TRIES && (status == SPOOL_BROKEN || status == SPOOL_UNFINISHED);
         tries++) {
        status = read_text(spool, path, text, &broken);
        if (status == SPOOL_OK &&
            (!ticket_read(ticket, text) ||
             (conversation && strcmp(ticket->conversation.text, conversation) != 0)))
            status = broken;
    }
    return status;
}

enum spool_status spool_read(struct spool *spool, const char *conversation, struct ticket *ticket)
{
    return spool_read_path(spool, conversation, conversation, ticket);
}

enum spool_status spool_try(struct spool *spool)
{
    if (!spool_directory_use(spool) || faccessat(spool->directory, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return spool_directory_failed(spool);
    if (faccessat(spool->directory, REMOVED_DIRECTORY, W_OK | X_OK, AT_EACCESS) != 0 && errno != ENOENT)
        return spool_directory_failed(spool);
    return SPOOL_OK;
}

const char *spool_describe(const struct spool *spool, enum spool_status status)
{
    switch (status) {
    case SPOOL_OK:
        return "done";
    case SPOOL_EXISTS:
        return "there already";
    case SPOOL_ABSENT:
        return "not there";
    case SPOOL_FULL:
        return "the spool holds AUTOJOIN_SPOOL_MAX tickets";
    case SPOOL_BROKEN:
    case SPOOL_UNFINISHED:
        return "not a ticket";
    case SPOOL_FAILED:
        break;
    }
    return spool->refused ? spool->refused : strerror(spool->error);
}

/* ---- Marks of conversations that the bot was removed from on purpose, in left/ (the directory's name is a
 * promise to those who look into a spool) */

enum { NAME_SIZE = sizeof REMOVED_DIRECTORY + 1 + SID_LENGTH };

static void mark_name(char name[NAME_SIZE], const char *conversation)
{
    snprintf(name, NAME_SIZE, REMOVED_DIRECTORY "/%s", conversation);
}

/* The directory of the marks, and the one that has it, perhaps since now. */
static enum spool_status sync_marks(struct spool *spool)
{
    bool synced;
    int marks;

    if (!spool->sync)
        return SPOOL_OK;
    marks = openat(spool->directory, REMOVED_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (marks < 0)
        return spool_directory_failed(spool);
    synced = fsync(marks) == 0;
    close(marks);
    return synced ? spool_directory_sync(spool) : spool_directory_failed(spool);
}

enum spool_status spool_mark_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];
    int descriptor;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    mark_name(name, conversation);
    if (mkdirat(spool->directory, REMOVED_DIRECTORY, 0700) != 0 && errno != EEXIST)
        return spool_directory_failed(spool);
    descriptor = openat(spool->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return spool_directory_failed(spool);
    futimens(descriptor, NULL); /* of the latest removal; if not, it is of an earlier one */
    close(descriptor); /* it is its name that says something, and its time */
    return sync_marks(spool);
}

enum spool_status spool_clear_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    mark_name(name, conversation);
    if (unlinkat(spool->directory, name, 0) != 0)
        return errno == ENOENT ? SPOOL_ABSENT : spool_directory_failed(spool);
    return sync_marks(spool);
}

enum spool_removed spool_removed(struct spool *spool, const char *conversation)
{
    char name[NAME_SIZE];

    mark_name(name, conversation);
    if (spool_directory_use(spool)) {
        if (faccessat(spool->directory, name, F_OK, 0) == 0)
            return SPOOL_REMOVED_YES;
        if (errno == ENOENT)
            return SPOOL_REMOVED_NO;
    }
    spool_directory_failed(spool);
    return SPOOL_REMOVED_UNKNOWN;
}

enum spool_removed spool_removed_since(struct spool *spool, const char *conversation, int64_t since_ms)
{
    char name[NAME_SIZE];
    struct stat mark;

    mark_name(name, conversation);
    if (spool_directory_use(spool)) {
        if (fstatat(spool->directory, name, &mark, AT_SYMLINK_NOFOLLOW) == 0)
            return (int64_t)mark.st_mtime * 1000 > since_ms + 1000 ? SPOOL_REMOVED_YES : SPOOL_REMOVED_NO;
        if (errno == ENOENT)
            return SPOOL_REMOVED_NO;
    }
    spool_directory_failed(spool);
    return SPOOL_REMOVED_UNKNOWN;
}
