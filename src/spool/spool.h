/*
 * The spool: a directory with one file for every join that is not settled yet, named by its
 * ConversationSid. Written before Twilio is called, struck out when the join is settled.
 *
 * Any number of responders and drainers share it without locks: a ticket appears by an atomic
 * link or rename and changes by an atomic rename, and joining twice is harmless (Twilio answers 50433). In it:
 *   left/    conversations that the bot was removed from on purpose, an empty file each
 *   failed/  tickets that were given up after AUTOJOIN_SPOOL_GIVE_UP
 *   broken/  files that are no tickets
 * Other directories (lost+found) are nobody's business. Not thread-safe; every call may wait for the disk.
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_H
#define AUTOJOIN_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/spool_status.h"
#include "spool/spool_walk.h"
#include "spool/ticket.h"

/* Whether the bot was removed from a conversation on purpose. */
enum spool_removed {
    SPOOL_REMOVED_NO,
    SPOOL_REMOVED_YES,
    SPOOL_REMOVED_UNKNOWN /* the mark cannot be read, which is not "no": spool_describe(SPOOL_FAILED) */
};

/* What lies in the spool. */
struct spool_counts {
    uint64_t tickets;
    uint64_t failed; /* given up */
    uint64_t broken;
    int64_t oldest_ms; /* age of the ticket that was seen first; 0 without tickets */
};

struct spool;

/* Prepares the use of a directory, which need not be usable yet: every call tries anew. NULL
 * if memory ran out. `path` must outlive it. */
struct spool *spool_new(const char *path, bool sync, uint64_t limit);

void spool_free(struct spool *spool);

/* For a process that writes many tickets: it keeps its drafts (spool/spool_draft.h), and as many
 * descriptors. */
void spool_keep_drafts(struct spool *spool);

/* Writes a new ticket, also over a file of its name that is none; it is complete or not there. With `sync` it
 * has survived a power loss when this returns. */
enum spool_status spool_add(struct spool *spool, const struct ticket *ticket);

/* Writes a ticket over the one that is there, if there is one. */
enum spool_status spool_replace(struct spool *spool, const struct ticket *ticket);

/* Removes the ticket of a settled join. SPOOL_ABSENT if somebody else has. */
enum spool_status spool_strike(struct spool *spool, const char *conversation);

enum spool_status spool_read(struct spool *spool, const char *conversation, struct ticket *ticket);

/* Moves a ticket to failed/. */
enum spool_status spool_give_up(struct spool *spool, const char *conversation);

/* Moves a file that is no ticket to broken/, under a name that is free there. */
enum spool_status spool_set_aside(struct spool *spool, const char *name);

/* Takes every ticket of failed/ back among those that wait, due at once and as if it had never been refused.
 * `taken` gets how many; on SPOOL_FAILED the others are still there. */
enum spool_status spool_take_back_failed(struct spool *spool, uint64_t *taken);

/* Marks that the bot was removed from a conversation, takes the mark back (SPOOL_ABSENT: there was none),
 * asks for it. */
enum spool_status spool_mark_removed(struct spool *spool, const char *conversation);
enum spool_status spool_clear_removed(struct spool *spool, const char *conversation);
enum spool_removed spool_removed(struct spool *spool, const char *conversation);

/* Whether the mark is there and of a removal over a second later than that (clock_wall_ms()). */
enum spool_removed spool_removed_since(struct spool *spool, const char *conversation, int64_t since_ms);

/* Counts what waits, what was given up and what is no ticket; reads each ticket for its age. On
 * SPOOL_FAILED the counts say nothing. */
enum spool_status spool_count(struct spool *spool, struct spool_counts *counts);

/* Whether this process can write tickets there and strike them out, and the marks of removed bots likewise; nothing
 * is changed. */
enum spool_status spool_try(struct spool *spool);

/* What the status means; for SPOOL_FAILED why the last call that failed did. */
const char *spool_describe(const struct spool *spool, enum spool_status status);

#endif
