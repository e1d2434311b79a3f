/*
 * The rules of RFC 9112 that our reader of replies promises to keep, looked at once more, another way: to take what
 * libcurl also takes is not enough.
 */
#ifndef AUTOJOIN_TESTS_UNIT_STRICTREPLY_H
#define AUTOJOIN_TESTS_UNIT_STRICTREPLY_H

#include <stddef.h>

/* The rule that a reply breaks, of which these are all bytes; NULL if it breaks none. It was read whole. */
const char *strict_reply_fault(const char *bytes, size_t length);

#endif
