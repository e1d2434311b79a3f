/* A whole file in the place of another. */
#ifndef AUTOJOIN_SUPPORT_FILE_REPLACE_H
#define AUTOJOIN_SUPPORT_FILE_REPLACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "support/buffer.h"

/* Writes the content beside `path` and renames it over it, so that whoever reads finds the old file or the new one, and
 * a full disk loses nothing. `path` is no link: rename(2) would replace the link itself. The mode is exactly that,
 * whatever the umask; owner and group are given by root alone. False with errno; nothing is left beside it then.
 * Blocks on the disk. Thread-safe. */
bool file_replace(const char *path, const struct buffer *content, uid_t user, gid_t group, mode_t mode);

#endif
