/*
 * Reading the settings file and secret files: safely opened, bounded.
 */
#ifndef AUTOJOIN_SUPPORT_SETTINGS_FILE_H
#define AUTOJOIN_SUPPORT_SETTINGS_FILE_H

#include "support/buffer.h"

enum settings_file_status {
    SETTINGS_FILE_OK,
    SETTINGS_FILE_MISSING,     /* no such file */
    SETTINGS_FILE_UNREADABLE,  /* errno tells why */
    SETTINGS_FILE_NOT_REGULAR, /* a directory, a device, a pipe */
    SETTINGS_FILE_EXPOSED,     /* group- or world-writable, or world-readable */
    SETTINGS_FILE_TOO_LARGE,
    SETTINGS_FILE_NUL,         /* a NUL byte in it */
    SETTINGS_FILE_NO_MEMORY
};

enum { SETTINGS_FILE_LIMIT = 64 * 1024 };

/* Reads a whole file of at most SETTINGS_FILE_LIMIT bytes into `content`, which
 * should have been made by buffer_init_secret(). /dev/null is an empty file. Modes are
 * judged on the opened file, so nobody can swap it in between. Never waits on a pipe or device. */
enum settings_file_status settings_file_read(const char *path, struct buffer *content);

/* What the status means, for a fault line; never the file's content. */
const char *settings_file_describe(enum settings_file_status status);

#endif
