/* The alterations that concern repeated parameters, such as a group's MessagingBinding.Address. */
#include "build.h"

#include <string.h>

#include "diagnosis/form_alterations.h"

static bool same_name(const struct form_parameter *a, const struct form_parameter *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

static bool same_value(const struct form_parameter *a, const struct form_parameter *b)
{
    return a->value_length == b->value_length && memcmp(a->value, b->value, a->value_length) == 0;
}

/* "a,b" was two parameters; so was "a, b" (odd). */
bool formrepeats_undo_joined(struct formlist *list, size_t which)
{
    size_t index = which / FORMREPEATS_SPLITS;
    struct form_parameter item = list->items[index];
    const char *at = item.value, *end = at + item.value_length;
    bool skip_blank = which % FORMREPEATS_SPLITS == 1;

    if (!memchr(at, ',', item.value_length))
        return false;
    formlist_note(list, index);
    while (at) {
        const char *comma = memchr(at, ',', (size_t)(end - at));

        if (list->count == FORM_PARAMETERS_LIMIT)
            return false;
        item.value = at;
        item.value_length = (size_t)((comma ? comma : end) - at);
        if (at == list->items[index].value)
            list->items[index].value_length = item.value_length;
        else
            list->items[list->count++] = item;
        at = comma ? comma + 1 : NULL;
        if (skip_blank && at && at < end && *at == ' ')
            at++;
    }
    return true;
}

/* A group's addresses stand elsewhere in the webhook too: perhaps the missing one does. */
bool formrepeats_undo_lost(struct formlist *list, size_t index)
{
    struct form_parameter item = list->items[index / FORMREPEATS_GUESSES];
    size_t wanted = index % FORMREPEATS_GUESSES, i;

    if (list->count == FORM_PARAMETERS_LIMIT || !memmem(item.name, item.name_length, "Address", 7))
        return false;
    for (i = 0; i < list->count; i++) {
        const struct form_parameter *other = &list->items[i];

        if (other->value_length < 2 || other->value[0] != '+' || same_value(other, &item))
            continue;
        if (wanted-- > 0)
            continue;
        item.value = other->value;
        item.value_length = other->value_length;
        formlist_note(list, index / FORMREPEATS_GUESSES);
        list->items[list->count++] = item;
        return true;
    }
    return false;
}

static bool keep_one(struct formlist *list, bool last)
{
    size_t i, j, kept = 0, count = list->count;

    for (i = 0; i < count; i++) {
        for (j = 0; j < kept && !same_name(&list->items[j], &list->items[i]); j++)
            ;
        if (j == kept)
            list->items[kept++] = list->items[i];
        else if (last)
            list->items[j] = list->items[i];
    }
    list->count = kept;
    return kept < count;
}

bool formrepeats_sign_first(struct formlist *list, size_t index)
{
    (void)index;
    return keep_one(list, false);
}

bool formrepeats_sign_last(struct formlist *list, size_t index)
{
    (void)index;
    return keep_one(list, true);
}

/* Each name once, its values written behind each other; as they came, or (odd) sorted. */
static bool join(struct formlist *list, const char *between, bool sorted)
{
    struct signature_parameters parameters;
    size_t i, kept = 0, gap = strlen(between), count;
    struct form_parameter items[FORM_PARAMETERS_LIMIT];

    list->order = sorted ? FORM_ORDER_RIGHT : FORM_ORDER_NAMES_ONLY;
    formlist_sort(&parameters, list);
    count = parameters.count;
    for (i = 0; i < count; i++) {
        const struct form_parameter *next = parameters.sorted[i];
        struct form_parameter *item = kept > 0 ? &items[kept - 1] : NULL;
        size_t length;
        char *text;

        if (!item || !same_name(item, next)) {
            items[kept++] = *next;
            continue;
        }
        length = item->value_length + gap + next->value_length;
        text = formlist_room(list, length);
        if (!text)
            return false;
        memcpy(text, item->value, item->value_length);
        memcpy(text + item->value_length, between, gap);
        memcpy(text + item->value_length + gap, next->value, next->value_length);
        item->value = text;
        item->value_length = length;
    }
    memcpy(list->items, items, kept * sizeof items[0]);
    list->count = kept;
    return kept < count;
}

bool formrepeats_sign_joined(struct formlist *list, size_t index)
{
    return join(list, ",", index == 1);
}

bool formrepeats_sign_once(struct formlist *list, size_t index)
{
    return join(list, "", index == 1);
}
