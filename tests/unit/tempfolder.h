/* A folder of a test's own, gone with it. */
#ifndef AUTOJOIN_TESTS_UNIT_TEMPFOLDER_H
#define AUTOJOIN_TESTS_UNIT_TEMPFOLDER_H

#include <stddef.h>
#include <sys/types.h>

/* Makes it below TMPDIR; ends the program if that fails. */
void tempfolder_make(void);

/* The path of something in it; static memory, good for the next four calls. */
const char *tempfolder_path(const char *name);

/* Writes a file with exactly that mode, whatever the umask. Gives its path. */
const char *tempfolder_write(const char *name, const void *content, size_t length, mode_t mode);

/* Removes it with what is in it (no folders). */
void tempfolder_remove(void);

#endif
