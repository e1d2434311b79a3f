/*
 * webhook/signature against a second implementation. An input is a header's value, a URL and a
 * form: the header matches if and only if it is Twilio's signature, whatever is in it.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "inputlines.h"
#include "../lib/twilio_signature.h"
#include "webhook/form.h"
#include "webhook/signature.h"

static const char *const tokens[] = {"a token of the fuzzer", NULL, "its secondary token"};

static struct signature_keys *keys;
static struct form form;
static struct signature_parameters parameters;

static bool matches(const struct public_url_candidates *urls, const char *given)
{
    return signature_matches(keys, urls->urls, urls->count, &parameters, given, NULL);
}

/* The right signature over one candidate with one token. */
static void expect(char signature[TWILIO_SIGNATURE_SIZE], const struct public_url *url,
                   const char *token, const struct inputlines *input)
{
    char text[4096];
    size_t length = url->head_length + url->port_length + url->tail_length;

    PROPERTY(length < sizeof text, "fits");
    memcpy(text, url->head, url->head_length);
    memcpy(text + url->head_length, url->port, url->port_length);
    memcpy(text + url->head_length + url->port_length, url->tail, url->tail_length);
    twilio_signature_write(signature, token, text, length, input->body, input->body_length);
}

static void judge(const struct inputlines *input, const struct public_url_candidates *urls)
{
    bool is_right = false;
    size_t url, token;

    for (url = 0; url < urls->count; url++) {
        for (token = 0; token < 3; token += 2) {
            char right[TWILIO_SIGNATURE_SIZE], wrong[TWILIO_SIGNATURE_SIZE + 1];

            expect(right, &urls->urls[url], tokens[token], input);
            PROPERTY(matches(urls, right), "the right signature matches");
            memcpy(wrong, right, sizeof right);
            wrong[input->body_length % 28] ^= 1;
            PROPERTY(!matches(urls, wrong), "with one bit changed it does not");
            snprintf(wrong, sizeof wrong, "%s ", right);
            PROPERTY(!matches(urls, wrong), "with a blank behind it does not");
            is_right = is_right || strcmp(right, input->lines[0]) == 0;
        }
    }
    PROPERTY(matches(urls, input->lines[0]) == is_right, "nothing else matches");
    PROPERTY(!matches(urls, NULL) && !matches(urls, ""), "none does not");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct public_url_candidates urls;
    struct inputlines input;
    char *copy;

    if (!keys)
        keys = signature_keys_new(tokens, 3);
    inputlines_read(&input, data, size);
    copy = malloc(input.body_length > 0 ? input.body_length : 1);
    if (!copy || !keys)
        abort();
    memcpy(copy, input.body, input.body_length);
    if (input.count >= 2 && strlen(input.lines[1]) < 2048 &&
        public_url_vary_port(&urls, input.lines[1], strlen(input.lines[1])) &&
        form_parse(&form, copy, input.body_length)) {
        signature_sort(&parameters, &form);
        judge(&input, &urls);
    }
    if (input.count >= 2) {
        size_t length = strlen(input.lines[1]);

        PROPERTY(!signature_body_hash_matches(input.lines[1], length, input.body, input.body_length) ||
                     signature_has_body_hash(input.lines[1], length),
                 "a hash that matches is there");
    }
    free(copy);
    inputlines_free(&input);
    return 0;
}
