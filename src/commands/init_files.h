/* What `init` writes on this machine: the settings file, and the directories that settings name. */
#ifndef AUTOJOIN_COMMANDS_INIT_FILES_H
#define AUTOJOIN_COMMANDS_INIT_FILES_H

#include <stdbool.h>

#include "commands/check_user.h"
#include "commands/init_answers.h"

/* Adds spool, captures and statistics in their usual places, where neither the answers nor the settings file have
 * them, and root can make them. `present` tells whether a setting is in the file. */
void init_files_choose(struct init_answers *answers, bool (*present)(void *argument, const char *name), void *argument);

/* As whom the responder runs, or will run: what is written is that user's. `spool`: NULL if there is none; `server`: the name
 * of the web server that starts it, NULL if that is not known. Says so where it had to be guessed. */
void init_files_find_user(struct check_user *user, const char *settings, const char *spool, const char *server);

/* Whether the settings file can be written at all; says on standard error why not. */
bool init_files_can_write(const char *path);

/* Makes the directories that are not there, for the responder's user, and says so. False, and said on standard error,
 * if one cannot be made. */
bool init_files_make_directories(const struct init_answers *answers, const struct check_user *user);

/* Writes the settings file: root's, for the responder's group to read; of anybody else, private. Says so; false, and
 * said on standard error, if it cannot be written. */
bool init_files_write_settings(const struct init_answers *answers, const struct check_user *user, const char *path);

#endif
