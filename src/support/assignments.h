/*
 * Lines of NAME=value: the settings file, a ticket, reconcile's state.
 */
#ifndef AUTOJOIN_SUPPORT_ASSIGNMENTS_H
#define AUTOJOIN_SUPPORT_ASSIGNMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"

/* Called for each NAME=value; both are NUL-terminated and live until
 * it returns. */
typedef void assignments_entry_fn(void *argument, const char *name, const char *value);

/* Called for each line that cannot be read. */
typedef void assignments_fault_fn(void *argument, unsigned line, const char *what);

/* Takes the content apart, in place: systemd's EnvironmentFile= syntax (systemd.exec(5)):
 * blank lines, "#" and ";" comments, NAME=value with optional single or double quotes and
 * backslash escapes in double quotes, a line ended by a backslash goes on. Cannot fail;
 * thread-safe. */
void assignments_parse(char *content, assignments_entry_fn *entry, assignments_fault_fn *fault,
                       void *argument);

/* Finds the first line of that name, of a content that is taken apart by it and to be forgotten then: where it
 * begins, and where the one behind it does. False if there is none. Thread-safe. */
bool assignments_find(char *content, const char *name, size_t *begin, size_t *end);

/* Appends such a line, with quotes where the value needs them; assignments_parse() gives it back as it was. */
void assignments_append(struct buffer *out, const char *name, const char *value);

#endif
