/* What must hold of the log of one request, whatever the request. */
#ifndef AUTOJOIN_TESTS_FUZZ_LOGTEXT_H
#define AUTOJOIN_TESTS_FUZZ_LOGTEXT_H

#include <stddef.h>

/* Ends the process unless it is `most` whole lines at most, without control characters and without any of
 * the secrets (NULL-ended). */
void logtext_assert(const char *text, size_t length, size_t most, const char *const *secrets);

#endif
