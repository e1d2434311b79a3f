/*
 * The responder shuts itself out of the file system (Landlock, Linux 5.13 and later), where
 * AUTOJOIN_LANDLOCK asks for it: nothing can be executed, nothing written outside the settings'
 * directories, and nothing read but what resolver and TLS need. A bug in a parser then neither starts a
 * shell nor reads the web server's other applications.
 */
#ifndef AUTOJOIN_SUPPORT_LANDLOCK_H
#define AUTOJOIN_SUPPORT_LANDLOCK_H

#include "support/config.h"
#include "support/log.h"

/* Call when settings are read and files that stay open are open (statistics), before the first
 * thread; for good. Without AUTOJOIN_LANDLOCK it does nothing; where the kernel cannot do it, a log
 * line says so and everything works as before. `socket` is the path of a socket to be removed at
 * the end, or NULL. `again`: the settings may be read again, so that their directories, and those of their
 * secrets' files, can be read. */
void landlock_confine(const struct config *config, const struct log *log, const char *socket, bool again);

/* Which setting a process that was confined by `confined` cannot follow in `next`: what it is kept from stays so.
 * Its name, static; NULL if there is none. */
const char *landlock_hindered(const struct config *confined, const struct config *next);

#endif
