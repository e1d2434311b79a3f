/*
 * webhook/signature and webhook/signature_claim against a second implementation. An input is a header's value, a URL, perhaps the
 * settings header and the key SID, and a form: the header matches if and only if it is Twilio's signature, whatever is in it, and
 * no header lets anything in that no configured secret signed.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "inputlines.h"
#include "../lib/twilio_signature.h"
#include "webhook/form.h"
#include "webhook/signature.h"
#include "webhook/signature_claim.h"

static const char *const tokens[] = {"a token of the fuzzer", NULL, "its secondary token"};

/* Tokens, then SharedKeys, in the order of their numbers. */
enum { TOKENS = 2, SECRETS = 4, ALGORITHMS = 2 };
static const char *const secrets[SECRETS] = {"a token of the fuzzer", "its secondary token",
                                             "a SharedKey's secret=", "another SharedKey's"};
static const char *const ids[SECRETS] = {NULL, NULL, "webhooks_sharedkey_1", "k2"};

static struct signature_keys *keys;
static struct form form;
static struct signature_parameters parameters;

static bool matches(const struct public_url_candidates *urls, const struct signature_candidates *by,
                    const char *given)
{
    return signature_matches(keys, by, urls->urls, urls->count, &parameters, given, NULL);
}

/* The right signature over one candidate by one secret. */
static void expect(char signature[TWILIO_SIGNATURE_SIZE], const struct public_url *url, size_t secret,
                   size_t algorithm, const struct inputlines *input)
{
    char text[4096];
    size_t length = url->head_length + url->port_length + url->tail_length;

    PROPERTY(length < sizeof text, "fits");
    memcpy(text, url->head, url->head_length);
    memcpy(text + url->head_length, url->port, url->port_length);
    memcpy(text + url->head_length + url->port_length, url->tail, url->tail_length);
    twilio_signature_write(signature, secrets[secret], (enum twilio_signature_hash)algorithm, text, length,
                          input->body, input->body_length);
}

/* "-" stands for none: an empty line ends the lines. */
static const char *settings_of(const struct inputlines *input)
{
    return input->count > 2 && strcmp(input->lines[2], "-") != 0 ? input->lines[2] : "";
}

/* As a request brings them. */
static void read_claim(struct signature_claim *claim, const struct inputlines *input, const char *given)
{
    struct request request = {.body_state = REQUEST_BODY_WHOLE};

    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = given;
    request.values[VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS] = settings_of(input);
    if (input->count > 3)
        request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE_KEY_SID] = input->lines[3];
    signature_claim_read(claim, &request, keys);
}

/* A right signature, under the headers of the input: accepted only as what it is. */
static void judge_claim(const struct inputlines *input, const struct public_url_candidates *urls,
                        size_t secret, size_t algorithm, const char *right)
{
    const char *settings = settings_of(input);
    struct signature_claim claim;
    bool accepted;

    read_claim(&claim, input, right);
    accepted = matches(urls, &claim.candidates, right);
    PROPERTY(accepted == (claim.candidates.keys >> secret & 1 && claim.candidates.algorithm == algorithm),
             "as the headers choose");
    PROPERTY(!accepted || claim.status == SIGNATURE_CLAIM_OK, "nothing unknown is accepted");
    if (!*settings) {
        bool beta = input->count > 3 && *input->lines[3];

        PROPERTY(accepted == (secret < TOKENS ? algorithm == 0 : algorithm == 1 || beta),
                 "without a settings header");
    } else if (secret >= TOKENS) {
        PROPERTY(!accepted || strstr(settings, ids[secret]), "a SharedKey that is named");
    } else {
        PROPERTY(!accepted || claim.key_length == 0, "a token where no key is named");
    }
    if (accepted && *settings && algorithm == 1)
        PROPERTY(strcasestr(settings, "HMAC_SHA256"), "by an algorithm that is named");
}

static void judge(const struct inputlines *input, const struct public_url_candidates *urls)
{
    bool is_right = false;
    struct signature_claim claim;
    size_t url, i;

    for (url = 0; url < urls->count; url++) {
        for (i = 0; i < (size_t)SECRETS * ALGORITHMS; i++) {
            size_t secret = i / ALGORITHMS, algorithm = i % ALGORITHMS;
            const struct signature_candidates by = {1U << secret, (enum signature_algorithm)algorithm};
            char right[TWILIO_SIGNATURE_SIZE], wrong[TWILIO_SIGNATURE_SIZE + 1];

            expect(right, &urls->urls[url], secret, algorithm, input);
            PROPERTY(matches(urls, &by, right), "the right signature matches");
            memcpy(wrong, right, sizeof right);
            wrong[input->body_length % strlen(right)] ^= 1;
            PROPERTY(!matches(urls, &by, wrong), "with one bit changed it does not");
            snprintf(wrong, sizeof wrong, "%s ", right);
            PROPERTY(!matches(urls, &by, wrong), "with a blank behind it does not");
            is_right = is_right || strcmp(right, input->lines[0]) == 0;
            judge_claim(input, urls, secret, algorithm, right);
        }
    }
    read_claim(&claim, input, input->lines[0]);
    PROPERTY(!matches(urls, &claim.candidates, input->lines[0]) || is_right, "nothing else matches");
    PROPERTY(!matches(urls, &claim.candidates, NULL) && !matches(urls, &claim.candidates, ""), "none does not");
}

static void prepare(void)
{
    size_t i;

    keys = signature_keys_new(tokens, 3);
    for (i = TOKENS; keys && i < SECRETS; i++)
        if (!signature_keys_add_shared(keys, ids[i], secrets[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct public_url_candidates urls;
    struct inputlines input;
    char *copy;

    if (!keys)
        prepare();
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
