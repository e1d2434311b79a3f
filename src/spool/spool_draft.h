/*
 * Where a ticket is written before it has its name: a file that nobody looks at, so that a ticket is
 * complete or not there.
 *
 * A process that writes many keeps its drafts: the ticket is a second name (link(2)) of a draft, and once
 * that name is struck out the draft serves the next ticket. Making and deleting a file for each costs
 * three times as much (bench/PROFILE.md).
 */
#ifndef AUTOJOIN_SPOOL_SPOOL_DRAFT_H
#define AUTOJOIN_SPOOL_SPOOL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/buffer.h"
#include "support/jitter.h"
#include "support/sid.h"

#define SPOOL_DRAFT_PREFIX ".draft-"

enum { SPOOL_DRAFT_NAME_SIZE = 32, SPOOL_DRAFTS_KEPT = 64 };

struct spool_draft {
    int descriptor; /* -1: there is none */
    char name[SPOOL_DRAFT_NAME_SIZE];
    dev_t device; /* of the file; the name alone might be another's by now */
    ino_t inode;
    size_t length;
    struct sid ticket; /* whose file it is at the moment; empty if it is free */
};

struct spool_drafts {
    int directory;
    bool keep;
    bool sync;
    struct jitter names; /* random: process ids come again, in containers always the same */
    struct spool_draft kept[SPOOL_DRAFTS_KEPT];
    size_t next; /* to be given up when all are in use */
};

/* Prepares drafts in no directory yet; with `sync` what is written has survived a power loss. */
void spool_draft_init(struct spool_drafts *drafts, bool sync);

/* From here on drafts are in this directory, which stays the caller's; those of another are dropped,
 * -1 drops all. */
void spool_draft_move(struct spool_drafts *drafts, int directory);

/* Writes the text as a new file of that name. False, with errno set, if it cannot be: EEXIST if there is
 * one. */
bool spool_draft_add(struct spool_drafts *drafts, const char *ticket, const struct buffer *text);

/* Writes the text over the file of that name, if there is one. False, with errno set, if it cannot be. */
bool spool_draft_replace(struct spool_drafts *drafts, const char *ticket, const struct buffer *text);

/* Tells that the ticket of that name is removed, by us or somebody else. Its draft is written to again only
 * if its own name is the last that it has. */
void spool_draft_struck(struct spool_drafts *drafts, const char *ticket);

#endif
