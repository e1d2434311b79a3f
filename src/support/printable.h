/* Text from outside, made fit for a terminal. */
#ifndef AUTOJOIN_SUPPORT_PRINTABLE_H
#define AUTOJOIN_SUPPORT_PRINTABLE_H

#include <stddef.h>

/* Copies what fits; whatever is not printable ASCII becomes "?". Always ends with a NUL. */
void printable_copy(char *to, size_t size, const char *from);

#endif
