/* The web servers that `init` can bring the responder under: which are here, what is to be done, and doing it. */
#ifndef AUTOJOIN_COMMANDS_INIT_FRONT_H
#define AUTOJOIN_COMMANDS_INIT_FRONT_H

#include <stdbool.h>
#include <stddef.h>

struct init_front;

/* Those that there are, found here or not, from 0 to NULL; what a person calls one; whether it is offered on this machine. */
const struct init_front *init_front_at(size_t i);
const char *init_front_name(const struct init_front *front);
const char *init_front_title(const struct init_front *front);
bool init_front_is_here(const struct init_front *front);

/* The one of that name; NULL if there is none. */
const struct init_front *init_front_find(const char *name);

/* Prints the commands and lines that bring the responder under it. */
void init_front_print(const struct init_front *front, const char *settings, const char *host);

/* Does the same, as root: writes what is missing of the configuration, has the server judge it, and takes it back if it
 * does not like it; then the server is reloaded. Says each step. False, and said on standard error, if one fails.
 * `host`: of the public URL; nginx's server block is chosen by it. */
bool init_front_write(const struct init_front *front, const char *settings, const char *host);

#endif
