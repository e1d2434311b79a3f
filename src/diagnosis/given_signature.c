#include "build.h"

#include "diagnosis/given_signature.h"

#include <string.h>

#include "support/percent.h"

enum { ELEMENT_SIZE = 128 };

static void add(struct given_signatures *given, const char *text, size_t length, bool altered)
{
    size_t i;

    if ((length != SIGNATURE_SHA1_LENGTH && length != SIGNATURE_SHA256_LENGTH) ||
        given->count == GIVEN_SIGNATURES_LIMIT)
        return;
    for (i = 0; i < given->count; i++)
        if (strlen(given->texts[i]) == length && memcmp(given->texts[i], text, length) == 0)
            return;
    memcpy(given->texts[i], text, length);
    given->texts[i][length] = '\0';
    given->altered[i] = altered;
    given->count++;
}

/* Of one element of a list, what base64 it may have been. */
static void add_repaired(struct given_signatures *given, const char *element, size_t length)
{
    char text[ELEMENT_SIZE + 1];
    size_t i;

    while (length > 0 && strchr(" \t\"'", element[0])) {
        element++;
        length--;
    }
    while (length > 0 && strchr(" \t\"'", element[length - 1]))
        length--;
    if (length >= ELEMENT_SIZE)
        return;
    memcpy(text, element, length);
    length = memchr(text, '%', length) ? percent_decode_form(text, length) : length;
    for (i = 0; i < length; i++)
        text[i] = text[i] == ' ' || text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    if (length == SIGNATURE_SHA1_LENGTH - 1 || length == SIGNATURE_SHA256_LENGTH - 1)
        text[length++] = '=';
    add(given, text, length, true);
}

void given_signature_read(struct given_signatures *given, const char *header)
{
    const char *at = header;

    given->count = 0;
    add(given, header, strlen(header), false);
    for (;;) {
        size_t length = strcspn(at, ",");

        add_repaired(given, at, length);
        if (!at[length])
            return;
        at += length + 1;
    }
}

bool given_signature_is(const struct given_signatures *given, const char *signature, bool *altered)
{
    size_t i;

    for (i = 0; i < given->count; i++) {
        if (strcmp(given->texts[i], signature) == 0) {
            *altered = given->altered[i];
            return true;
        }
    }
    return false;
}

bool given_signature_has(const struct given_signatures *given, enum signature_algorithm algorithm)
{
    size_t i;

    for (i = 0; i < given->count; i++)
        if (strlen(given->texts[i]) == signature_length(algorithm))
            return true;
    return false;
}
