/* Where AUTOJOIN_SHARED_KEYS stands: a line of the settings file, or a file of its own; and writing a key there. */
#ifndef AUTOJOIN_COMMANDS_SETUP_KEY_PLACE_H
#define AUTOJOIN_COMMANDS_SETUP_KEY_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "support/config.h"

struct setup_key_place {
    char path[PATH_MAX]; /* of the file that is written */
    bool lines;          /* it is a _FILE: one key a line */
};

/* Finds it; `environment` is what the process environment has for AUTOJOIN_SHARED_KEYS and its _FILE, NULL for
 * nothing. Returns NULL, or why no key can be written; static. */
const char *setup_key_place_find(struct setup_key_place *place, const struct config *config,
                                 const char *environment, const char *environment_file);

/* Adds a key to those that `config` has, or takes one out. Returns NULL, or what is wrong; static, or by errno. */
const char *setup_key_place_add(const struct setup_key_place *place, const struct config *config, const char *id,
                                const char *secret);
const char *setup_key_place_remove(const struct setup_key_place *place, const struct config *config,
                                   const char *id);

#endif
