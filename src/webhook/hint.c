#include "build.h"

#include "webhook/hint.h"

#include <string.h>

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
               struct signature_keys *keys, const struct signature_parameters *parameters)
{
    const char *given = request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE);
    struct likely_urls likely;
    struct public_url url;
    size_t i;

    if (!is_modest(&taken->urls[0], parameters))
        return;
    likely_urls_make(&likely, taken, config, request);
    for (i = 0; i < likely.count; i++)
        if (likely_urls_at(&likely, i, &url) && is_modest(&url, parameters) &&
            signature_matches(keys, &url, 1, parameters, given, NULL)) {
            say(hint, &url, likely.urls[i].query_dropped);
            break;
        }
    likely_urls_free(&likely);
}
