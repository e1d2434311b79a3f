/* What `init` knows so far: NAME=value, from a file, from a person, from the settings that are there. */
#ifndef AUTOJOIN_COMMANDS_INIT_ANSWERS_H
#define AUTOJOIN_COMMANDS_INIT_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "support/settings_edit.h"

enum { INIT_ANSWERS_LIMIT = 64 };

struct init_answers {
    struct settings_edit_line lines[INIT_ANSWERS_LIMIT]; /* owned; values are secrets */
    size_t count;
    bool no_memory; /* one was lost, or there are too many */
};

/* Answers it; a later answer takes the place of an earlier one. NULL: its line in the settings file goes. */
void init_answers_set(struct init_answers *answers, const char *name, const char *value);

/* The answer, borrowed; NULL if there is none. */
const char *init_answers_get(const struct init_answers *answers, const char *name);

/* Whether it is answered, by itself or as NAME_FILE; what is empty is not. */
bool init_answers_has(const struct init_answers *answers, const char *name);

/* The lines of a settings file, as far as they can be read; nothing is said. */
void init_answers_look(struct init_answers *answers, const char *path);

/* What is answered as NAME and stands in the file as NAME_FILE, or the other way round, goes there: both would be a fault. */
void init_answers_replace(struct init_answers *answers, const struct init_answers *file);

/* Reads lines as the settings file has them. False, and said on standard error, if it cannot be read, is open to
 * others, or has lines that are none. */
bool init_answers_read(struct init_answers *answers, const char *path);

/* Puts them all into the environment, over the settings file: for a process that is to work with them. */
bool init_answers_export(const struct init_answers *answers);

/* What a settings file of these answers alone would have been told about one name; "" if nothing. `wrong` gets a line
 * without the name. */
void init_answers_judge(const char *name, const char *value, char *wrong, size_t size);

/* Wipes and frees them. */
void init_answers_free(struct init_answers *answers);

#endif
