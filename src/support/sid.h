/*
 * Twilio's string identifiers: two letters that name the kind, 32 hex digits.
 * Whatever goes into a URL or a file name must have passed here first.
 * Source: Twilio's API document, pattern ^XX[0-9a-fA-F]{32}$.
 */
#ifndef AUTOJOIN_SUPPORT_SID_H
#define AUTOJOIN_SUPPORT_SID_H

#include <stdbool.h>
#include <stddef.h>

enum { SID_LENGTH = 34 };

/* A SID as text; empty means none. */
struct sid {
    char text[SID_LENGTH + 1];
};

/* Whether the bytes are a SID of the kind named by the two letters of `prefix`
 * ("CH", "IS", "AC", ...). Thread-safe. */
bool sid_valid(const char *bytes, size_t length, const char *prefix);

/* Copies the bytes if they are a SID of that kind; otherwise empties `sid` and
 * returns false. */
bool sid_copy(struct sid *sid, const char *bytes, size_t length, const char *prefix);

#endif
