/*
 * webhook/form: what is parsed is what a second implementation finds; encoded again and parsed again it
 * is the same; nothing lies outside the body; and the parameters are sorted as they are signed, equal
 * ones once.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "../lib/plain_form.h"
#include "support/buffer.h"
#include "support/percent.h"
#include "webhook/form.h"
#include "webhook/signature.h"

static struct form form, again;
static struct signature_parameters parameters;
static struct plain_form plain;

static bool is_same(const struct form_parameter *a, const struct form_parameter *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0 &&
           a->value_length == b->value_length && memcmp(a->value, b->value, a->value_length) == 0;
}

static void assert_inside(const char *body, size_t length)
{
    size_t i;

    for (i = 0; i < form.count; i++) {
        const struct form_parameter *parameter = &form.parameters[i];

        PROPERTY(parameter->name >= body && parameter->value >= parameter->name + parameter->name_length,
                 "a value lies behind its name");
        PROPERTY(parameter->value + parameter->value_length <= body + length,
                 "a parameter lies within the body");
    }
}

static bool is_pair(const struct form_parameter *parameter, const struct plain_form_pair *pair)
{
    return parameter->name_length == pair->name_length &&
           memcmp(parameter->name, pair->name, pair->name_length) == 0 &&
           parameter->value_length == pair->value_length &&
           memcmp(parameter->value, pair->value, pair->value_length) == 0;
}

static void assert_decoded(void)
{
    size_t i;

    PROPERTY(form.count == plain.count, "every parameter is found");
    for (i = 0; i < form.count; i++)
        PROPERTY(is_pair(&form.parameters[i], &plain.pairs[i]), "and decoded as it should be");
}

static void encode(struct buffer *text)
{
    size_t i;

    for (i = 0; i < form.count; i++) {
        if (i > 0)
            buffer_append_char(text, '&');
        percent_encode(text, form.parameters[i].name, form.parameters[i].name_length);
        buffer_append_char(text, '=');
        percent_encode(text, form.parameters[i].value, form.parameters[i].value_length);
    }
    PROPERTY(buffer_status(text) == BUFFER_OK, "it can be encoded");
}

static void assert_round_trip(void)
{
    struct buffer text;
    size_t i;

    buffer_init(&text, 16 * 1024 * 1024);
    encode(&text);
    if (form.count > 0) {
        PROPERTY(form_parse(&again, text.data, text.length), "what was encoded can be parsed");
        PROPERTY(again.count == form.count, "as many parameters as before");
        for (i = 0; i < form.count; i++)
            PROPERTY(is_same(&form.parameters[i], &again.parameters[i]), "the same parameters");
    }
    buffer_free(&text);
}

static int order_of(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t i;

    for (i = 0; i < a_length && i < b_length; i++)
        if (a[i] != b[i])
            return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
    return a_length < b_length ? -1 : a_length > b_length;
}

static void assert_sorted(void)
{
    size_t i, j, found;

    signature_sort(&parameters, &form);
    for (i = 1; i < parameters.count; i++) {
        const struct form_parameter *a = parameters.sorted[i - 1], *b = parameters.sorted[i];
        int order = order_of(a->name, a->name_length, b->name, b->name_length);

        if (order == 0)
            order = order_of(a->value, a->value_length, b->value, b->value_length);
        PROPERTY(order < 0, "sorted by name and value, equal ones once");
    }
    for (i = 0; i < form.count; i++) {
        for (j = found = 0; j < parameters.count; j++)
            found += is_same(&form.parameters[i], parameters.sorted[j]);
        PROPERTY(found == 1, "none is lost");
    }
}

/* The first of that name is the one that form_find() finds. */
static void assert_picked(void)
{
    struct form_pick picks[] = {{.name = "ConversationSid"}, {.name = "a"}};

    form_pick(&form, picks, 2);
    PROPERTY(picks[0].parameter == form_find(&form, "ConversationSid"), "the first is picked");
    PROPERTY(picks[1].parameter == form_find(&form, "a"), "the first is picked");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size > 0 ? size : 1); /* not a byte more: none behind it is looked at */

    if (!body)
        return 0;
    memcpy(body, data, size);
    plain_form_read(&plain, body, size);
    if (form_parse(&form, body, size)) {
        assert_inside(body, size);
        assert_decoded();
        assert_round_trip();
        assert_sorted();
        assert_picked();
    } else {
        PROPERTY(plain.count > FORM_PARAMETERS_LIMIT, "refused only for their number");
    }
    plain_form_free(&plain);
    free(body);
    return 0;
}
