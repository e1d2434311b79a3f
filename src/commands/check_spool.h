/* The part of `check` that looks into the spool. */
#ifndef AUTOJOIN_COMMANDS_CHECK_SPOOL_H
#define AUTOJOIN_COMMANDS_CHECK_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/check_finding.h"

/* What waits in a spool that can be used, and what lies aside there. `limit` is AUTOJOIN_SPOOL_MAX. False, with nothing
 * told, if this process cannot use it: `why` says why, static. */
bool check_spool(struct findings *findings, const char *directory, uint64_t limit, const char **why);

/* Whether it was slow in the last day, by the statistics; both may be NULL. */
void check_spool_speed(struct findings *findings, const char *directory, const char *stats_file);

#endif
