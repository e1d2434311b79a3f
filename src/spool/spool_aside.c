#include "build.h"

/* What the spool set aside: tickets that were given up (failed/), files that are no tickets (broken/). */
#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/spool_directory.h"
#include "spool/spool_limit.h"
#include "support/clock.h"

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

    if (status == SPOOL_OK)
        spool_limit_one_less(spool);
    return status;
}

enum spool_status spool_set_aside(struct spool *spool, const char *name)
{
    return move_into(spool, name, BROKEN_DIRECTORY);
}

struct taking_back {
    struct spool *spool;
    uint64_t taken;
    enum spool_status status;
};

/* The ticket in failed/ goes only when it stands among the others again; one of the same conversation that
 * stands there already is as good. */
static bool take_back(void *argument, const char *name)
{
    struct taking_back *taking = argument;
    struct spool *spool = taking->spool;
    char path[512];
    struct ticket ticket;
    int length = snprintf(path, sizeof path, FAILED_DIRECTORY "/%s", name);

    if (length < 0 || (size_t)length >= sizeof path)
        return true;
    taking->status = spool_read_path(spool, path, NULL, &ticket);
    if (taking->status == SPOOL_BROKEN || taking->status == SPOOL_UNFINISHED ||
        taking->status == SPOOL_ABSENT) {
        taking->status = SPOOL_OK;
        return true; /* whatever lies there is no ticket: it stays, and is counted */
    }
    if (taking->status != SPOOL_OK)
        return false;
    ticket.refused_s = 0;
    ticket.attempts = 0;
    ticket.next_attempt_ms = clock_wall_ms();
    taking->status = spool_add(spool, &ticket);
    if (taking->status != SPOOL_OK && taking->status != SPOOL_EXISTS)
        return false;
    if (unlinkat(spool->directory, path, 0) != 0 && errno != ENOENT) {
        taking->status = spool_directory_failed(spool);
        return false;
    }
    taking->status = SPOOL_OK;
    taking->taken++;
    return true;
}

enum spool_status spool_take_back_failed(struct spool *spool, uint64_t *taken)
{
    struct taking_back taking = {.spool = spool, .status = SPOOL_OK};
    enum spool_status status;

    *taken = 0;
    if (!spool_directory_use(spool))
        return spool_directory_failed(spool);
    status = spool_directory_visit(spool, FAILED_DIRECTORY, take_back, &taking);
    *taken = taking.taken;
    return taking.status != SPOOL_OK ? taking.status : status;
}

struct counting {
    struct spool *spool;
    struct spool_counts *counts;
};

static bool count_waiting(void *argument, const char *name, bool is_ticket)
{
    struct counting *counting = argument;
    struct ticket ticket;
    int64_t age;

    if (!is_ticket)
        return true;
    counting->counts->tickets++;
    if (spool_read(counting->spool, name, &ticket) == SPOOL_OK) {
        age = clock_wall_ms() - ticket.first_seen_ms;
        if (age > counting->counts->oldest_ms)
            counting->counts->oldest_ms = age;
    }
    return true;
}

static bool count_one(void *argument, const char *name)
{
    (void)name;
    ++*(uint64_t *)argument;
    return true;
}

enum spool_status spool_count(struct spool *spool, struct spool_counts *counts)
{
    struct counting counting = {spool, counts};
    enum spool_status status;

    *counts = (struct spool_counts){0};
    status = spool_visit(spool, count_waiting, &counting);
    if (status == SPOOL_OK)
        status = spool_directory_visit(spool, FAILED_DIRECTORY, count_one, &counts->failed);
    if (status == SPOOL_OK)
        status = spool_directory_visit(spool, BROKEN_DIRECTORY, count_one, &counts->broken);
    return status;
}
