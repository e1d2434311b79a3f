/*
 * Reading the settings file and secret files: safely opened, bounded.
 */
#ifndef AUTOJOIN_SUPPORT_SETTINGSFILE_H
#define AUTOJOIN_SUPPORT_SETTINGSFILE_H

#include "support/buffer.h"

enum settingsfile_status {
    SETTINGSFILE_OK,
    SETTINGSFILE_MISSING,     /* no such file */
    SETTINGSFILE_UNREADABLE,  /* errno tells why */
    SETTINGSFILE_NOT_REGULAR, /* a folder, a device, a pipe */
    SETTINGSFILE_EXPOSED,     /* group- or world-writable, or world-readable */
    SETTINGSFILE_TOO_LARGE,
    SETTINGSFILE_NUL,         /* a NUL byte in it */
    SETTINGSFILE_NO_MEMORY
};

enum { SETTINGSFILE_LIMIT = 64 * 1024 };

/* Reads a whole file of at most SETTINGSFILE_LIMIT bytes into `content`, which
 * should have been made by buffer_init_secret(). /dev/null is an empty file. Modes are
 * judged on the opened file, so nobody can swap it in between. Never waits on a pipe or device. */
enum settingsfile_status settingsfile_read(const char *path, struct buffer *content);

/* What the status means, for a fault line; never the file's content. */
const char *settingsfile_describe(enum settingsfile_status status);

/* Called for each NAME=value of a settings file; both are NUL-terminated and live until
 * it returns. */
typedef void settingsfile_entry_fn(void *argument, const char *name, const char *value);

/* Called for each line that cannot be read. */
typedef void settingsfile_fault_fn(void *argument, unsigned line, const char *what);

/* Takes the content apart, in place: systemd's EnvironmentFile= syntax (systemd.exec(5)):
 * blank lines, "#" and ";" comments, NAME=value with optional single or double quotes and
 * backslash escapes in double quotes, a line ended by a backslash goes on. */
void settingsfile_parse(char *content, settingsfile_entry_fn *entry, settingsfile_fault_fn *fault,
                        void *argument);

#endif
