/*
 * The URL that Twilio signed, rebuilt from what the operator configured or the web server says.
 *
 * Only bytes are cut and joined: nothing is decoded, normalised or encoded again, because a
 * signature is over bytes. What differs between the candidates is the port in the authority, on
 * which Twilio's own libraries say its "signature generation is inconsistent".
 */
#ifndef AUTOJOIN_WEBHOOK_PUBLIC_URL_H
#define AUTOJOIN_WEBHOOK_PUBLIC_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/request.h"
#include "support/buffer.h"
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

/* A URL in three pieces of somebody else's memory: scheme://authority without port, ":port" or
 * nothing, and the rest. */
struct public_url {
    const char *head;
    size_t head_length;
    const char *port;
    size_t port_length;
    const char *tail;
    size_t tail_length;
    bool query_masked; /* its query is AUTOJOIN_PUBLIC_URL's own, which may hold a secret: not for a log */
};

enum {
    PUBLIC_URL_LIMIT = 80 * 1024, /* a request's target alone can have 64 KiB */
    PUBLIC_URL_CANDIDATES_LIMIT = 4,
};

enum public_url_status {
    PUBLIC_URL_OK,
    PUBLIC_URL_BAD_TARGET,   /* REQUEST_URI is neither a path nor an http(s) URL, or holds
                               blanks, controls or bytes above ASCII */
    PUBLIC_URL_NO_HOST,      /* neither a setting nor the request names a host */
    PUBLIC_URL_BAD_FORWARDED, /* the trusted proxy's header is no single plain value */
    PUBLIC_URL_NO_MEMORY
};

struct public_url_candidates {
    struct public_url urls[PUBLIC_URL_CANDIDATES_LIMIT];
    size_t count;
    const char *query; /* behind the "?" of the first; length 0 if there is none */
    size_t query_length;
};

/* Builds the candidates, the likeliest first; they borrow `text` (initialised by the caller with
 * PUBLIC_URL_LIMIT, and freed after them). Thread-safe. */
enum public_url_status public_url_build(struct public_url_candidates *candidates, struct buffer *text,
                                      const struct config *config, const struct request *request);

/* The family of forwarded headers that counts for this request: the configured one if its peer is
 * trusted and no URL is configured, else FORWARDED_NO. */
enum setting_forwarded public_url_forwarded(const struct config *config,
                                          const struct request *request);

/* Makes the candidates of one given URL. False if it is no http(s) URL. */
bool public_url_vary_port(struct public_url_candidates *candidates, const char *url, size_t length);

/* Appends the URL for a person to read: userinfo shown as "***@", a masked query as "?***". */
void public_url_show(struct buffer *out, const struct public_url *url);

/* The request's target as Twilio sent it: REQUEST_URI from its path on, without a
 * fragment. NULL if it is bad. */
const char *public_url_target(const struct request *request, size_t *length);

#endif
