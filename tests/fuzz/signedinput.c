#include "build.h"

#include "signedinput.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "support/buffer.h"
#include "../lib/twilio_signature.h"

static const char *value_of(const struct inputlines *input, const char *name)
{
    const char *value = inputlines_value(input, name);

    return value ? value : "";
}

bool signedinput_is_json(const struct inputlines *input)
{
    const char *type = value_of(input, "CONTENT_TYPE");

    return strncasecmp(type + strspn(type, " \t"), "application/json", 16) == 0;
}

/* The URL as an operator would write it down who knows nothing of ports and proxies. */
static void write_url(struct buffer *url, const struct inputlines *input, const char *public_url)
{
    const char *uri = value_of(input, "REQUEST_URI"), *query = strchr(uri, '?');
    size_t length = strcspn(uri, "#");

    if (public_url) {
        buffer_append_string(url, public_url);
        if (query && query < uri + length)
            buffer_append(url, query, (size_t)(uri + length - query));
        return;
    }
    buffer_append_string(url, strcmp(value_of(input, "HTTPS"), "on") == 0 ? "https://" : "http://");
    buffer_append_string(url, value_of(input, "HTTP_HOST"));
    buffer_append(url, uri, length);
}

static void write_signature(char signature[TWILIO_SIGNATURE_SIZE], const struct inputlines *input,
                            const struct signedinput_signer *signer, const char *public_url,
                            bool tamper)
{
    struct buffer url;

    buffer_init(&url, 1 << 20);
    write_url(&url, input, public_url);
    /* Without REQUEST_URI the path is SCRIPT_NAME's, which may be just this slash. */
    if (tamper)
        buffer_append_char(&url, *value_of(input, "REQUEST_URI") ? '/' : '\001');
    twilio_signature_write(signature, signer->secret, signer->hash, buffer_string(&url), url.length,
                          signedinput_is_json(input) ? NULL : input->body, input->body_length);
    buffer_free(&url);
}

/* Whether the signature covers the body up to its CONTENT_LENGTH, which is all that is read: a '=' or '&' less
 * at the end makes no other parameters, and no other signature. "-1" is a front's word for an unknown length. */
static bool covers_body(const struct inputlines *input, const struct signedinput_signer *signer,
                        const char *public_url, const char *signature)
{
    const char *promised = value_of(input, "CONTENT_LENGTH");
    struct inputlines read = *input;
    char again[TWILIO_SIGNATURE_SIZE], hash[TWILIO_SIGNATURE_HASH_SIZE];

    if (*promised && strcmp(promised, "-1") != 0)
        read.body_length = (size_t)strtoull(promised, NULL, 10);
    if (read.body_length > input->body_length)
        return false;
    if (signedinput_is_json(input)) {
        twilio_signature_write_hash(hash, input->body, read.body_length);
        return strcasestr(value_of(input, "REQUEST_URI"), hash) != NULL;
    }
    write_signature(again, &read, signer, public_url, false);
    return strcmp(again, signature) == 0;
}

bool signedinput_sign(struct inputlines *input, char line[SIGNEDINPUT_LINE_SIZE],
                      const struct signedinput_signer signers[SIGNEDINPUT_SIGNERS], const char *public_url,
                      unsigned *signer)
{
    static const char name[] = "HTTP_X_TWILIO_SIGNATURE=";
    static const struct {
        const char *word;
        unsigned signer;
        bool tamper, cut;
    } words[] = {{"SIGN", 0, false, false},        {"TAMPER", 0, true, false}, {"CUT", 0, false, true},
                 {"SIGN KEY SHA1", 1, false, false}, {"SIGN KEY", 2, false, false},
                 {"TAMPER KEY", 2, true, false},   {"CUT KEY", 2, false, true}};
    char signature[TWILIO_SIGNATURE_SIZE];
    size_t i, word;

    for (i = 1; i < input->count; i++) {
        const char *value = input->lines[i] + sizeof name - 1;

        if (strncmp(input->lines[i], name, sizeof name - 1) != 0)
            continue;
        for (word = 0; word < sizeof words / sizeof words[0]; word++)
            if (strcmp(value, words[word].word) == 0)
                break;
        if (word == sizeof words / sizeof words[0])
            continue;
        write_signature(signature, input, &signers[words[word].signer], public_url, words[word].tamper);
        if (words[word].cut)
            signature[strlen(signature) - 1] = '\0';
        snprintf(line, SIGNEDINPUT_LINE_SIZE, "%s%s", name, signature);
        input->lines[i] = line;
        *signer = words[word].signer;
        return !words[word].tamper && !words[word].cut &&
               covers_body(input, &signers[words[word].signer], public_url, signature);
    }
    return false;
}
