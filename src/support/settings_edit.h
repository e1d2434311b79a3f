/* Changing the settings file: some lines of it, whole or not at all. */
#ifndef AUTOJOIN_SUPPORT_SETTINGS_EDIT_H
#define AUTOJOIN_SUPPORT_SETTINGS_EDIT_H

#include <stddef.h>
#include <sys/types.h>

#include "support/settings_file.h"

struct settings_edit_line {
    const char *name;
    const char *value; /* NULL: the line goes */
};

/* Whose a file becomes that is not there yet. One that is there keeps owner, group and mode. */
struct settings_edit_owner {
    uid_t user;
    gid_t group;
    mode_t mode;
};

enum settings_edit_status {
    SETTINGS_EDIT_OK,
    SETTINGS_EDIT_UNREADABLE, /* what is there cannot be read, or not safely: see `read` */
    SETTINGS_EDIT_UNWRITABLE, /* errno tells why; what was there is there still */
    SETTINGS_EDIT_TOO_LARGE,  /* more than SETTINGS_FILE_LIMIT */
    SETTINGS_EDIT_BAD_VALUE,  /* a value holds a control character */
    SETTINGS_EDIT_NO_MEMORY
};

/* Puts the lines into the file: each where its name stands already, otherwise at the end; comments and all else stay
 * as they are. Written beside it and renamed over it (a link is followed first), so that whoever reads finds the old
 * or the new one, and a full disk loses nothing. `owner` may be NULL: then the file must be there. `read`, which may
 * be NULL, gets why it was UNREADABLE. Blocks on the disk. Not thread-safe. */
enum settings_edit_status settings_edit(const char *path, const struct settings_edit_line *lines, size_t count,
                                        const struct settings_edit_owner *owner,
                                        enum settings_file_status *read);

/* What the status means, for people; never the file's content. For SETTINGS_EDIT_UNWRITABLE by errno. */
const char *settings_edit_describe(enum settings_edit_status status, enum settings_file_status read);

#endif
