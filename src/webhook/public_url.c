#include "build.h"

#include "webhook/public_url.h"

#include <string.h>
#include <strings.h>

#include "support/cidr.h"
#include "support/origin.h"
#include "support/percent.h"
#include "support/quantity.h"

static bool take_proto(struct forwarded *forwarded, const char *value, size_t length)
{
    forwarded->proto_known = true;
    forwarded->https = length == 5 && strncasecmp(value, "https", 5) == 0;
    return forwarded->https || (length == 4 && strncasecmp(value, "http", 4) == 0);
}

static bool take_host(struct forwarded *forwarded, const char *value, size_t length)
{
    forwarded->host = value;
    forwarded->host_length = length;
    return origin_is_authority(value, length);
}

static bool take_port(struct forwarded *forwarded, const char *value)
{
    uint64_t port;

    forwarded->port = value;
    return quantity_parse_number(value, 65535, &port);
}

static bool read_x_forwarded(struct forwarded *forwarded, const struct request *request)
{
    const char *proto = request_text(request, VARIABLE_HTTP_X_FORWARDED_PROTO);
    const char *host = request_text(request, VARIABLE_HTTP_X_FORWARDED_HOST);
    const char *port = request_text(request, VARIABLE_HTTP_X_FORWARDED_PORT);

    return (!*proto || take_proto(forwarded, proto, strlen(proto))) &&
           (!*host || take_host(forwarded, host, strlen(host))) &&
           (!*port || take_port(forwarded, port));
}

/* Takes one "name=value" of a Forwarded element; the value may be quoted. */
static bool take_pair(struct forwarded *forwarded, const char *pair, size_t length)
{
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals ? (size_t)(equals - pair) : 0;
    const char *value = equals ? equals + 1 : NULL;
    size_t value_length = equals ? length - name_length - 1 : 0;

    if (!equals)
        return false;
    if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
        value++;
        value_length -= 2;
    }
    if (name_length == 5 && strncasecmp(pair, "proto", 5) == 0)
        return !forwarded->proto_known && take_proto(forwarded, value, value_length);
    if (name_length == 4 && strncasecmp(pair, "host", 4) == 0)
        return forwarded->host_length == 0 && take_host(forwarded, value, value_length);
    return true;
}

static bool read_rfc7239(struct forwarded *forwarded, const struct request *request)
{
    const char *at = request_text(request, VARIABLE_HTTP_FORWARDED);

    if (strchr(at, ','))
        return false;
    while (*at) {
        size_t length;

        at += strspn(at, " \t;");
        length = strcspn(at, ";");
        if (length > 0 && !take_pair(forwarded, at, strcspn(at, "; \t")))
            return false;
        at += length;
    }
    return true;
}

bool forwarded_read(struct forwarded *forwarded, enum setting_forwarded family,
                    const struct request *request)
{
    *forwarded = (struct forwarded){0};
    return family == FORWARDED_X ? read_x_forwarded(forwarded, request)
                                 : read_rfc7239(forwarded, request);
}

const char *public_url_target(const struct request *request, size_t *length)
{
    const char *target = request_text(request, VARIABLE_REQUEST_URI);
    struct origin origin;
    size_t i;

    *length = strcspn(target, "#"); /* lighttpd and nginx pass a fragment on */
    for (i = 0; i < *length; i++)
        if ((unsigned char)target[i] <= ' ' || (unsigned char)target[i] >= 0x7f)
            return NULL;
    if (target[0] == '/')
        return target;
    /* Apache passes an absolute-form target (RFC 9112, 3.2.2) on whole. */
    if (!origin_parse(&origin, target, *length))
        return NULL;
    *length -= origin.length;
    return target + origin.length;
}

/* Fronts that set no REQUEST_URI: what CGI has instead was decoded, so this may not be what
 * was signed (RFC 3875, 4.1.13 and 4.1.5). */
static void append_lossy_target(struct buffer *text, const struct request *request)
{
    const char *parts[] = {request_text(request, VARIABLE_SCRIPT_NAME),
                           request_text(request, VARIABLE_PATH_INFO)};
    const char *query = request_text(request, VARIABLE_QUERY_STRING);
    size_t i;

    for (i = 0; i < 2; i++) {
        const char *at = parts[i];

        for (; *at; at++) {
            if (*at == '/')
                buffer_append_char(text, '/');
            else
                percent_encode(text, at, 1);
        }
    }
    if (*query)
        buffer_append_format(text, "?%s", query);
}

static enum public_url_status append_target(struct buffer *text, const struct request *request)
{
    size_t length;
    const char *target;

    if (!request_variable(request, VARIABLE_REQUEST_URI)) {
        append_lossy_target(text, request);
        return PUBLIC_URL_OK;
    }
    target = public_url_target(request, &length);
    if (!target)
        return PUBLIC_URL_BAD_TARGET;
    buffer_append(text, target, length);
    return PUBLIC_URL_OK;
}

/* The request's raw query; NULL if it has none, or the target is bad. */
static const char *find_query(const struct request *request, size_t *length)
{
    const char *target, *query;

    if (!request_variable(request, VARIABLE_REQUEST_URI)) {
        query = request_text(request, VARIABLE_QUERY_STRING);
        *length = strlen(query);
        return *query ? query : NULL;
    }
    target = public_url_target(request, length);
    query = target ? memchr(target, '?', *length) : NULL;
    if (!query)
        return NULL;
    *length -= (size_t)(query + 1 - target);
    return query + 1;
}

static const char body_hash[] = "bodySHA256=";

/* To a URL that has a query Twilio adds the body's hash, which no setting can foresee. */
static void append_body_hash(struct buffer *text, const struct request *request)
{
    size_t length, pair;
    const char *at = find_query(request, &length);

    for (; at; at += pair + 1, length -= pair + 1) {
        const char *end = memchr(at, '&', length);

        pair = end ? (size_t)(end - at) : length;
        if (pair >= sizeof body_hash - 1 && memcmp(at, body_hash, sizeof body_hash - 1) == 0) {
            if (text->length > 0 && text->data[text->length - 1] != '?')
                buffer_append_char(text, '&');
            buffer_append(text, at, pair);
            return;
        }
        if (!end)
            return;
    }
}

/* The configured URL, verbatim, with the request's query if it has none of its own. */
static enum public_url_status build_configured(struct buffer *text, const char *configured,
                                              const struct request *request)
{
    size_t length;
    const char *query;

    buffer_append_string(text, configured);
    if (strchr(configured, '?')) {
        if (!strstr(configured, body_hash))
            append_body_hash(text, request);
        return PUBLIC_URL_OK;
    }
    if (request_variable(request, VARIABLE_REQUEST_URI) && !public_url_target(request, &length))
        return PUBLIC_URL_BAD_TARGET;
    query = find_query(request, &length);
    if (query) {
        buffer_append_char(text, '?');
        buffer_append(text, query, length);
    }
    return PUBLIC_URL_OK;
}

/* HTTPS before REQUEST_SCHEME: Apache's SetEnvIf sets only the first. */
static bool is_https(const struct request *request)
{
    const char *https = request_text(request, VARIABLE_HTTPS);

    return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
           strcasecmp(request_text(request, VARIABLE_REQUEST_SCHEME), "https") == 0;
}

static const char *server_port(const struct request *request)
{
    const char *port = request_text(request, VARIABLE_SERVER_PORT);
    uint64_t number;

    return quantity_parse_number(port, 65535, &number) ? port : "";
}

/* SERVER_PORT never joins an HTTP_HOST: under Apache it is the caller's own, behind a proxy
 * the backend's. */
static enum public_url_status append_host(struct buffer *text, const struct request *request,
                                         bool https)
{
    const char *host = request_text(request, VARIABLE_HTTP_HOST);
    const char *port = server_port(request);
    bool named = *host != '\0';

    if (!named)
        host = request_text(request, VARIABLE_SERVER_NAME);
    /* With a "/" or "?" in it the URL would be another one, for which somebody may hold a signature. */
    if (!origin_is_authority(host, strlen(host)))
        return PUBLIC_URL_NO_HOST;
    buffer_append_string(text, host);
    if (!named && *port && strcmp(port, https ? "443" : "80") != 0)
        buffer_append_format(text, ":%s", port);
    return PUBLIC_URL_OK;
}

enum setting_forwarded public_url_forwarded(const struct config *config,
                                          const struct request *request)
{
    bool heeded = !config->public_url && config->forwarded != FORWARDED_NO &&
                  cidr_contains(&config->trusted_proxies,
                                request_variable(request, VARIABLE_REMOTE_ADDR));

    return heeded ? config->forwarded : FORWARDED_NO;
}

/* `port` gets the port that a host without one may have lost on its way. */
static enum public_url_status build_from_request(struct buffer *text, const struct config *config,
                                                const struct request *request, const char **port)
{
    enum setting_forwarded family = public_url_forwarded(config, request);
    struct forwarded forwarded = {0};
    enum public_url_status status;
    bool https;

    if (family != FORWARDED_NO && !forwarded_read(&forwarded, family, request))
        return PUBLIC_URL_BAD_FORWARDED;
    *port = forwarded.port ? forwarded.port : server_port(request);
    https = forwarded.proto_known ? forwarded.https : is_https(request);
    buffer_append_string(text, https ? "https://" : "http://");
    if (forwarded.host_length > 0) {
        buffer_append(text, forwarded.host, forwarded.host_length);
    } else {
        status = append_host(text, request, https);
        if (status != PUBLIC_URL_OK)
            return status;
    }
    return append_target(text, request);
}

static void add_candidate(struct public_url_candidates *candidates, const struct public_url *url,
                          const char *port, size_t port_length)
{
    struct public_url *candidate = &candidates->urls[candidates->count++];

    *candidate = *url;
    candidate->port = port;
    candidate->port_length = port_length;
}

bool public_url_vary_port(struct public_url_candidates *candidates, const char *url, size_t length)
{
    struct origin origin;
    struct public_url pieces = {0};
    const char *query = memchr(url, '?', length);

    if (!origin_parse(&origin, url, length))
        return false;
    candidates->count = 0;
    candidates->query = query ? query + 1 : url + length;
    candidates->query_length = (size_t)(url + length - candidates->query);
    pieces.head = url;
    pieces.head_length = (size_t)(origin.host - url) + origin.host_length;
    pieces.tail = url + origin.length;
    pieces.tail_length = length - origin.length;
    if (origin.port_length > 0) {
        add_candidate(candidates, &pieces, origin.port - 1, origin.port_length + 1);
        add_candidate(candidates, &pieces, "", 0);
    } else {
        add_candidate(candidates, &pieces, "", 0);
        add_candidate(candidates, &pieces, origin.https ? ":443" : ":80", origin.https ? 4 : 3);
    }
    return true;
}

/* nginx's fastcgi_params drop the port from HTTP_HOST, some proxies say it apart. */
static void add_lost_port(struct public_url_candidates *candidates, const char *port,
                            size_t port_length)
{
    if (candidates->urls[0].port_length == 0 && port_length > 1)
        add_candidate(candidates, &candidates->urls[0], port, port_length);
}

enum public_url_status public_url_build(struct public_url_candidates *candidates, struct buffer *text,
                                      const struct config *config, const struct request *request)
{
    const char *port = "";
    enum public_url_status status;
    size_t length, i;

    candidates->count = 0;
    status = config->public_url ? build_configured(text, config->public_url, request)
                                : build_from_request(text, config, request, &port);
    if (status != PUBLIC_URL_OK)
        return status;
    length = text->length;
    if (*port)
        buffer_append_format(text, ":%s", port);
    if (buffer_status(text) != BUFFER_OK)
        return PUBLIC_URL_NO_MEMORY;
    if (!public_url_vary_port(candidates, text->data, length))
        return PUBLIC_URL_NO_HOST;
    add_lost_port(candidates, text->data + length, text->length - length);
    for (i = 0; i < candidates->count; i++)
        candidates->urls[i].query_masked = config->public_url && strchr(config->public_url, '?');
    return PUBLIC_URL_OK;
}

void public_url_show(struct buffer *out, const struct public_url *url)
{
    const char *query = url->query_masked ? memchr(url->tail, '?', url->tail_length) : NULL;

    origin_show(out, url->head, url->head_length);
    buffer_append(out, url->port, url->port_length);
    buffer_append(out, url->tail, query ? (size_t)(query - url->tail) : url->tail_length);
    if (query)
        buffer_append_string(out, "?***");
}
