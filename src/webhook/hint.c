#include "build.h"

#include "webhook/hint.h"

#include <string.h>
#include <strings.h>

#include "support/origin.h"
#include "support/quantity.h"
#include "webhook/public_url.h"

enum { HOST_LIMIT = 255, ELEMENT_SIZE = 512 };

/* A URL in the parts that may be mistaken. */
struct parts {
    bool https;
    const char *host; /* with userinfo; as a header names it, with its port */
    size_t host_length;
    const char *port; /* without ":"; length 0 for none */
    size_t port_length;
    const char *path;
    size_t path_length;
    bool slash; /* one more at the path's end */
    const char *query; /* with its "?" */
    size_t query_length;
    bool query_dropped, query_masked;
};

static void add(struct hint_urls *urls, const struct parts *parts)
{
    struct buffer *text = &urls->text;
    struct hint_url url = {.at = text->length,
                            .query_dropped = parts->query_dropped,
                            .query_masked = parts->query_masked};
    size_t length = strlen("https://") + parts->host_length + 1 + parts->port_length +
                    parts->path_length + 1 + parts->query_length;

    if (urls->count == HINT_URLS_LIMIT || length > HINT_URLS_LENGTH_LIMIT ||
        parts->host_length == 0)
        return;
    buffer_append_string(text, parts->https ? "https://" : "http://");
    buffer_append(text, parts->host, parts->host_length);
    if (parts->port_length > 0) {
        buffer_append_char(text, ':');
        buffer_append(text, parts->port, parts->port_length);
    }
    buffer_append(text, parts->path, parts->path_length);
    if (parts->slash)
        buffer_append_char(text, '/');
    buffer_append(text, parts->query, parts->query_length);
    url.length = text->length - url.at;
    if (buffer_status(text) == BUFFER_OK)
        urls->urls[urls->count++] = url;
}

static void add_in_both_schemes(struct hint_urls *urls, struct parts parts)
{
    add(urls, &parts);
    parts.https = !parts.https;
    add(urls, &parts);
}

static void split_target(struct parts *parts, const char *target, size_t length)
{
    const char *query = memchr(target, '?', length);

    parts->path = target;
    parts->path_length = query ? (size_t)(query - target) : length;
    parts->query = target + parts->path_length;
    parts->query_length = length - parts->path_length;
}

/* False if it is too long for any hint. */
static bool read_taken(struct parts *parts, const struct public_url *taken)
{
    size_t length = (size_t)(taken->tail + taken->tail_length - taken->head);
    struct origin origin;

    if (length > HINT_URLS_LENGTH_LIMIT || !origin_parse(&origin, taken->head, length))
        return false;
    *parts = (struct parts){.https = origin.https,
                            .host = origin.userinfo_length > 0 ? origin.userinfo : origin.host,
                            .port = origin.port ? origin.port : "",
                            .port_length = origin.port_length,
                            .query_masked = taken->query_masked};
    parts->host_length = (size_t)(origin.host + origin.host_length - parts->host);
    split_target(parts, taken->head + origin.length, length - origin.length);
    return true;
}

static void set_host(struct parts *parts, const char *host, size_t length)
{
    parts->host = host;
    parts->host_length = length <= HOST_LIMIT && origin_is_authority(host, length) ? length : 0;
    parts->port_length = 0;
}

/* The first element of the header, read as if it stood alone: a hint is a guess, and needs no trust. */
static void add_forwarded(struct hint_urls *urls, struct parts parts, enum setting_forwarded family,
                          const struct request *request)
{
    enum variable variable =
        family == FORWARDED_X ? VARIABLE_HTTP_X_FORWARDED_HOST : VARIABLE_HTTP_FORWARDED;
    const char *proto = request_text(request, VARIABLE_HTTP_X_FORWARDED_PROTO);
    const char *value = request_text(request, variable);
    size_t length = strcspn(value, family == FORWARDED_X ? ", \t" : ",");
    struct request one = {.counts = {0}};
    struct forwarded forwarded;
    char element[ELEMENT_SIZE];

    if (length >= sizeof element)
        return;
    memcpy(element, value, length);
    element[length] = '\0';
    one.values[variable] = element;
    if (!forwarded_read(&forwarded, family, &one) || forwarded.host_length == 0)
        return;
    set_host(&parts, forwarded.host, forwarded.host_length);
    parts.https = forwarded.proto_known ? forwarded.https : strcasecmp(proto, "http") != 0;
    add(urls, &parts);
}

/* Whom else the request names: the virtual host, or, where a URL is configured, its Host. TLS ends in front. */
static void add_named_host(struct hint_urls *urls, struct parts parts, const struct config *config,
                           const struct request *request)
{
    const char *host =
        request_text(request, config->public_url ? VARIABLE_HTTP_HOST : VARIABLE_SERVER_NAME);

    set_host(&parts, host, strlen(host));
    parts.https = true;
    add(urls, &parts);
}

static void add_slashed(struct hint_urls *urls, struct parts parts)
{
    if (parts.path_length > 0 && parts.path[parts.path_length - 1] == '/')
        parts.path_length--;
    else
        parts.slash = true;
    add_in_both_schemes(urls, parts);
}

static void add_without_query(struct hint_urls *urls, struct parts parts)
{
    if (parts.query_length == 0)
        return;
    parts.query_length = 0;
    parts.query_dropped = !parts.query_masked; /* a configured one nobody adds on the way */
    add_in_both_schemes(urls, parts);
}

/* The port that was lost on the way, or came to it there. */
static void add_other_port(struct hint_urls *urls, struct parts parts,
                           const struct request *request)
{
    const char *port = request_text(request, VARIABLE_HTTP_X_FORWARDED_PORT);
    uint64_t number;

    if (!*port)
        port = request_text(request, VARIABLE_SERVER_PORT);
    if (parts.port_length > 0)
        port = "";
    else if (!quantity_parse_number(port, 65535, &number))
        return;
    parts.port = port;
    parts.port_length = strlen(port);
    add_in_both_schemes(urls, parts);
}

/* The configured URL is another webhook's: its path, or all of it. */
static void add_request_target(struct hint_urls *urls, struct parts parts,
                               const struct request *request)
{
    const char *host = request_text(request, VARIABLE_HTTP_HOST);
    size_t length;
    const char *target = public_url_target(request, &length);

    if (!target || length > HINT_URLS_LENGTH_LIMIT)
        return;
    split_target(&parts, target, length);
    parts.query_masked = false;
    add(urls, &parts);
    set_host(&parts, host, strlen(host));
    parts.https = true;
    add(urls, &parts);
}

void hint_urls_make(struct hint_urls *urls, const struct public_url_candidates *taken,
                     const struct config *config, const struct request *request)
{
    struct parts parts, other_scheme;

    urls->count = 0;
    buffer_init(&urls->text, HINT_URLS_LIMIT * HINT_URLS_LENGTH_LIMIT);
    if (!read_taken(&parts, &taken->urls[0]))
        return;
    other_scheme = parts;
    other_scheme.https = !parts.https;
    add(urls, &other_scheme);
    add_forwarded(urls, parts, FORWARDED_X, request);
    add_forwarded(urls, parts, FORWARDED_RFC7239, request);
    add_named_host(urls, parts, config, request);
    add_slashed(urls, parts);
    add_without_query(urls, parts);
    add_other_port(urls, parts, request);
    if (config->public_url)
        add_request_target(urls, parts, request);
}

void hint_urls_free(struct hint_urls *urls)
{
    buffer_free(&urls->text);
}

bool hint_urls_at(const struct hint_urls *urls, size_t i, struct public_url *url)
{
    const struct hint_url *likely = &urls->urls[i];
    struct public_url_candidates candidates;

    if (!public_url_vary_port(&candidates, urls->text.data + likely->at, likely->length))
        return false;
    *url = candidates.urls[0];
    url->query_masked = likely->query_masked;
    return true;
}

static void cut_query(struct public_url *url)
{
    const char *query = memchr(url->tail, '?', url->tail_length);

    if (query)
        url->tail_length = (size_t)(query - url->tail);
}

static void say(struct buffer *hint, struct public_url *url, bool query_dropped)
{
    buffer_append_string(hint, "the signature matches ");
    if (!url->query_masked) /* a setting without one takes its query from each request */
        cut_query(url);
    public_url_show(hint, url);
    buffer_append_string(hint, query_dropped ? ": something on the way adds a query to it"
                                             : ": set AUTOJOIN_PUBLIC_URL to it");
}

/* Whether it is short enough to be looked into; parameters that did not fit into `text` are too long. */
static bool is_modest(const struct public_url *url, const struct signature_parameters *parameters)
{
    size_t length = url->head_length + url->port_length + url->tail_length;

    return (parameters->text_length > 0 || parameters->count == 0) &&
           length + parameters->text_length <= HINT_SIGNED_LIMIT;
}

void hint_find(struct buffer *hint, const struct public_url_candidates *taken,
               const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_candidates *candidates,
               const struct signature_parameters *parameters)
{
    const char *given = request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE);
    struct hint_urls likely;
    struct public_url url;
    size_t i;

    if (!is_modest(&taken->urls[0], parameters))
        return;
    hint_urls_make(&likely, taken, config, request);
    for (i = 0; i < likely.count; i++)
        if (hint_urls_at(&likely, i, &url) && is_modest(&url, parameters) &&
            signature_matches(keys, candidates, &url, 1, parameters, given, NULL)) {
            say(hint, &url, likely.urls[i].query_dropped);
            break;
        }
    hint_urls_free(&likely);
}
