/*
 * webhook/publicurl: whatever gateways and proxies say, no candidate differs from what was
 * configured or received outside its authority's port.
 *
 * An input is variables, NAME=value lines; of them PUBLIC_URL, FORWARDED and TRUSTED are settings.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "inputlines.h"
#include "webhook/publicurl.h"
#include "webhook/urlvariants.h"

static char *setting(const struct inputlines *input, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 0; i < input->count; i++)
        if (strncmp(input->lines[i], name, length) == 0 && input->lines[i][length] == '=')
            return input->lines[i] + length + 1;
    return NULL;
}

static bool begins_with(const char *text, size_t text_length, const char *start, size_t length)
{
    return text_length >= length && memcmp(text, start, length) == 0;
}

static void assert_port_only(const struct publicurl_candidates *urls)
{
    const struct publicurl *first = &urls->urls[0], *url;

    PROPERTY(urls->count >= 1 && urls->count <= PUBLICURL_CANDIDATES_LIMIT, "how many");
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
            if (url != &first[urls->count - 1] || urls->count < 3)
                PROPERTY(url->port[i] >= '0' && url->port[i] <= '9', "a port is a number");
    }
}

/* The first candidate, joined, is the configured URL verbatim, perhaps with the request's query. */
static void assert_verbatim(const struct publicurl *url, const char *configured,
                            const struct request *request)
{
    char joined[8192];
    size_t length = url->head_length + url->port_length + url->tail_length;
    const char *uri = request_text(request, VARIABLE_REQUEST_URI);

    if (length >= sizeof joined)
        return;
    memcpy(joined, url->head, url->head_length);
    memcpy(joined + url->head_length, url->port, url->port_length);
    memcpy(joined + url->head_length + url->port_length, url->tail, url->tail_length);
    joined[length] = '\0';
    if (configured) {
        PROPERTY(begins_with(joined, length, configured, strlen(configured)), "as configured");
        if (length > strlen(configured)) {
            const char *query = request_variable(request, VARIABLE_REQUEST_URI)
                                    ? strstr(uri, joined + strlen(configured))
                                    : strstr(joined, request_text(request, VARIABLE_QUERY_STRING));

            PROPERTY(joined[strlen(configured)] == '?' && query, "with the query as it came");
        }
    } else if (request_variable(request, VARIABLE_REQUEST_URI)) {
        PROPERTY(url->tail_length == 0 || strstr(uri, joined + url->head_length + url->port_length),
                 "path and query as they came");
    }
}

static void assert_host(const struct publicurl *url, const struct request *request)
{
    const char *host = request_text(request, VARIABLE_HTTP_HOST);
    const char *scheme_end = memchr(url->head, ':', url->head_length);
    size_t in_url, at;

    PROPERTY(scheme_end && begins_with(scheme_end, url->head_length, "://", 3), "a scheme");
    if (!*host)
        return;
    at = (size_t)(scheme_end + 3 - url->head);
    in_url = url->head_length - at;
    PROPERTY(begins_with(host, strlen(host), url->head + at, in_url), "the host as it came");
}

static void vary(const struct config *config, const struct request *request,
                 const struct publicurl_candidates *urls)
{
    struct buffer text;
    struct urlvariants *variants;
    size_t i;

    buffer_init(&text, PUBLICURL_LIMIT);
    publicurl_show(&text, &urls->urls[0]);
    if (buffer_status(&text) == BUFFER_OK) {
        variants = urlvariants_new(text.data, text.length, config, request, URLVARIANTS_LIKELY);
        for (i = 0; variants && i < urlvariants_count(variants); i++)
            PROPERTY(urlvariants_at(variants, i)->length < PUBLICURL_LIMIT, "a variant fits");
        urlvariants_free(variants);
    }
    buffer_free(&text);
}

static void read_settings(struct config *config, const struct inputlines *input)
{
    const char *forwarded = setting(input, "FORWARDED");

    config->public_url = setting(input, "PUBLIC_URL");
    if (forwarded)
        config->forwarded = strcmp(forwarded, "x") == 0 ? FORWARDED_X : FORWARDED_RFC7239;
    if (setting(input, "TRUSTED"))
        config->trusted_proxies.count = cidr_parse(&config->trusted_proxies.blocks[0], "::/0");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct publicurl_candidates urls;
    struct config config = {.enabled = true};
    struct request request = {0};
    struct inputlines input;
    struct buffer text;

    inputlines_read(&input, data, size);
    read_settings(&config, &input);
    request_read_variables(&request, input.lines);
    buffer_init(&text, PUBLICURL_LIMIT);
    if (publicurl_build(&urls, &text, &config, &request) == PUBLICURL_OK) {
        assert_port_only(&urls);
        assert_verbatim(&urls.urls[0], config.public_url, &request);
        if (!config.public_url && (config.forwarded == FORWARDED_NO || !setting(&input, "TRUSTED")))
            assert_host(&urls.urls[0], &request);
        if (size < 2048)
            vary(&config, &request, &urls);
    }
    buffer_free(&text);
    inputlines_free(&input);
    return 0;
}
