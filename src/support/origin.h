/*
 * The first part of an http(s) URL - scheme, userinfo, host, port - found by
 * position only: nothing is decoded, lower-cased or written anew, because
 * Twilio signs bytes (RFC 3986, section 3.2).
 */
#ifndef AUTOJOIN_SUPPORT_ORIGIN_H
#define AUTOJOIN_SUPPORT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"

/* Pieces of the parsed text, which must outlive them. */
struct origin {
    bool https;
    const char *userinfo; /* without its "@", perhaps empty; NULL if there is none */
    size_t userinfo_length;
    const char *host; /* with the brackets of an IPv6 literal */
    size_t host_length;
    const char *port; /* without its ":"; length 0 if there is none */
    size_t port_length;
    size_t length; /* of all of it: what follows is path, query or fragment */
};

/* Finds the origin of a URL. False without scheme http or https (any case), without a
 * host, or with a port that is no number. */
bool origin_parse(struct origin *origin, const char *url, size_t length);

/* Whether the bytes can be a host with perhaps a port (the characters of RFC 3986's reg-name and IP
 * literals): nothing that would begin userinfo, path or query. */
bool origin_is_authority(const char *bytes, size_t length);

/* Whether the host is 127.0.0.0/8, [::1] or localhost. */
bool origin_is_loopback(const struct origin *origin);

/* Appends a URL, or the beginning of one, for a person to read: userinfo, which may be a password, shown as
 * "***@". What is no http(s) URL is appended as it is. */
void origin_show(struct buffer *out, const char *url, size_t length);

/* Whether two origins mean the same server: scheme, host without case, port or
 * its default. Userinfo does not count. */
bool origin_same(const struct origin *a, const struct origin *b);

#endif
