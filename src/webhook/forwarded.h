/*
 * What a trusted proxy says of the URL: X-Forwarded-Proto and -Host, or Forwarded (RFC 7239).
 * Whether it is trusted is the caller's to judge, by REMOTE_ADDR.
 */
#ifndef AUTOJOIN_WEBHOOK_FORWARDED_H
#define AUTOJOIN_WEBHOOK_FORWARDED_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/config.h"

struct forwarded {
    bool proto_known;
    bool https;
    const char *host; /* borrowed from the request; length 0 if not said */
    size_t host_length;
    const char *port; /* of X-Forwarded-Port, for a host that names none; NULL if not said */
};

/* Reads the one family that is configured. What it leaves out stays unknown. False if a
 * value is not single and plain: a list has more hops than the one that is trusted, and
 * which of them spoke first is anybody's guess. */
bool forwarded_read(struct forwarded *forwarded, enum setting_forwarded family,
                    const struct request *request);

#endif
