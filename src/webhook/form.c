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

static bool conflict(const struct form_parameter *one, const struct form_parameter *other)
{
    return one->value_length != other->value_length ||
           memcmp(one->value, other->value, one->value_length) != 0;
}

static void pick_one(const struct form *form, struct form_pick *pick)
{
    size_t length = strlen(pick->name), i;

    pick->parameter = NULL;
    pick->conflicts = false;
    for (i = 0; i < form->count; i++) {
        if (!has_name(&form->parameters[i], pick->name, length))
            continue;
        if (!pick->parameter)
            pick->parameter = &form->parameters[i];
        else
            pick->conflicts = pick->conflicts || conflict(pick->parameter, &form->parameters[i]);
    }
}

void form_pick(const struct form *form, struct form_pick *picks, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        pick_one(form, &picks[i]);
}

bool form_value_is(const struct form_parameter *parameter, const char *value)
{
    return parameter && parameter->value_length == strlen(value) &&
           memcmp(parameter->value, value, parameter->value_length) == 0;
}
