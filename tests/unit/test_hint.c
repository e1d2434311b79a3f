/* webhook/hint: the fix for each mistake that users of Twilio's libraries make, and what the search costs at most. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "support/clock.h"
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
    {"the host is another one than the configured", "https://new.example/p", "https://old.example/p",
     {"HTTP_HOST=new.example", "REQUEST_URI=/p"}, "the signature matches https://new.example/p" SET},
    {"the whole of what is configured is another one", "https://new.example/q", "https://old.example/p",
     {"HTTP_HOST=new.example", "REQUEST_URI=/q"}, "the signature matches https://new.example/q" SET},
    {"the proxies' list names the public host first", "https://api.example.com/p", NULL,
     {"HTTP_HOST=10.0.0.5", "HTTP_X_FORWARDED_HOST=api.example.com, inner.example", "REQUEST_URI=/p"},
     "the signature matches https://api.example.com/p" SET},
    {"the public host is told without TLS", "http://api.example.com/p", NULL,
     {"HTTP_HOST=10.0.0.5", "HTTP_X_FORWARDED_HOST=api.example.com", "HTTP_X_FORWARDED_PROTO=http",
      "REQUEST_URI=/p"}, "the signature matches http://api.example.com/p" SET},
    {"the forwarded host has a port", "https://api.example.com:8443/p", NULL,
     {"HTTP_HOST=10.0.0.5", "HTTP_X_FORWARDED_HOST=api.example.com:8443", "REQUEST_URI=/p"},
     "the signature matches https://api.example.com:8443/p" SET},
    {"the backend's port came to it", "https://h.example/p", NULL,
     {"HTTP_HOST=h.example:8010", "REQUEST_URI=/p"}, "the signature matches https://h.example/p" SET},
    {"the forwarded port was not trusted", "https://h.example:8443/p", NULL,
     {"HTTPS=on", "HTTP_HOST=h.example", "HTTP_X_FORWARDED_PORT=8443", "REQUEST_URI=/p"},
     "the signature matches https://h.example:8443/p" SET},
    {"userinfo stays hidden", "https://user:secret@h.example/p", "http://user:secret@h.example/p",
     {"HTTP_HOST=backend", "REQUEST_URI=/p"}, "the signature matches https://***@h.example/p" SET},
    {"the configured query stays hidden", "https://h.example/p?key=secret", "http://h.example/p?key=secret",
     {"HTTP_HOST=backend", "REQUEST_URI=/p"}, "the signature matches https://h.example/p?***" SET},
    {"a query is configured that Twilio does not have", "https://h.example/p", "https://h.example/p?key=secret",
     {"HTTP_HOST=backend", "REQUEST_URI=/p"}, "the signature matches https://h.example/p" SET},
    {"nothing of it", "https://other.example/elsewhere", "https://h.example/p",
     {"HTTP_HOST=h.example", "REQUEST_URI=/p"}, ""},
    {"a target that is none", "https://h.example/p", NULL,
     {"HTTP_HOST=h.example", "REQUEST_URI=/p q"}, ""},
    {"no host at all", "https://h.example/p", NULL, {"REQUEST_URI=/p"}, ""},
};

static const struct signature_candidates by_tokens = {3, SIGNATURE_SHA1};

static void sign(struct signature_keys *keys, const struct signature_parameters *parameters,
                 const char *url, char signature[SIGNATURE_SIZE])
{
    struct public_url_candidates candidates;

    assert_true(public_url_vary_port(&candidates, url, strlen(url)));
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &candidates.urls[0], parameters, signature));
}

/* As proof_judge() does: without a URL there is nothing to look for. */
static void find(struct buffer *hint, const struct config *config, const struct request *request,
                 struct signature_keys *keys, const struct signature_parameters *parameters)
{
    struct public_url_candidates base;
    struct buffer text;

    buffer_init(&text, PUBLIC_URL_LIMIT);
    if (public_url_build(&base, &text, config, request) == PUBLIC_URL_OK)
        hint_find(hint, &base, config, request, keys, &by_tokens, parameters);
    buffer_free(&text);
}

static void is_found(void **state)
{
    static const char *const token[] = {"token"};
    const struct row *row = *state;
    struct signature_keys *keys = signature_keys_new(token, 1);
    static struct form form;
    static struct signature_parameters parameters;
    char body[] = "EventType=onConversationAdded", signature[SIGNATURE_SIZE], url[128];
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
    find(&hint, &config, &request, keys, &parameters);
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
    find(&hint, &config, &request, keys, &parameters);
    assert_string_equal(buffer_string(&hint), "");
    buffer_free(&hint);
    signature_keys_free(keys);
}

/* What the search computes, by libcrypto's own calls. */
static struct {
    size_t hmacs, bytes;
} computed;

int __real_EVP_MAC_update(EVP_MAC_CTX *context, const unsigned char *data, size_t length);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *context, const unsigned char *data, size_t length);
int __real_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *written, size_t size);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *written, size_t size);

int __wrap_EVP_MAC_update(EVP_MAC_CTX *context, const unsigned char *data, size_t length)
{
    computed.bytes += length;
    return __real_EVP_MAC_update(context, data, length);
}

int __wrap_EVP_MAC_final(EVP_MAC_CTX *context, unsigned char *out, size_t *written, size_t size)
{
    computed.hmacs++;
    return __real_EVP_MAC_final(context, out, written, size);
}

/* What a stranger can send to make the search long: each is repeated until it fills so many bytes. */
static const struct flood {
    const char *name;
    const char *variable, *unit;
    size_t bytes;
    const char *public_url;
    size_t parameters; /* in the body */
} floods[] = {
    {"an ordinary forgery", "HTTP_X_FORWARDED_HOST", "h", 1, NULL, 10},
    {"a long X-Original-URI", "HTTP_X_ORIGINAL_URI", "/a%2fb//c+d?", 60000, NULL, 10},
    {"a long X-Original-URI, and the URL is configured", "HTTP_X_ORIGINAL_URI", "/a%2fb//c+d?", 60000,
     "http://h.example/p?q=1", 10},
    {"many forwarded hosts", "HTTP_X_FORWARDED_HOST", "h.example:1,", 60000, NULL, 10},
    {"eight forwarded hosts", "HTTP_X_FORWARDED_HOST", "a.example:1,", 96, NULL, 10},
    {"a long forwarded host", "HTTP_X_FORWARDED_HOST", "a", 60000, NULL, 10},
    {"many Forwarded", "HTTP_FORWARDED", "host=h;proto=https,", 60000, NULL, 10},
    {"a long Forwarded", "HTTP_FORWARDED", "by=x;", 60000, NULL, 10},
    {"a long prefix", "HTTP_X_FORWARDED_PREFIX", "/a", 60000, NULL, 10},
    {"a long path", "REQUEST_URI", "/a/%2f+", 60000, NULL, 10},
    {"a path of 2000 bytes", "REQUEST_URI", "/a/%2f+", 2000, NULL, 10},
    {"a long query", "REQUEST_URI", "/?a=b&", 60000, NULL, 10},
    {"a query of 2000 bytes", "REQUEST_URI", "/?a=b&", 2000, NULL, 10},
    {"a query of 2000 bytes, and the URL is configured", "REQUEST_URI", "/?a=b&", 2000, "http://h.example/p", 10},
    {"a long Host", "HTTP_HOST", "h", 60000, NULL, 10},
    {"a Host of 2000 bytes", "HTTP_HOST", "h", 2000, NULL, 10},
    {"a long server name", "SERVER_NAME", "n", 60000, NULL, 10},
    {"a long port", "HTTP_X_FORWARDED_PORT", "1", 60000, NULL, 10},
    {"300 parameters", "HTTP_X_FORWARDED_HOST", "h", 1, NULL, 300},
    {"as many parameters as there may be", "HTTP_X_FORWARDED_HOST", "h", 1, NULL, FORM_PARAMETERS_LIMIT},
    {"a path of 2000 bytes and 140 parameters", "REQUEST_URI", "/a/%2f+", 2000, NULL, 140},
    {"no parameters", "HTTP_X_FORWARDED_HOST", "h", 1, NULL, 0},
};

enum { VALUE_SIZE = 64 * 1024, KEYS = 2, ROUNDS = 101 };

static void fill(char value[VALUE_SIZE], const struct flood *flood)
{
    size_t at = (size_t)snprintf(value, VALUE_SIZE, "%s=", flood->variable), unit = strlen(flood->unit);
    size_t end = at + flood->bytes;

    for (; at + unit <= end && at + unit < VALUE_SIZE; at += unit)
        memcpy(value + at, flood->unit, unit);
    value[at] = '\0';
}

static int by_size(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

static void costs_a_dozen_hmacs_at_most(void **state)
{
    static const char *const tokens[KEYS] = {"token", "another"};
    const struct flood *flood = *state;
    static char value[VALUE_SIZE], body[FORM_PARAMETERS_LIMIT * 16 + 1];
    const char *variables[] = {value, "HTTP_HOST=h.example", "REQUEST_URI=/p?a=1", "SERVER_NAME=n",
                               "SERVER_PORT=8080", "HTTP_X_FORWARDED_PROTO=https",
                               "HTTP_X_FORWARDED_PORT=8443",
                               "HTTP_X_TWILIO_SIGNATURE=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL};
    struct signature_keys *keys = signature_keys_new(tokens, KEYS);
    static struct form form;
    static struct signature_parameters parameters;
    char url[64];
    struct config config = {0};
    struct request request;
    struct public_url_candidates base;
    struct buffer hint, text;
    int64_t took[ROUNDS];
    size_t i, length = 0;

    fill(value, flood);
    for (i = 0; i < flood->parameters; i++)
        length += (size_t)snprintf(body + length, sizeof body - length, "%sN%zu=value", i ? "&" : "", i);
    assert_true(form_parse(&form, body, length));
    signature_sort(&parameters, &form);
    if (flood->public_url) {
        snprintf(url, sizeof url, "%s", flood->public_url);
        config.public_url = url;
    }
    variables_read(&request, variables);
    buffer_init(&text, PUBLIC_URL_LIMIT);
    assert_int_equal(public_url_build(&base, &text, &config, &request), PUBLIC_URL_OK);
    for (i = 0; i < ROUNDS; i++) {
        int64_t begun = clock_monotonic_us();

        computed.hmacs = computed.bytes = 0;
        buffer_init(&hint, HINT_LIMIT);
        hint_find(&hint, &base, &config, &request, keys, &by_tokens, &parameters);
        took[i] = clock_monotonic_us() - begun;
        assert_string_equal(buffer_string(&hint), "");
        buffer_free(&hint);
        assert_true(computed.hmacs <= (size_t)KEYS * HINT_URLS_LIMIT);
        assert_true(computed.bytes <= (size_t)KEYS * HINT_URLS_LIMIT * HINT_SIGNED_LIMIT);
    }
    qsort(took, ROUNDS, sizeof took[0], by_size);
    print_message("%s: %zu HMACs over %zu bytes, %d us\n", flood->name, computed.hmacs, computed.bytes,
                  (int)took[ROUNDS / 2]);
    buffer_free(&text);
    signature_keys_free(keys);
}

/* The bounds above would hold for a search that does nothing. */
static void an_ordinary_forgery_is_looked_into(void **state)
{
    (void)state;
    *state = (void *)(uintptr_t)&floods[0];
    costs_a_dozen_hmacs_at_most(state);
    assert_true(computed.hmacs >= KEYS * 6);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_found, rows);
    CASES_ADD(&cases, a_forged_signature_gets_none);
    CASES_ADD_TABLE(&cases, costs_a_dozen_hmacs_at_most, floods);
    CASES_ADD(&cases, an_ordinary_forgery_is_looked_into);
    return cases_run(&cases, "hint");
}
