#include "build.h"

#include "webhook/hint.h"

#include <string.h>

#include "support/origin.h"
#include "webhook/forwarded.h"
#include "webhook/publicurl.h"

struct trial {
    struct signature_keys *keys;
    const struct signature_parameters *parameters;
    const char *given;
    struct buffer text;
    struct buffer *hint;
    bool without_query;
};

static void cut_query(struct publicurl *url)
{
    const char *query = memchr(url->tail, '?', url->tail_length);

    if (query)
        url->tail_length = (size_t)(query - url->tail);
}

/* Tries one URL, with and without its port; says so if it matches. */
static bool try_url(struct trial *trial)
{
    struct publicurl_candidates candidates;
    size_t which = 0;

    if (buffer_status(&trial->text) != BUFFER_OK ||
        !publicurl_vary_port(&candidates, trial->text.data, trial->text.length) ||
        !signature_matches(trial->keys, candidates.urls, candidates.count, trial->parameters,
                           trial->given, &which))
        return false;
    buffer_append_string(trial->hint, "the signature matches ");
    if (!trial->without_query) /* the setting takes its query from each request */
        cut_query(&candidates.urls[which]);
    publicurl_show(trial->hint, &candidates.urls[which]);
    buffer_append_string(trial->hint, trial->without_query
                                          ? ": something on the way adds a query to it"
                                          : ": set AUTOJOIN_PUBLIC_URL to it");
    return true;
}

/* The ways in which a path and query are commonly altered on their way. */
static bool try_targets(struct trial *trial, const char *prefix, size_t prefix_length,
                        const char *target, size_t target_length)
{
    const char *query = memchr(target, '?', target_length);
    size_t path_length = query ? (size_t)(query - target) : target_length;
    size_t query_length = target_length - path_length;
    bool slash = path_length > 1 && target[path_length - 1] == '/';
    unsigned i;

    for (i = 0; i < 4; i++) {
        bool toggle_slash = i & 1, drop_query = i & 2;

        if (drop_query && query_length == 0)
            continue;
        trial->without_query = drop_query;
        buffer_clear(&trial->text);
        buffer_append(&trial->text, prefix, prefix_length);
        buffer_append(&trial->text, target, path_length - (toggle_slash && slash));
        if (toggle_slash && !slash)
            buffer_append_char(&trial->text, '/');
        if (!drop_query)
            buffer_append(&trial->text, query ? query : "", query_length);
        if (try_url(trial))
            return true;
    }
    return false;
}

/* One authority, by https and by http. */
static bool try_host(struct trial *trial, const char *host, size_t host_length,
                     const char *target, size_t target_length)
{
    static const char *const schemes[] = {"https://", "http://"};
    char prefix[512];
    size_t i;

    if (host_length == 0 || host_length > sizeof prefix - 16)
        return false;
    for (i = 0; i < 2; i++) {
        size_t scheme_length = strlen(schemes[i]);

        memcpy(prefix, schemes[i], scheme_length);
        memcpy(prefix + scheme_length, host, host_length);
        if (try_targets(trial, prefix, scheme_length + host_length, target, target_length))
            return true;
    }
    return false;
}

static bool try_host_and_port(struct trial *trial, const char *host, const char *port,
                              const char *target, size_t target_length)
{
    char both[512];
    size_t host_length = strlen(host), port_length = strlen(port);

    if (host_length == 0 || port_length == 0 || strchr(host, ':') ||
        host_length + port_length + 2 > sizeof both)
        return false;
    memcpy(both, host, host_length);
    both[host_length] = ':';
    memcpy(both + host_length + 1, port, port_length);
    return try_host(trial, both, host_length + 1 + port_length, target, target_length);
}

static bool try_hosts(struct trial *trial, const struct config *config,
                      const struct request *request, const char *target, size_t target_length)
{
    struct forwarded forwarded;
    struct origin origin;
    const char *host = request_text(request, VARIABLE_HTTP_HOST);
    const char *name = request_text(request, VARIABLE_SERVER_NAME);
    const char *port = request_text(request, VARIABLE_SERVER_PORT);
    const char *url = config->public_url;

    if (try_host(trial, host, strlen(host), target, target_length))
        return true;
    if (forwarded_read(&forwarded, FORWARDED_X, request) &&
        try_host(trial, forwarded.host, forwarded.host_length, target, target_length))
        return true;
    if (forwarded_read(&forwarded, FORWARDED_RFC7239, request) &&
        try_host(trial, forwarded.host, forwarded.host_length, target, target_length))
        return true;
    if (try_host_and_port(trial, host, port, target, target_length) ||
        try_host(trial, name, strlen(name), target, target_length) ||
        try_host_and_port(trial, name, port, target, target_length))
        return true;
    /* The configured host with the path that was really asked for, and with its own. */
    return url && origin_parse(&origin, url, strlen(url)) &&
           (try_host(trial, origin.host, origin.length - (size_t)(origin.host - url), target,
                     target_length) ||
            try_host(trial, origin.host, origin.length - (size_t)(origin.host - url),
                     url + origin.length, strlen(url + origin.length)));
}

void hint_find(struct buffer *hint, const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_parameters *parameters)
{
    struct trial trial = {
        .keys = keys,
        .parameters = parameters,
        .given = request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE),
        .hint = hint,
    };
    size_t length;
    const char *target = publicurl_target(request, &length);

    if (!target)
        return;
    buffer_init(&trial.text, PUBLICURL_LIMIT);
    try_hosts(&trial, config, request, target, length);
    buffer_free(&trial.text);
}
