#include "build.h"

#include "webhook/hint.h"

#include <string.h>

#include "webhook/publicurl.h"
#include "webhook/urlvariants.h"

/* An unsigned stranger can have this run: what it costs at most is some milliseconds. Twilio's webhooks
 * are far below these sizes. */
enum { TRIES_LIMIT = 256, URL_LIMIT = 2048 };

static bool is_modest(const struct publicurl_candidates *base,
                      const struct signature_parameters *parameters)
{
    const struct publicurl *url = &base->urls[0];

    return url->head_length + url->port_length + url->tail_length <= URL_LIMIT &&
           (parameters->text_length > 0 || parameters->count == 0);
}

static void cut_query(struct publicurl *url)
{
    const char *query = memchr(url->tail, '?', url->tail_length);

    if (query)
        url->tail_length = (size_t)(query - url->tail);
}

static void say(struct buffer *hint, struct publicurl *url, unsigned changes)
{
    bool query_added = changes & URL_CHANGE_QUERY_ADDED;

    buffer_append_string(hint, "the signature matches ");
    if (!query_added) /* the setting takes its query from each request */
        cut_query(url);
    publicurl_show(hint, url);
    buffer_append_string(hint, query_added ? ": something on the way adds a query to it"
                                           : ": set AUTOJOIN_PUBLIC_URL to it");
}

static void try_all(struct buffer *hint, const struct urlvariants *variants, const char *given,
                    struct signature_keys *keys, const struct signature_parameters *parameters)
{
    size_t i, which = 0;

    for (i = 1; i < urlvariants_count(variants) && i <= TRIES_LIMIT; i++) {
        const struct urlvariant *variant = urlvariants_at(variants, i);
        struct publicurl_candidates candidates;

        if (publicurl_vary_port(&candidates, urlvariants_text(variants, variant),
                                variant->length) &&
            signature_matches(keys, candidates.urls, candidates.count, parameters, given,
                              &which)) {
            say(hint, &candidates.urls[which], variant->changes);
            return;
        }
    }
}

void hint_find(struct buffer *hint, const struct config *config, const struct request *request,
               struct signature_keys *keys, const struct signature_parameters *parameters)
{
    struct publicurl_candidates base;
    struct urlvariants *variants = NULL;
    struct buffer text;

    buffer_init(&text, PUBLICURL_LIMIT);
    if (publicurl_build(&base, &text, config, request) == PUBLICURL_OK &&
        is_modest(&base, parameters))
        variants = urlvariants_new(base.urls[0].head,
                                   (size_t)(base.urls[0].tail + base.urls[0].tail_length -
                                            base.urls[0].head),
                                   config, request, URLVARIANTS_LIKELY);
    if (variants)
        try_all(hint, variants, request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE), keys,
                parameters);
    urlvariants_free(variants);
    buffer_free(&text);
}
