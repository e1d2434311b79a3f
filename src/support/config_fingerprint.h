/*
 * A fingerprint of the settings in force: what a running responder tells of them, and what the
 * operator's tool compares with those that it reads.
 *
 * Of two halves, both keyed by the auth token, without which nothing can be learned from them or
 * tried out: one over every setting that the responder reads, as it understood it, and one over what
 * the settings file says. A web server may set variables (SetEnv, FcgidInitialEnv, bin-environment)
 * that the operator's tool does not see; by the second half it tells them from a file that was changed.
 */
#ifndef AUTOJOIN_SUPPORT_CONFIG_FINGERPRINT_H
#define AUTOJOIN_SUPPORT_CONFIG_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "support/config.h"

enum { CONFIG_FINGERPRINT_SIZE = 32 + 1 }; /* hex digits and NUL */

enum config_fingerprint_verdict {
    CONFIG_FINGERPRINT_SAME,
    CONFIG_FINGERPRINT_ENVIRONMENT, /* of the same file, but one of the two has variables the other has not */
    CONFIG_FINGERPRINT_OTHER,       /* the file is another one, or was changed since: a restart reads it */
    CONFIG_FINGERPRINT_UNKNOWN      /* that is no fingerprint */
};

/* Writes the fingerprint of well-formed settings. False, and an empty text, without an auth token or if
 * memory or OpenSSL fails. Thread-safe. Source: HMAC-SHA256 (RFC 2104), each half cut to 64 bits. */
bool config_fingerprint(const struct config *config, char text[CONFIG_FINGERPRINT_SIZE]);

/* Compares one of our own with what somebody else told. Thread-safe. */
enum config_fingerprint_verdict config_fingerprint_compare(const char *ours, const char *theirs);

#endif
