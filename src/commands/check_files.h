/* The part of `check` that looks at files as the responder's user: settings, spool, statistics, captures. */
#ifndef AUTOJOIN_COMMANDS_CHECK_FILES_H
#define AUTOJOIN_COMMANDS_CHECK_FILES_H

#include "commands/check_finding.h"
#include "support/buffer.h"

/* What was found, not told yet. */
struct check_files {
    struct buffer text; /* a JSON object a line */
    bool looked;        /* false: it could not be */
    char user[64], group[64], why[128]; /* as whom: commands/check_user.h */
};

/* Looks in a child process, which root has become the responder's user: nothing else changes. A file is written, where
 * files are written, and removed. To be called before the environment is forgotten. check_files_free() is to be called in any case. Not thread-safe. */
void check_files_look(struct check_files *files);

/* Tells it. */
void check_files_tell(const struct check_files *files, struct findings *findings);

void check_files_free(struct check_files *files);

#endif
