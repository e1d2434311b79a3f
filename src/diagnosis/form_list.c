#include "build.h"

#include "diagnosis/form_list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool form_list_init(struct form_list *list, const struct config *config, size_t form_size)
{
    *list = (struct form_list){.config = config, .size = 4 * form_size + 4096};
    list->text = malloc(list->size);
    return list->text != NULL;
}

void form_list_free(struct form_list *list)
{
    free(list->text);
    list->text = NULL;
}

void form_list_copy(struct form_list *list, const struct form_list *from)
{
    memcpy(list->items, from->items, from->count * sizeof from->items[0]);
    list->count = from->count;
    list->order = from->order;
    list->name = NULL;
    list->used = 0;
}

void form_list_copy_form(struct form_list *list, const struct form *form)
{
    memcpy(list->items, form->parameters, form->count * sizeof form->parameters[0]);
    list->count = form->count;
    list->order = FORM_ORDER_RIGHT;
    list->name = NULL;
    list->used = 0;
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_names(const struct form_parameter *a, const struct form_parameter *b)
{
    return compare_bytes(a->name, a->name_length, b->name, b->name_length);
}

static int compare_caseless(const struct form_parameter *a, const struct form_parameter *b)
{
    size_t least = a->name_length < b->name_length ? a->name_length : b->name_length;
    int order = strncasecmp(a->name, b->name, least);

    return order ? order : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/* The character at a place of name, `between` and value written as one; -1 behind its end. */
static int character(const struct form_parameter *parameter, const char *between, size_t at)
{
    size_t gap = strlen(between);

    if (at < parameter->name_length)
        return (unsigned char)parameter->name[at];
    at -= parameter->name_length;
    if (at < gap)
        return (unsigned char)between[at];
    at -= gap;
    return at < parameter->value_length ? (unsigned char)parameter->value[at] : -1;
}

static int compare_texts(const struct form_parameter *a, const struct form_parameter *b,
                         const char *between)
{
    size_t at = 0;
    int left, right;

    do {
        left = character(a, between, at);
        right = character(b, between, at);
        at++;
    } while (left == right && left >= 0);
    return left - right;
}

static int compare(enum form_order order, const struct form_parameter *a,
                   const struct form_parameter *b)
{
    int names;

    switch (order) {
    case FORM_ORDER_RIGHT:
    case FORM_ORDER_EQUALS_KEPT:
        names = compare_names(a, b);
        return names ? names
                     : compare_bytes(a->value, a->value_length, b->value, b->value_length);
    case FORM_ORDER_NAMES_ONLY:
        return compare_names(a, b);
    case FORM_ORDER_CASELESS:
        return compare_caseless(a, b);
    case FORM_ORDER_PAIR_TEXT:
        return compare_texts(a, b, "");
    case FORM_ORDER_NAME_IS_VALUE:
        return compare_texts(a, b, "=");
    case FORM_ORDER_ARRIVAL:
        break;
    }
    return 0;
}

/* By insertion: stable, and forms are short and mostly in order. */
void form_list_sort(struct signature_parameters *parameters, const struct form_list *list)
{
    const struct form_parameter **sorted = parameters->sorted;
    size_t i, at, kept = 0;

    for (i = 0; i < list->count; i++) {
        const struct form_parameter *item = &list->items[i];

        for (at = i; at > 0 && compare(list->order, sorted[at - 1], item) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = item;
    }
    parameters->count = list->count;
    for (i = 0; list->order == FORM_ORDER_RIGHT && i < list->count; i++)
        if (kept == 0 || compare(FORM_ORDER_RIGHT, sorted[kept - 1], sorted[i]) != 0)
            sorted[kept++] = sorted[i];
    if (list->order == FORM_ORDER_RIGHT)
        parameters->count = kept;
    signature_join(parameters);
}

char *form_list_room(struct form_list *list, size_t size)
{
    char *text = list->text + list->used;

    if (size > list->size - list->used)
        return NULL;
    list->used += size;
    return text;
}

void form_list_note(struct form_list *list, size_t i)
{
    list->name = list->items[i].name;
    list->name_length = list->items[i].name_length;
}
