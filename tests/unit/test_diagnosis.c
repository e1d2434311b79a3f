/* diagnosis/diagnosis: the cause of a mismatch, the smallest first, in bounded time. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "diagnosis/diagnosis_words.h"
#include "variables.h"
#include "webhook/signature.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define SECRET "AnApiKeysSecretIsNoTokenAtAll123"
#define AC "AC00000000000000000000000000000001"
#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"
#define HERE FORM, "HTTPS=on", "HTTP_HOST=h.example", "REQUEST_URI=/p"
#define URL "https://h.example/p"

static const struct row {
    const char *name;
    const char *url, *body, *token; /* what is signed; the token: NULL for the right one */
    const char *arrived;            /* the body that arrives; NULL for the same */
    const char *variables[8];
    const char *public_url;
    enum diagnosis_status status;
    const char *steps; /* with a blank behind each */
} rows[] = {
    {"as it is", URL, "a=b", NULL, NULL, {HERE}, NULL, DIAGNOSIS_HOLDS, ""},
    {"the standard port is nothing to explain", "https://h.example:443/p", "a=b", NULL, NULL,
     {HERE}, NULL, DIAGNOSIS_HOLDS, ""},
    {"scheme", URL, "a=b", NULL, NULL,
     {FORM, "HTTP_HOST=h.example", "REQUEST_URI=/p"}, NULL, DIAGNOSIS_PROVED, "scheme "},
    {"scheme and slash", URL "/", "a=b", NULL, NULL,
     {FORM, "HTTP_HOST=h.example", "REQUEST_URI=/p"}, NULL, DIAGNOSIS_PROVED, "scheme slash "},
    {"scheme, host and prefix at once", "https://h.example/api/p", "a=b", NULL, NULL,
     {FORM, "HTTP_HOST=10.0.0.1", "HTTP_X_FORWARDED_HOST=h.example, 10.0.0.9", "REQUEST_URI=/p"},
     NULL, DIAGNOSIS_PROVED, "scheme host path "},
    {"the host of an IPv6 literal's port", "https://[::1]:8443/p", "a=b", NULL, NULL,
     {FORM, "HTTPS=on", "HTTP_HOST=[::1]", "HTTP_X_FORWARDED_PORT=8443", "REQUEST_URI=/p"}, NULL,
     DIAGNOSIS_PROVED, "port "},
    {"user and password of the configured URL", "https://u:p@h.example/p", "a=b", NULL, NULL,
     {HERE}, "https://u:p@h.example/q", DIAGNOSIS_PROVED, "path "},
    {"a query's encoding and order", URL "?b=%20x&a=1", "a=b", NULL, NULL,
     {FORM, "HTTPS=on", "HTTP_HOST=h.example", "REQUEST_URI=/p?a=1&b=+x"}, NULL, DIAGNOSIS_PROVED,
     "query-encoding query-order "},
    {"a trimmed value", URL, "a=b%20", NULL, "a=b", {HERE}, NULL, DIAGNOSIS_PROVED, "trimmed "},
    {"two trimmed values", URL, "a=b+&c=+d", NULL, "a=b&c=d", {HERE}, NULL, DIAGNOSIS_PROVED,
     "trimmed trimmed "},
    {"dots", URL, "A.B=c&D.E=f", NULL, "A_B=c&D_E=f", {HERE}, NULL, DIAGNOSIS_PROVED, "names "},
    {"dots behind TLS", URL, "A.B=c", NULL, "A_B=c",
     {FORM, "HTTP_HOST=h.example", "REQUEST_URI=/p"}, NULL, DIAGNOSIS_PROVED, "scheme names "},
    {"an added parameter", URL, "a=b", NULL, "a=b&q=x", {HERE}, NULL, DIAGNOSIS_PROVED,
     "parameter-added "},
    {"the API secret", URL, "a=b", SECRET, NULL, {HERE}, NULL, DIAGNOSIS_PROVED, "token "},
    {"a NUL is data", URL, "a=%00b+", NULL, "a=%00b", {HERE}, NULL, DIAGNOSIS_PROVED, "trimmed "},
    {"a body that is gone", URL, "a=b&c=d&e=f", NULL, "", {HERE}, NULL, DIAGNOSIS_LIKELY,
     "body-missing "},
    {"another account", URL, "AccountSid=AC2", "ffffffffffffffffffffffffffffffff", NULL, {HERE},
     NULL, DIAGNOSIS_LIKELY, "account "},
    {"an altered body", URL, "EventType=one", NULL, "EventType=two", {HERE}, NULL, DIAGNOSIS_UNKNOWN,
     "unknown "},
    {"nothing of Twilio's in it", URL, "a=one", "ffffffffffffffffffffffffffffffff", NULL, {HERE}, NULL,
     DIAGNOSIS_LIKELY, "forged "},
    {"UTF-8 as Latin-1", URL, "a=sch%C3%B6n&b=x", NULL, "a=sch%F6n&b=x", {HERE}, NULL, DIAGNOSIS_PROVED,
     "charset "},
    {"UTF-8 as Windows-1252", URL, "a=%E2%82%AC%201&b=x", NULL, "a=%80+1&b=x", {HERE}, NULL,
     DIAGNOSIS_PROVED, "charset "},
    {"one plus of two became a blank", URL, "a=%2B1+%2B2&b=%2B3", NULL, "a=%2B1++2&b=%2B3", {HERE}, NULL,
     DIAGNOSIS_PROVED, "plus "},
    {"one number lost its plus", URL, "a=%2B15550001&b=%2B15550002", NULL, "a=15550001&b=%2B15550002",
     {HERE}, NULL, DIAGNOSIS_PROVED, "plus "},
    {"a stage of an API gateway", "https://h.example/prod/p", "a=b", NULL, NULL, {HERE}, NULL,
     DIAGNOSIS_PROVED, "path "},
    {"another stage, behind TLS", "https://h.example/dev/p", "a=b", NULL, NULL,
     {FORM, "HTTP_HOST=h.example", "REQUEST_URI=/p"}, NULL, DIAGNOSIS_PROVED, "scheme path "},
    {"no host", URL, "a=b", NULL, NULL, {FORM, "REQUEST_URI=/p"}, NULL, DIAGNOSIS_LIKELY,
     "no-url "},
    {"a form as JSON", URL, "a=b", NULL, NULL,
     {"CONTENT_TYPE=application/json", "HTTPS=on", "HTTP_HOST=h.example", "REQUEST_URI=/p"}, NULL,
     DIAGNOSIS_PROVED, "json-type "},
};

static void sign(const char *url, const char *body, const char *token,
                 char signature[SIGNATURE_SIZE])
{
    struct signature_keys *keys = signature_keys_new(&token, 1);
    static struct form form;
    static struct signature_parameters parameters;
    struct public_url_candidates urls;
    char copy[256];

    snprintf(copy, sizeof copy, "%s", body);
    assert_true(form_parse(&form, copy, strlen(copy)));
    signature_sort(&parameters, &form);
    assert_true(public_url_vary_port(&urls, url, strlen(url)));
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &urls.urls[0], &parameters, signature));
    signature_keys_free(keys);
}

static struct config config_of(const char *public_url)
{
    static char account[] = AC, token[] = TOKEN, secret[] = SECRET, url[128];
    struct config config = {.account_sid = account, .auth_token = token, .api_secret = secret};

    if (public_url) {
        snprintf(url, sizeof url, "%s", public_url);
        config.public_url = url;
    }
    return config;
}

static void is_named(void **state)
{
    const struct row *row = *state;
    struct config config = config_of(row->public_url);
    char signature[SIGNATURE_SIZE], body[256], steps[256] = "";
    const char *names[DIAGNOSIS_WORDS_STEPS];
    struct diagnosis diagnosis;
    struct request request;
    struct diagnosis_input input = {.config = &config, .request = &request};
    const char *slow = getenv("AUTOJOIN_TEST_MS"); /* valgrind's processor is a slow one */
    size_t count, i;

    sign(row->url, row->body, row->token ? row->token : TOKEN, signature);
    variables_read(&request, row->variables);
    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = signature;
    snprintf(body, sizeof body, "%s", row->arrived ? row->arrived : row->body);
    request.body = body;
    request.body_length = strlen(body);
    input.within_ms = slow ? (unsigned)strtoul(slow, NULL, 10) : 0;
    diagnosis_find(&diagnosis, &input);
    count = diagnosis_words_steps(names, &diagnosis);
    for (i = 0; i < count; i++)
        snprintf(steps + strlen(steps), sizeof steps - strlen(steps), "%s ", names[i]);
    if (diagnosis.status == DIAGNOSIS_UNKNOWN)
        snprintf(steps, sizeof steps, "unknown ");
    assert_string_equal(steps, row->steps);
    assert_int_equal(diagnosis.status, row->status);
    diagnosis_free(&diagnosis);
}

static const struct given {
    const char *name;
    const char *before, *after; /* around the signature */
    size_t cut;                 /* of its end */
    bool encoded;
} givens[] = {
    {"quoted", "\"", "\"", 0, false},
    {"blanks", " ", "\t", 0, false},
    {"the second of a list", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=, ", "", 0, false},
    {"without its end", "", "", 1, false},
    {"percent-encoded", "", "", 0, true},
};

static void a_rewritten_signature_is_named(void **state)
{
    static const char *const variables[] = {HERE, NULL};
    const struct given *row = *state;
    struct config config = config_of(NULL);
    char signature[SIGNATURE_SIZE], header[128] = "", body[] = "a=b";
    struct diagnosis diagnosis;
    struct request request;
    struct diagnosis_input input = {.config = &config, .request = &request};
    size_t i;

    sign(URL, body, TOKEN, signature);
    signature[SIGNATURE_SHA1_LENGTH - row->cut] = '\0';
    snprintf(header, sizeof header, "%s", row->before);
    for (i = 0; signature[i]; i++) {
        size_t at = strlen(header);

        if (row->encoded && strchr("+/=", signature[i]))
            snprintf(header + at, sizeof header - at, "%%%02X", (unsigned)signature[i]);
        else
            snprintf(header + at, sizeof header - at, "%c", signature[i]);
    }
    snprintf(header + strlen(header), sizeof header - strlen(header), "%s", row->after);
    variables_read(&request, variables);
    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = header;
    request.body = body;
    request.body_length = strlen(body);
    diagnosis_find(&diagnosis, &input);
    assert_int_equal(diagnosis.status, DIAGNOSIS_PROVED);
    assert_true(diagnosis.signature_altered);
    diagnosis_free(&diagnosis);
}

/* The largest request there can be, and nothing to be found. */
static void the_worst_takes_no_longer_than_a_second_of_processor_time(void **state)
{
    static char body[64 * 1024], target[60 * 1024];
    static char uri[sizeof target + 16];
    struct config config = config_of(NULL);
    const char *variables[] = {FORM, "HTTPS=on", "HTTP_HOST=h.example", uri,
                               "HTTP_X_TWILIO_SIGNATURE=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL};
    struct diagnosis diagnosis;
    struct request request;
    struct diagnosis_input input = {.config = &config, .request = &request};
    clock_t begun = clock();
    size_t i;

    (void)state;
    memset(body, 'x', sizeof body);
    for (i = 0; i < FORM_PARAMETERS_LIMIT; i++)
        memcpy(body + i * (sizeof body / FORM_PARAMETERS_LIMIT), "&A_a=+,", 7);
    memset(target, '/', sizeof target - 1);
    for (i = 0; i < sizeof target - 8; i += 100)
        memcpy(target + i, "?a=%20&b", 8);
    snprintf(uri, sizeof uri, "REQUEST_URI=/%s", target);
    variables_read(&request, variables);
    request.body = body;
    request.body_length = sizeof body;
    diagnosis_find(&diagnosis, &input);
    assert_int_not_equal(diagnosis.status, DIAGNOSIS_PROVED);
    assert_int_not_equal(diagnosis.status, DIAGNOSIS_HOLDS);
    assert_true(clock() - begun < 10 * CLOCKS_PER_SEC); /* ten: sanitizers are that slow */
    diagnosis_free(&diagnosis);
}

/* What came from outside must not move the cursor of the terminal that it is printed on. */
static void words_are_printable(void **state)
{
    static const char *const variables[] = {FORM, "HTTPS=on", "HTTP_HOST=h.example",
                                            "REQUEST_URI=/p", NULL};
    struct config config = config_of(NULL);
    char signature[SIGNATURE_SIZE], signed_body[] = "a%1b[2J=+x", body[] = "a%1b[2J=x";
    struct diagnosis diagnosis;
    struct request request;
    struct diagnosis_input input = {.config = &config, .request = &request};
    struct buffer text;
    size_t i;

    (void)state;
    sign(URL, signed_body, TOKEN, signature);
    variables_read(&request, variables);
    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = signature;
    request.body = body;
    request.body_length = strlen(body);
    diagnosis_find(&diagnosis, &input);
    buffer_init(&text, DIAGNOSIS_WORDS_LIMIT);
    diagnosis_words_cause(&text, &diagnosis);
    assert_non_null(strstr(buffer_string(&text), "a?[2J"));
    diagnosis_words_fix(&text, &diagnosis, &input);
    for (i = 0; i < text.length; i++)
        assert_true(text.data[i] >= ' ' && text.data[i] < 0x7f);
    buffer_free(&text);
    diagnosis_free(&diagnosis);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_named, rows);
    CASES_ADD_TABLE(&cases, a_rewritten_signature_is_named, givens);
    CASES_ADD(&cases, the_worst_takes_no_longer_than_a_second_of_processor_time);
    CASES_ADD(&cases, words_are_printable);
    return cases_run(&cases, "diagnosis");
}
