#include "build.h"

#include "plain_form.h"

#include <stdlib.h>
#include <string.h>

static int value_of_digit(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static size_t decode(unsigned char *to, const unsigned char *from, size_t length)
{
    size_t i = 0, written = 0;

    while (i < length) {
        if (from[i] == '%' && i + 2 < length && value_of_digit(from[i + 1]) >= 0 &&
            value_of_digit(from[i + 2]) >= 0) {
            to[written++] =
                (unsigned char)(value_of_digit(from[i + 1]) * 16 + value_of_digit(from[i + 2]));
            i += 3;
        } else {
            to[written++] = from[i] == '+' ? ' ' : from[i];
            i++;
        }
    }
    return written;
}

void plain_form_read(struct plain_form *form, const char *body, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)body;
    unsigned char *room = malloc(length + 1);
    size_t at = 0, end, equals;

    if (!room)
        abort();
    form->room = room;
    form->count = 0;
    while (at < length && form->count < PLAIN_FORM_LIMIT) {
        for (end = at; end < length && bytes[end] != '&';)
            end++;
        for (equals = at; equals < end && bytes[equals] != '=';)
            equals++;
        if (end > at) {
            struct plain_form_pair *pair = &form->pairs[form->count++];

            pair->name = room;
            pair->name_length = decode(room, bytes + at, equals - at);
            room += pair->name_length;
            pair->value = room;
            pair->value_length =
                equals < end ? decode(room, bytes + equals + 1, end - equals - 1) : 0;
            room += pair->value_length;
        }
        at = end + 1;
    }
}

void plain_form_free(struct plain_form *form)
{
    free(form->room);
    form->room = NULL;
    form->count = 0;
}

static bool is_text(const unsigned char *bytes, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

bool plain_form_says(const struct plain_form *form, const char *name, const char *value)
{
    size_t i, named = 0, same = 0;

    for (i = 0; i < form->count; i++) {
        if (!is_text(form->pairs[i].name, form->pairs[i].name_length, name))
            continue;
        named++;
        same += is_text(form->pairs[i].value, form->pairs[i].value_length, value);
    }
    return named > 0 && same == named;
}
