/* The part of `check` that looks at what became of the last joins: that all is well set up is nothing where they fail. */
#ifndef AUTOJOIN_COMMANDS_CHECK_JOINS_H
#define AUTOJOIN_COMMANDS_CHECK_JOINS_H

#include "commands/check_finding.h"

/* By the statistics (NULL: nothing is known). What failed before the settings file (NULL: none) was changed is no news,
 * nor what a drainer has made good since in the spool (NULL: none). */
void check_joins(struct findings *findings, const char *stats_file, const char *spool_dir, const char *settings);

#endif
