/* webhook/hint: the mend for each mistake that users of Twilio's libraries make. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "variables.h"
#include "webhook/hint.h"

#define SET ": set AUTOJOIN_PUBLIC_URL to it"

static const struct row {
    const char *name;
    const char *signed_url;
    const char *public_url; /* configured; NULL for none */
    const char *variables[8];
    const char *hint; /* "": none is found */
} rows[] = {
    {"TLS ends in front of us", "https://api.example.com/webhooks/twilio", NULL,
     {"HTTP_HOST=api.example.com", "REQUEST_URI=/webhooks/twilio"},
     "the signature matches https://api.example.com/webhooks/twilio" SET},
    {"http is configured at Twilio", "http://api.example.com/p", NULL,
     {"HTTPS=on", "HTTP_HOST=api.example.com", "REQUEST_URI=/p"},
     "the signature matches http://api.example.com/p" SET},
    {"the proxy changes the host", "https://api.example.com/p", NULL,
     {"HTTP_HOST=127.0.0.1:8010", "HTTP_X_FORWARDED_HOST=api.example.com", "REQUEST_URI=/p"},
     "the signature matches https://api.example.com/p" SET},
    {"the proxy says Forwarded", "https://api.example.com/p", NULL,
     {"HTTP_HOST=backend", "HTTP_FORWARDED=for=1.2.3.4;host=api.example.com", "REQUEST_URI=/p"},
     "the signature matches https://api.example.com/p" SET},
    {"a slash too few", "https://h.example/p/", NULL, {"HTTP_HOST=h.example", "REQUEST_URI=/p"},
     "the signature matches https://h.example/p/" SET},
    {"a slash too many", "https://h.example/p", NULL, {"HTTP_HOST=h.example", "REQUEST_URI=/p/"},
     "the signature matches https://h.example/p" SET},
    {"a slash before the query", "https://h.example/p/?a=1", NULL,
     {"HTTP_HOST=h.example", "REQUEST_URI=/p?a=1"},
     "the signature matches https://h.example/p/" SET},
    {"the port was lost", "https://h.example:8443/p", NULL,
     {"HTTP_HOST=h.example", "SERVER_PORT=8443", "REQUEST_URI=/p"},
     "the signature matches https://h.example:8443/p" SET},
    {"the virtual host's name is the public one", "https://h.example/p", NULL,
     {"HTTP_HOST=10.0.0.5", "SERVER_NAME=h.example", "REQUEST_URI=/p"},
     "the signature matches https://h.example/p" SET},
    {"something adds a query", "https://h.example/p", NULL,
     {"HTTP_HOST=h.example", "REQUEST_URI=/p?utm=1"},
     "the signature matches https://h.example/p: something on the way adds a query to it"},
    {"the configured path is another one", "https://h.example/real", "https://h.example/old",
     {"HTTP_HOST=backend", "REQUEST_URI=/real"},
     "the signature matches https://h.example/real" SET},
    {"the configured scheme is another one", "https://h.example/p", "http://h.example/p",
     {"HTTP_HOST=backend", "REQUEST_URI=/internal"},
     "the signature matches https://h.example/p" SET},
    {"nothing of it", "https://other.example/elsewhere", "https://h.example/p",
     {"HTTP_HOST=h.example", "REQUEST_URI=/p"}, ""},
    {"a target that is none", "https://h.example/p", NULL,
     {"HTTP_HOST=h.example", "REQUEST_URI=/p q"}, ""},
    {"no host at all", "https://h.example/p", NULL, {"REQUEST_URI=/p"}, ""},
};

static void sign(struct signature_keys *keys, const struct signature_parameters *parameters,
                 const char *url, char signature[SIGNATURE_LENGTH + 1])
{
    struct publicurl_candidates candidates;

    assert_true(publicurl_vary_port(&candidates, url, strlen(url)));
    assert_true(signature_compute(keys, 0, &candidates.urls[0], parameters, signature));
}

static void is_found(void **state)
{
    static const char *const token[] = {"token"};
    const struct row *row = *state;
    struct signature_keys *keys = signature_keys_new(token, 1);
    static struct form form;
    static struct signature_parameters parameters;
    char body[] = "EventType=onConversationAdded", signature[SIGNATURE_LENGTH + 1], url[128];
    struct config config = {0};
    struct request request;
    struct buffer hint;

    assert_true(form_parse(&form, body, strlen(body)));
    signature_sort(&parameters, &form);
    sign(keys, &parameters, row->signed_url, signature);
    if (row->public_url) {
        snprintf(url, sizeof url, "%s", row->public_url);
        config.public_url = url;
    }
    variables_read(&request, row->variables);
    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = signature;
    buffer_init(&hint, HINT_LIMIT);
    hint_find(&hint, &config, &request, keys, &parameters);
    assert_string_equal(buffer_string(&hint), row->hint);
    buffer_free(&hint);
    signature_keys_free(keys);
}

static void a_forged_signature_gets_none(void **state)
{
    static const char *const token[] = {"token"};
    static const char *const variables[] = {
        "HTTP_HOST=h.example", "REQUEST_URI=/p?a=1", "SERVER_NAME=n", "SERVER_PORT=8080",
        "HTTP_X_TWILIO_SIGNATURE=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL};
    struct signature_keys *keys = signature_keys_new(token, 1);
    static struct signature_parameters parameters;
    struct config config = {0};
    struct request request;
    struct buffer hint;

    (void)state;
    variables_read(&request, variables);
    buffer_init(&hint, HINT_LIMIT);
    hint_find(&hint, &config, &request, keys, &parameters);
    assert_string_equal(buffer_string(&hint), "");
    buffer_free(&hint);
    signature_keys_free(keys);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_found, rows);
    CASES_ADD(&cases, a_forged_signature_gets_none);
    return cases_run(&cases, "hint");
}
