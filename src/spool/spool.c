#include "build.h"

#include "spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/clock.h"
#include "spool/spool_directory.h"

enum {
    RECOUNT_EVERY_MS = 5000, /* when the spool seems full */
    STALE_AFTER_S = 3600,
    READ_TRIES = 3,
};

#define FAILED_DIRECTORY "failed"
#define BROKEN_DIRECTORY "broken"

struct spool *spool_new(const char *path, bool sync, uint64_t limit)
{
    struct spool *spool = calloc(1, sizeof *spool);

    if (!spool)
        return NULL;
    *spool = (struct spool){.path = path, .directory = -1, .sync = sync, .limit = limit};
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
    spool_directory_forget(spool);
    free(spool);
}

static bool count_ticket(void *argument, const char *name, bool is_ticket)
{
    (void)name;
    *(uint64_t *)argument += is_ticket;
    return true;
}

/* Counting reads the whole directory, so it is done rarely: at first, and when the spool
 * seems full. In between every process knows only its own changes. */
static bool is_full(struct spool *spool)
{
    int64_t now = clock_monotonic_ms();

    if (spool->counted &&
        (spool->count < spool->limit || now - spool->counted_ms < RECOUNT_EVERY_MS))
        return spool->count >= spool->limit;
    spool->count = 0;
    spool->counted = true;
    spool->counted_ms = now;
    spool_visit(spool, count_ticket, &spool->count);
    return spool->count >= spool->limit;
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

enum spool_status spool_add(struct spool *spool, const struct ticket *ticket)
{
    enum spool_status status;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    if (is_full(spool))
        return faccessat(spool->directory, ticket->conversation.text, F_OK, 0) == 0 ? SPOOL_EXISTS
                                                                                    : SPOOL_FULL;
    status = write_ticket(spool, ticket, spool_draft_add);
    spool->count += status == SPOOL_OK;
    return status;
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
    if (spool->count > 0)
        spool->count--;
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

/* Reads at most TICKET_LIMIT bytes; a longer file is no ticket. */
static enum spool_status read_text(struct spool *spool, const char *name,
                                   char text[TICKET_LIMIT + 1])
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
    if (regular)
        count = read_whole(descriptor, text, TICKET_LIMIT);
    close(descriptor);
    if (count < 0)
        return spool_directory_failed(spool);
    if (!regular || memchr(text, '\0', (size_t)count))
        return SPOOL_BROKEN;
    text[count] = '\0';
    return SPOOL_OK;
}

/* A file that was opened just before it was struck out may already hold the next ticket, or a part of it
 * (spool/spool_draft.h): what seems broken is looked up anew, by its name. */
enum spool_status spool_read(struct spool *spool, const char *conversation, struct ticket *ticket)
{
    char text[TICKET_LIMIT + 1];
    enum spool_status status = SPOOL_BROKEN;
    unsigned tries;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    for (tries = 0; tries < READ_TRIES && status == SPOOL_BROKEN; tries++) {
        status = read_text(spool, conversation, text);
        if (status == SPOOL_OK && (!ticket_read(ticket, text) ||
                                   strcmp(ticket->conversation.text, conversation) != 0))
            status = SPOOL_BROKEN;
    }
    return status;
}

/* Moves a file into a subdirectory, which is made if it is not there; a number joins the
 * name if it is taken. */
static enum spool_status move_into(struct spool *spool, const char *name, const char *directory)
{
    char to[512];
    unsigned i;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    if (mkdirat(spool->directory, directory, 0700) != 0 && errno != EEXIST)
        return spool_directory_failed(spool);
    for (i = 0; i < 1000; i++) {
        int length = i == 0 ? snprintf(to, sizeof to, "%s/%s", directory, name)
                            : snprintf(to, sizeof to, "%s/%s.%u", directory, name, i);

        if (length < 0 || (size_t)length >= sizeof to)
            break;
        if (faccessat(spool->directory, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        if (renameat(spool->directory, name, spool->directory, to) == 0)
            return SPOOL_OK;
        return errno == ENOENT ? SPOOL_ABSENT : spool_directory_failed(spool);
    }
    errno = EEXIST;
    return spool_directory_failed(spool);
}

enum spool_status spool_give_up(struct spool *spool, const char *conversation)
{
    enum spool_status status = move_into(spool, conversation, FAILED_DIRECTORY);

    if (status == SPOOL_OK && spool->count > 0)
        spool->count--;
    return status;
}

enum spool_status spool_set_aside(struct spool *spool, const char *name)
{
    return move_into(spool, name, BROKEN_DIRECTORY);
}

static void remove_if_stale(struct spool *spool, const char *name)
{
    struct stat status;

    if (fstatat(spool->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && time(NULL) - status.st_mtime > STALE_AFTER_S)
        unlinkat(spool->directory, name, 0);
}

static bool is_ours(const char *name)
{
    return name[0] == '.' || strcmp(name, SPOOL_LEFT) == 0 ||
           strcmp(name, FAILED_DIRECTORY) == 0 || strcmp(name, BROKEN_DIRECTORY) == 0;
}

/* NULL at the end, and with errno set when it cannot be read on. */
static struct dirent *next_entry(DIR *directory)
{
    errno = 0;
    return readdir(directory);
}

enum spool_status spool_visit(struct spool *spool, spool_visit_fn *visit, void *argument)
{
    struct dirent *entry;
    DIR *directory;
    int descriptor;
    enum spool_status status = SPOOL_OK;

    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    descriptor = openat(spool->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    if (!directory) {
        status = spool_directory_failed(spool);
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    while ((entry = next_entry(directory))) {
        const char *name = entry->d_name;

        if (strncmp(name, SPOOL_DRAFT_PREFIX, strlen(SPOOL_DRAFT_PREFIX)) == 0)
            remove_if_stale(spool, name);
        else if (!is_ours(name) && !visit(argument, name, sid_valid(name, strlen(name), "CH")))
            break;
    }
    if (!entry && errno != 0)
        status = spool_directory_failed(spool);
    closedir(directory);
    return status;
}

enum spool_status spool_try(struct spool *spool)
{
    if (!spool_directory_use(spool) || faccessat(spool->directory, ".", W_OK | X_OK, AT_EACCESS) != 0)
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
        return "not a ticket";
    case SPOOL_FAILED:
        break;
    }
    return spool->refused ? spool->refused : strerror(spool->error);
}
