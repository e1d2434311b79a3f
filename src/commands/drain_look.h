/* A look at all tickets of the spool, in slices, beside everything else that `drain --watch` does. */
#ifndef AUTOJOIN_COMMANDS_DRAIN_LOOK_H
#define AUTOJOIN_COMMANDS_DRAIN_LOOK_H

#include <stdbool.h>

#include <event2/event.h>

#include "spool/spool.h"
#include "spool/spool_walk.h"

struct drain_look_reader {
    void *argument;        /* of all of them */
    void (*begin)(void *argument);
    spool_visit_fn *visit; /* for each file */
    void (*end)(void *argument, bool whole); /* false: it could not be read to its end */
};

/* Initialise with zeros. */
struct drain_look {
    struct spool *spool;
    struct drain_look_reader reader;
    struct spool_walk walk;
    struct event *slice;
    bool again; /* once this one is through: something was missed meanwhile */
};

/* Prepares; all must outlive it. False if memory ran out; drain_look_close() is to be called in any case. */
bool drain_look_open(struct drain_look *look, struct spool *spool, struct event_base *base,
                     const struct drain_look_reader *reader);

/* Has the loop look at all of them, or once more if it is just doing so. False if the spool cannot be read now. */
bool drain_look_start(struct drain_look *look);

void drain_look_close(struct drain_look *look);

#endif
