/* Writing all of something, whatever write(2) takes at once. */
#ifndef AUTOJOIN_SUPPORT_WRITING_H
#define AUTOJOIN_SUPPORT_WRITING_H

#include <stdbool.h>

#include "support/buffer.h"

/* Writes the whole buffer to a blocking descriptor. False, with errno set, if it cannot be. */
bool writing_all(int descriptor, const struct buffer *text);

#endif
