#include "build.h"

#include "spool/spool_draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 8 };

void spool_draft_init(struct spool_drafts *drafts, bool sync)
{
    size_t i;

    *drafts = (struct spool_drafts){.directory = -1, .sync = sync};
    jitter_init(&drafts->names);
    for (i = 0; i < SPOOL_DRAFTS_KEPT; i++)
        drafts->kept[i].descriptor = -1;
}

/* A name more or less: the ticket's own stays. */
static void drop(struct spool_drafts *drafts, struct spool_draft *draft)
{
    int saved = errno;

    if (draft->descriptor >= 0) {
        unlinkat(drafts->directory, draft->name, 0);
        close(draft->descriptor);
    }
    *draft = (struct spool_draft){.descriptor = -1};
    errno = saved;
}

void spool_draft_move(struct spool_drafts *drafts, int directory)
{
    size_t i;

    if (drafts->directory >= 0)
        for (i = 0; i < SPOOL_DRAFTS_KEPT; i++)
            drop(drafts, &drafts->kept[i]);
    drafts->directory = directory;
}

/* Makes an empty draft. */
static bool create(struct spool_drafts *drafts, struct spool_draft *draft)
{
    struct stat status;
    unsigned tries;

    *draft = (struct spool_draft){.descriptor = -1};
    for (tries = 0; draft->descriptor < 0 && tries < TRIES; tries++) {
        snprintf(draft->name, sizeof draft->name, SPOOL_DRAFT_PREFIX "%016llx",
                 (unsigned long long)jitter_next(&drafts->names));
        draft->descriptor = openat(drafts->directory, draft->name,
                                   O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (draft->descriptor < 0 && errno != EEXIST)
            break;
    }
    if (draft->descriptor < 0 || fstat(draft->descriptor, &status) != 0) {
        drop(drafts, draft);
        return false;
    }
    draft->device = status.st_dev;
    draft->inode = status.st_ino;
    return true;
}

static bool write_text(struct spool_drafts *drafts, struct spool_draft *draft,
                       const struct buffer *text)
{
    bool written = lseek(draft->descriptor, 0, SEEK_SET) == 0 &&
                   buffer_write_all(draft->descriptor, text) &&
                   (text->length >= draft->length ||
                    ftruncate(draft->descriptor, (off_t)text->length) == 0) &&
                   (!drafts->sync || fsync(draft->descriptor) == 0);

    draft->length = text->length;
    return written;
}

/* Writes a draft for one ticket only. */
static bool write_once(struct spool_drafts *drafts, struct spool_draft *draft,
                       const struct buffer *text)
{
    bool written;

    if (!create(drafts, draft))
        return false;
    written = write_text(drafts, draft, text);
    if (!written) {
        drop(drafts, draft);
        return false;
    }
    if (close(draft->descriptor) == 0)
        return true;
    unlinkat(drafts->directory, draft->name, 0);
    return false;
}

/* Not every file system knows RENAME_NOREPLACE (NFS does not); link() is as atomic there. */
static bool publish(struct spool_drafts *drafts, const char *draft, const char *ticket)
{
    int directory = drafts->directory;

    if (renameat2(directory, draft, directory, ticket, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return linkat(directory, draft, directory, ticket, 0) == 0 &&
           unlinkat(directory, draft, 0) == 0;
}

static void unlink_quietly(struct spool_drafts *drafts, const char *name)
{
    int saved = errno;

    unlinkat(drafts->directory, name, 0);
    errno = saved;
}

static bool add_once(struct spool_drafts *drafts, const char *ticket, const struct buffer *text)
{
    struct spool_draft draft;

    if (!write_once(drafts, &draft, text))
        return false;
    if (publish(drafts, draft.name, ticket))
        return true;
    unlink_quietly(drafts, draft.name);
    return false;
}

/* Whether it has its own name and no other: its ticket's may have been moved, and its own removed. */
static bool is_alone(const struct spool_drafts *drafts, const struct spool_draft *draft)
{
    struct stat status;

    return fstatat(drafts->directory, draft->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_ino == draft->inode && status.st_dev == draft->device && status.st_nlink == 1;
}

/* A draft to write to: a free one, or a new one; when all are in use the oldest is left to its ticket. */
static struct spool_draft *take_draft(struct spool_drafts *drafts)
{
    struct spool_draft *none = NULL;
    size_t i;

    for (i = 0; i < SPOOL_DRAFTS_KEPT; i++) {
        struct spool_draft *draft = &drafts->kept[i];

        if (draft->descriptor >= 0 && draft->ticket.text[0] == '\0') {
            if (is_alone(drafts, draft))
                return draft;
            drop(drafts, draft);
        }
        if (draft->descriptor < 0 && !none)
            none = draft;
    }
    if (!none) {
        none = &drafts->kept[drafts->next++ % SPOOL_DRAFTS_KEPT];
        drop(drafts, none);
    }
    return create(drafts, none) ? none : NULL;
}

/* False with ENOENT if the draft is gone, as after two minutes without use (spool_walk.c), and with EPERM or
 * the like where there are no links. */
static bool add_kept(struct spool_drafts *drafts, const char *ticket, const struct buffer *text)
{
    struct spool_draft *draft = take_draft(drafts);

    if (!draft)
        return false;
    if (write_text(drafts, draft, text) &&
        linkat(drafts->directory, draft->name, drafts->directory, ticket, 0) == 0) {
        sid_copy(&draft->ticket, ticket, strlen(ticket), "CH");
        return true;
    }
    if (errno != EEXIST)
        drop(drafts, draft);
    return false;
}

bool spool_draft_add(struct spool_drafts *drafts, const char *ticket, const struct buffer *text)
{
    if (drafts->keep) {
        if (add_kept(drafts, ticket, text))
            return true;
        if (errno == EEXIST)
            return false;
    }
    /* A disk that took minutes: the draft seemed to be a dead process's. */
    return add_once(drafts, ticket, text) || (errno == ENOENT && add_once(drafts, ticket, text));
}

static bool replace_once(struct spool_drafts *drafts, const char *ticket, const struct buffer *text)
{
    struct spool_draft draft;

    if (!write_once(drafts, &draft, text))
        return false;
    if (renameat(drafts->directory, draft.name, drafts->directory, ticket) != 0) {
        unlink_quietly(drafts, draft.name);
        return false;
    }
    spool_draft_struck(drafts, ticket);
    return true;
}

bool spool_draft_replace(struct spool_drafts *drafts, const char *ticket, const struct buffer *text)
{
    return replace_once(drafts, ticket, text) || (errno == ENOENT && replace_once(drafts, ticket, text));
}

void spool_draft_struck(struct spool_drafts *drafts, const char *ticket)
{
    size_t i;

    for (i = 0; i < SPOOL_DRAFTS_KEPT; i++)
        if (strcmp(drafts->kept[i].ticket.text, ticket) == 0)
            drafts->kept[i].ticket.text[0] = '\0';
}
