/*
 * webhook/public_url: whatever gateways and proxies say, the first candidate is what was configured or
 * received, byte by byte, and no other differs from it but in its authority's port.
 *
 * An input is variables, NAME=value lines; of them PUBLIC_URL, FORWARDED and TRUSTED are settings.
 */
#include "build.h"

#include "property.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "inputlines.h"
#include "diagnosis/url_variants.h"
#include "webhook/hint.h"
#include "webhook/public_url.h"

static void assert_port_only(const struct public_url_candidates *urls)
{
    const struct public_url *first = &urls->urls[0], *url;

    PROPERTY(urls->count >= 1 && urls->count <= PUBLIC_URL_CANDIDATES_LIMIT, "how many");
    for (url = first; url < first + urls->count; url++) {
        size_t i;

        PROPERTY(url->head_length == first->head_length &&
                     memcmp(url->head, first->head, first->head_length) == 0,
                 "the same in front of the port");
        PROPERTY(url->tail_length == first->tail_length &&
                     memcmp(url->tail, first->tail, first->tail_length) == 0,
                 "the same behind the port");
        PROPERTY(url->port_length == 0 || (url->port[0] == ':' && url->port_length > 1), "a port");
        for (i = 1; i < url->port_length; i++)
            PROPERTY(url->port[i] >= '0' && url->port[i] <= '9', "a port is a number");
    }
}

/* Path and query where a front sets no REQUEST_URI: encoded again, but for the query. */
static void expect_lossy_target(struct buffer *url, const struct request *request)
{
    const char *parts[] = {request_text(request, VARIABLE_SCRIPT_NAME),
                           request_text(request, VARIABLE_PATH_INFO)};
    const char *query = request_text(request, VARIABLE_QUERY_STRING);
    size_t i;

    for (i = 0; i < 2; i++)
        for (; *parts[i]; parts[i]++) {
            if (strchr("/-._~", *parts[i]) || isalnum((unsigned char)*parts[i]))
                buffer_append_char(url, *parts[i]);
            else
                buffer_append_format(url, "%%%02X", (unsigned char)*parts[i]);
        }
    buffer_append_string(url, *query ? "?" : "");
    buffer_append_string(url, query);
}

/* Path and query as they came, without a fragment. */
static void expect_target(struct buffer *url, const struct request *request)
{
    const char *uri = request_variable(request, VARIABLE_REQUEST_URI);

    if (!uri) {
        expect_lossy_target(url, request);
        return;
    }
    if (*uri != '/') {
        const char *authority = strstr(uri, "://");

        PROPERTY(authority, "a target is a path or a URL");
        uri = authority + 3 + strcspn(authority + 3, "/?#");
    }
    buffer_append(url, uri, strcspn(uri, "#"));
}

static void expect_configured(struct buffer *url, const char *configured,
                              const struct request *request)
{
    const char *uri = request_variable(request, VARIABLE_REQUEST_URI), *query;

    buffer_append_string(url, configured);
    if (strchr(configured, '?'))
        return;
    if (uri) {
        query = uri + strcspn(uri, "?#");
        buffer_append(url, query, strcspn(query, "#"));
    } else if (*request_text(request, VARIABLE_QUERY_STRING)) {
        buffer_append_format(url, "?%s", request_text(request, VARIABLE_QUERY_STRING));
    }
}

static void expect_origin(struct buffer *url, const struct request *request)
{
    const char *https = request_text(request, VARIABLE_HTTPS);
    const char *port = request_text(request, VARIABLE_SERVER_PORT);
    bool secure = strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
                  strcasecmp(request_text(request, VARIABLE_REQUEST_SCHEME), "https") == 0;

    buffer_append_string(url, secure ? "https://" : "http://");
    if (*request_text(request, VARIABLE_HTTP_HOST)) {
        buffer_append_string(url, request_text(request, VARIABLE_HTTP_HOST));
        return;
    }
    buffer_append_string(url, request_text(request, VARIABLE_SERVER_NAME));
    if (*port && strspn(port, "0123456789") == strlen(port) && strtoul(port, NULL, 10) <= 65535 &&
        strcmp(port, secure ? "443" : "80") != 0)
        buffer_append_format(url, ":%s", port);
}

static void join(struct buffer *joined, const struct public_url *url)
{
    buffer_append(joined, url->head, url->head_length);
    buffer_append(joined, url->port, url->port_length);
    buffer_append(joined, url->tail, url->tail_length);
}

static bool is_plain_origin(const char *text, size_t length)
{
    const char *authority = memmem(text, length, "://", 3);

    return authority && (authority - text == 4 || authority - text == 5) &&
           memcmp(text, "http", 4) == 0 &&
           strcspn(authority + 3, "/?#@ ") >= length - (size_t)(authority + 3 - text);
}

/* The first candidate is the URL that was configured or asked for, byte by byte. A trusted proxy's
 * word counts for scheme and authority, and for nothing else. */
static void assert_first(const struct public_url *url, const struct config *config, bool is_trusted,
                         const struct request *request)
{
    struct buffer expected, joined;

    buffer_init(&expected, 2 * PUBLIC_URL_LIMIT);
    buffer_init(&joined, 2 * PUBLIC_URL_LIMIT);
    join(&joined, url);
    if (config->public_url) {
        expect_configured(&expected, config->public_url, request);
    } else {
        if (!is_trusted)
            expect_origin(&expected, request);
        expect_target(&expected, request);
    }
    PROPERTY(buffer_status(&expected) == BUFFER_OK && joined.length >= expected.length &&
                 memcmp(buffer_string(&joined) + joined.length - expected.length,
                        buffer_string(&expected), expected.length) == 0,
             "the URL as it was configured or asked for");
    if (joined.length > expected.length)
        PROPERTY(!config->public_url && is_trusted &&
                     is_plain_origin(joined.data, joined.length - expected.length),
                 "a proxy names scheme and authority only");
    buffer_free(&expected);
    buffer_free(&joined);
}

static void guess(const struct config *config, const struct request *request,
                  const struct public_url_candidates *taken)
{
    struct hint_urls likely;
    struct public_url url;
    size_t i;

    hint_urls_make(&likely, taken, config, request);
    PROPERTY(likely.count <= HINT_URLS_LIMIT, "a dozen");
    for (i = 0; i < likely.count; i++) {
        PROPERTY(likely.urls[i].length <= HINT_URLS_LENGTH_LIMIT, "a likely URL is short");
        /* A Host such as "h:x" makes none. */
        if (hint_urls_at(&likely, i, &url))
            PROPERTY(url.head_length + url.port_length + url.tail_length == likely.urls[i].length,
                     "a likely URL is taken apart whole");
    }
    hint_urls_free(&likely);
}

/* Thousands: only of short ones. */
static void vary(const struct config *config, const struct request *request,
                 const struct public_url_candidates *urls)
{
    enum { SHORT = 64 };
    const struct public_url *first = &urls->urls[0];
    size_t length = (size_t)(first->tail + first->tail_length - first->head), i;
    struct url_variants *variants;

    if (length > SHORT)
        return;
    variants = url_variants_new(first->head, length, config, request);
    for (i = 0; variants && i < url_variants_count(variants); i++)
        PROPERTY(url_variants_at(variants, i)->length < PUBLIC_URL_LIMIT, "a variant fits");
    url_variants_free(variants);
}

static void read_settings(struct config *config, const struct inputlines *input)
{
    const char *forwarded = inputlines_value(input, "FORWARDED");

    config->public_url = inputlines_value(input, "PUBLIC_URL");
    if (forwarded)
        config->forwarded = strcmp(forwarded, "x") == 0 ? FORWARDED_X : FORWARDED_RFC7239;
    if (inputlines_value(input, "TRUSTED"))
        config->trusted_proxies.count = cidr_parse(&config->trusted_proxies.blocks[0], "::/0");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct public_url_candidates urls;
    struct config config = {.enabled = true};
    struct request request = {0};
    struct inputlines input;
    struct buffer text;

    inputlines_read(&input, data, size);
    read_settings(&config, &input);
    request_read_variables(&request, input.lines);
    buffer_init(&text, PUBLIC_URL_LIMIT);
    if (public_url_build(&urls, &text, &config, &request) == PUBLIC_URL_OK) {
        assert_port_only(&urls);
        assert_first(&urls.urls[0], &config,
                     config.forwarded != FORWARDED_NO && inputlines_value(&input, "TRUSTED"), &request);
        guess(&config, &request, &urls);
        vary(&config, &request, &urls);
    }
    buffer_free(&text);
    inputlines_free(&input);
    return 0;
}
