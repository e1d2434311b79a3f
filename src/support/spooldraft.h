/*
 * Where a ticket is written before it has its name: a file that nobody looks at, so that a ticket is
 * complete or not there.
 *
 * A process that writes many keeps its drafts: the ticket is a second name (link(2)) of a draft, and once
 * that name is struck out the draft serves the next ticket. Making and deleting a file for each costs
 * three times as much (bench/PROFILE.md).
 */
#ifndef AUTOJOIN_SUPPORT_SPOOLDRAFT_H
#define AUTOJOIN_SUPPORT_SPOOLDRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/buffer.h"
#include "support/jitter.h"
#include "support/sid.h"

#define SPOOLDRAFT_PREFIX ".draft-"

enum { SPOOLDRAFT_NAME_SIZE = 32, SPOOLDRAFTS_KEPT = 64 };

struct spooldraft {
    int descriptor; /* -1: there is none */
    char name[SPOOLDRAFT_NAME_SIZE];
    dev_t device; /* of the file; the name alone might be another's by now */
    ino_t inode;
    size_t length;
    struct sid ticket; /* whose file it is at the moment; empty if it is free */
};

struct spooldrafts {
    int directory;
    bool keep;
    bool sync;
    struct jitter names; /* random: process ids come again, in containers always the same */
    struct spooldraft kept[SPOOLDRAFTS_KEPT];
    size_t next; /* to be given up when all are in use */
};

/* Prepares drafts in no directory yet; with `sync` what is written has survived a power loss. */
void spooldrafts_init(struct spooldrafts *drafts, bool sync);

/* From here on drafts are in this directory, which stays the caller's; those of another are dropped,
 * -1 drops all. */
void spooldrafts_move(struct spooldrafts *drafts, int directory);

/* Writes the text as a new file of that name. False, with errno set, if it cannot be: EEXIST if there is
 * one. */
bool spooldrafts_add(struct spooldrafts *drafts, const char *ticket, const struct buffer *text);

/* Writes the text over the file of that name, if there is one. False, with errno set, if it cannot be. */
bool spooldrafts_replace(struct spooldrafts *drafts, const char *ticket, const struct buffer *text);

/* Tells that the ticket of that name is removed, by us or somebody else. Its draft is written to again only
 * if its own name is the last that it has. */
void spooldrafts_struck(struct spooldrafts *drafts, const char *ticket);

#endif
