/*
 * SIGHUP: the settings are read again, and what serves is made anew from them while the process, its socket and the
 * connections of the fronts stay. New requests are served by the new settings from one moment to the next; what is
 * in hand is finished by the old ones.
 *
 * Settings with a fault are not taken over: the log names it, and the old ones stay in force.
 */
#ifndef AUTOJOIN_RESPONDER_RELOAD_H
#define AUTOJOIN_RESPONDER_RELOAD_H

#include "responder_service.h"
#include "support/kept_environment.h"
#include "support/notify.h"

struct reload {
    const struct service_place *place;
    struct kept_environment *environment;
    struct notify *notify;
    struct fastcgi *fastcgi;
    struct service *current;
    struct service *retired; /* that answer what they have; the oldest first */
    struct event *tidy;
    bool wanted; /* once one of these is gone */
};

/* Prepares; the pointers are set by the caller, who also frees `current`. False if memory ran out. */
bool reload_open(struct reload *reload);

/* Reads the settings again. To be called from the event loop. */
void reload_now(struct reload *reload);

/* The process ends: no reading any more. */
void reload_stop(struct reload *reload);

/* Drops what is retired. After fastcgi_close(). */
void reload_close(struct reload *reload);

#endif
