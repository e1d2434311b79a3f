#include "build.h"

#include "webhook/form.h"

#include <string.h>

#include "support/percent.h"

static void parse_parameter(struct form_parameter *parameter, char *at, size_t length)
{
    char *equals = memchr(at, '=', length);
    size_t name_length = equals ? (size_t)(equals - at) : length;
    char *value = equals ? equals + 1 : at + length;
    size_t value_length = equals ? length - name_length - 1 : 0;

    parameter->name = at;
    parameter->name_length = percent_decode_form(at, name_length);
    parameter->value = value;
    parameter->value_length = percent_decode_form(value, value_length);
}

bool form_parse(struct form *form, char *body, size_t length)
{
    size_t at = 0;

    form->count = 0;
    while (at < length) {
        char *end = memchr(body + at, '&', length - at);
        size_t piece = end ? (size_t)(end - (body + at)) : length - at;

        if (piece > 0) {
            if (form->count == FORM_PARAMETERS_LIMIT)
                return false;
            parse_parameter(&form->parameters[form->count++], body + at, piece);
        }
        at += piece + 1;
    }
    return true;
}

static bool has_name(const struct form_parameter *parameter, const char *name, size_t length)
{
    return parameter->name_length == length && memcmp(parameter->name, name, length) == 0;
}

const struct form_parameter *form_find(const struct form *form, const char *name)
{
    size_t length = strlen(name), i;

    for (i = 0; i < form->count; i++)
        if (has_name(&form->parameters[i], name, length))
            return &form->parameters[i];
    return NULL;
}

bool form_conflicts(const struct form *form, const char *name)
{
    const struct form_parameter *first = form_find(form, name);
    size_t length = strlen(name);
    const struct form_parameter *other;

    if (!first)
        return false;
    for (other = first + 1; other < form->parameters + form->count; other++)
        if (has_name(other, name, length) &&
            (other->value_length != first->value_length ||
             memcmp(other->value, first->value, first->value_length) != 0))
            return true;
    return false;
}

bool form_value_is(const struct form_parameter *parameter, const char *value)
{
    return parameter && parameter->value_length == strlen(value) &&
           memcmp(parameter->value, value, parameter->value_length) == 0;
}
