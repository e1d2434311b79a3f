/* The part of `check` that looks at what became of the webhooks that came: were they refused? */
#ifndef AUTOJOIN_COMMANDS_CHECK_REFUSALS_H
#define AUTOJOIN_COMMANDS_CHECK_REFUSALS_H

#include <stdint.h>

#include "commands/check_finding.h"

/* By the refused requests that were kept, and by the counters; either may be NULL. Those that were refused before the
 * settings file (NULL: none) was changed, or over a day ago, are no news. */
void check_refusals(struct findings *findings, const char *stats_file, const char *captures, const char *settings);

/* Where none are kept there are only the counters, which have no times: how many were refused, while none that called for a
 * join ever held; and the finding of it, for who knows that it is so still. */
uint64_t check_refusals_count(const char *stats_file);
void check_refusals_tell(struct findings *findings, uint64_t count);

#endif
