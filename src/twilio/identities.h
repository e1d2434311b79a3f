/*
 * The bot's identities: what is posted for each, in which order a conversation has them, and which are full.
 *
 * The order is by rendezvous hashing: each identity's rank in a conversation is a hash of both, so that one
 * more, or one less, changes nothing about the order of the others, and all processes and hosts agree
 * whatever the order of AUTOJOIN_IDENTITIES.
 */
#ifndef AUTOJOIN_TWILIO_IDENTITIES_H
#define AUTOJOIN_TWILIO_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/config.h"

enum { IDENTITIES_LIMIT = 32, IDENTITIES_FULL_MS = 60 * 1000 };

struct identity {
    const char *name; /* the settings' */
    char *form;           /* the body of its POST to the participants */
    char *projected_form; /* with MessagingBinding.ProjectedAddress; NULL if none is configured */
    uint64_t hash;
    int64_t full_until_ms; /* clock_monotonic_ms(); 0: not known to be full */
};

struct identities {
    struct identity *all; /* NULL if memory ran out */
    unsigned count;
};

/* Prepares those of the settings, which name none twice and must outlive it. False if memory ran out; identities_free() is
 * to be called in any case. */
bool identities_init(struct identities *identities, const struct config *config);

void identities_free(struct identities *identities);

/* Writes a conversation's order: the number of the identity of each turn. Thread-safe. */
void identities_order(const struct identities *identities, const char *conversation,
                      unsigned char order[IDENTITIES_LIMIT]);

/* Notes that Twilio said of one that it is in as many conversations as it may be; for a minute.
 * And that it is not. */
void identities_note_full(struct identities *identities, unsigned number, int64_t now_ms);
void identities_note_free(struct identities *identities, unsigned number);

/* Which are full, a bit for each turn. */
uint32_t identities_full(const struct identities *identities,
                         const unsigned char order[IDENTITIES_LIMIT], int64_t now_ms);

#endif
