/* Words of a command line that a POSIX shell reads back as exactly these bytes. */
#ifndef AUTOJOIN_COMMANDS_SHELLWORD_H
#define AUTOJOIN_COMMANDS_SHELLWORD_H

#include <stdbool.h>

#include "support/buffer.h"

/* Appends the text as one word, quoted unless it is plainly safe. */
void shellword_append(struct buffer *out, const char *text);

/* Whether the bytes are printable ASCII, so that a quoted word shows them as they are. */
bool shellword_is_plain(const char *bytes, size_t length);

/* Appends a `printf` command that writes the bytes, whatever they are. */
void shellword_append_printf(struct buffer *out, const char *bytes, size_t length);

#endif
