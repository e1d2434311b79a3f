/* Why a webhook that `sign` sent got its answer: the client is not told, the responder notes it. */
#ifndef AUTOJOIN_COMMANDS_SIGN_REASON_H
#define AUTOJOIN_COMMANDS_SIGN_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "support/config.h"

/* Appends what the statistics file (AUTOJOIN_STATS_FILE) says of the webhook that was answered with this status since
 * `sent_ms` (clock_wall_ms()): its result and reason. Nothing if there is no such file, or none of that status came
 * since. Another webhook of the same moment with the same status cannot be told from it. */
void sign_reason(struct buffer *out, const struct config *config, long status, int64_t sent_ms);

#endif
