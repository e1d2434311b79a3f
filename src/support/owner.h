/* What a program started as root turns into. */
#ifndef AUTOJOIN_SUPPORT_OWNER_H
#define AUTOJOIN_SUPPORT_OWNER_H

#include <stdbool.h>

/* Started as root, becomes the owner of a directory for good, with his group and no other: what root
 * writes there those that run as the owner could not read. Nothing is done as another user, or if root
 * owns it. False, with errno, if the directory cannot be looked at or he cannot be become. For the whole
 * process. */
bool owner_become(const char *directory);

#endif
