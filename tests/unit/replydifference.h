/*
 * Where we may read a reply otherwise than libcurl does, and why: a client that may face a proxy must not take what
 * somebody on the way takes for something else (RFC 9112), and libcurl has to get along with every server there is.
 *
 * Whether a difference is one of these is told from the bytes, by other means than those of our reader.
 */
#ifndef AUTOJOIN_TESTS_UNIT_REPLYDIFFERENCE_H
#define AUTOJOIN_TESTS_UNIT_REPLYDIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "curlreply.h"
#include "twilio/http_reply.h"

enum difference_way {
    ALIKE,
    WE_REFUSE,   /* what libcurl reads */
    THEY_REFUSE, /* what we read */
    OTHER_REPLY, /* another status or body */
    OTHER_FIELD, /* Date, Retry-After or Twilio-Request-Id */
    ONLY_WE_KEEP /* the connection open */
};

/* A reply as both have read it. */
struct read_reply {
    const char *bytes;
    size_t length;
    size_t taken; /* by us */
    const struct http_reply *ours;
    const struct curl_reply *theirs;
};

struct difference {
    const char *name;
    enum difference_way way;
    const char *reason; /* that we give for refusing it; NULL: we do not */
    /* Extended regular expressions, without regard to case: what the last line that we took is, and what it is not.
     * NULL: whatever. */
    const char *is, *is_not;
    bool (*also)(const struct read_reply *read); /* what else is so; NULL: nothing */
    const char *why;
};

extern const struct difference differences[];
extern const size_t differences_count;

/* How the two differ. */
enum difference_way difference_way(const struct read_reply *read);

/* The named difference that this is, of those of this way; NULL if it is none. */
const struct difference *difference_find(const struct read_reply *read, enum difference_way way);

#endif
