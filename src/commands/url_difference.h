/* In what two URLs differ, in words: whether the one may be our own of before. */
#ifndef AUTOJOIN_COMMANDS_URL_DIFFERENCE_H
#define AUTOJOIN_COMMANDS_URL_DIFFERENCE_H

#include <stdbool.h>

/* Whether Twilio calls and signs the same: byte for byte, but for a fragment. Thread-safe. */
bool url_difference_is_none(const char *ours, const char *other);

/* What `other` is beside `ours`, as the end of a sentence; static. Never NULL. Thread-safe. */
const char *url_difference(const char *ours, const char *other);

#endif
