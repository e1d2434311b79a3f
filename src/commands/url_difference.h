/* In what two URLs differ, in words: whether the one may be our own of before. */
#ifndef AUTOJOIN_COMMANDS_URL_DIFFERENCE_H
#define AUTOJOIN_COMMANDS_URL_DIFFERENCE_H

/* What `other` is beside `ours`, as the end of a sentence; static. Never NULL. Thread-safe. */
const char *url_difference(const char *ours, const char *other);

#endif
