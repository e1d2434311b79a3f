#include "build.h"

#include "diagnosis/form_variants.h"

#include <string.h>

#include "diagnosis/form_bytes.h"

static bool is_text(const char *bytes, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

static bool has_name(const struct form_list *list, const char *name)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (is_text(list->items[i].name, list->items[i].name_length, name))
            return true;
    return false;
}

static bool undo_added(struct form_list *list, size_t index)
{
    form_list_note(list, index);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof list->items[0]);
    return true;
}

static bool put(struct form_list *list, const char *name, const char *value)
{
    if (!value || has_name(list, name) || list->count == FORM_PARAMETERS_LIMIT)
        return false;
    list->items[list->count] =
        (struct form_parameter){name, strlen(name), value, strlen(value)};
    form_list_note(list, list->count++);
    return true;
}

/* What Twilio is known to send, and we can know the value of. */
static bool undo_lost(struct form_list *list, size_t index)
{
    static const char *const known[][2] = {
        {"RetryCount", "0"}, {"RetryCount", "1"}, {"Source", "SMS"}, {"Source", "API"},
        {"Source", "SDK"}, {"Source", "WhatsApp"}, {"EventType", "onConversationAdded"},
        {"EventType", "onMessageAdded"}, {"EventType", "onParticipantAdded"},
        {"EventType", "onConversationStateUpdated"}, {"Attributes", "{}"}, {"State", "active"},
        {"Index", "0"},
    };

    if (index == 0)
        return put(list, "AccountSid", list->config->account_sid);
    if (index == 1)
        return put(list, "ChatServiceSid", list->config->chat_service_sid);
    index -= 2;
    return index < sizeof known / sizeof known[0] && put(list, known[index][0], known[index][1]);
}

enum { LOST_SPAN = 15 };

static const char *const often_empty[] = {"Body",  "FriendlyName", "UniqueName",
                                          "Media", "Author",       "MessagingServiceSid",
                                          "Identity", "ClientIdentity"};

enum {
    EMPTY_NAMES = sizeof often_empty / sizeof often_empty[0],
    EMPTY_SPAN = 1 << EMPTY_NAMES, /* index: 0 the other way round, otherwise a set of names */
    EMPTY_PAIRED = 2, /* names at most, where it is one of two alterations */
};

static bool drop_empty(struct form_list *list)
{
    size_t i, kept = 0;
    bool changed;

    for (i = 0; i < list->count; i++)
        if (list->items[i].value_length > 0)
            list->items[kept++] = list->items[i];
    changed = kept < list->count;
    list->count = kept;
    return changed;
}

static bool undo_empty(struct form_list *list, size_t index)
{
    unsigned i, names = 0;

    if (index == 0)
        return drop_empty(list);
    for (i = 0; i < EMPTY_NAMES; i++)
        names += (unsigned)(index >> i & 1);
    if (list->paired && names > EMPTY_PAIRED)
        return false;
    for (i = 0; i < EMPTY_NAMES; i++)
        if ((index >> i & 1) && !put(list, often_empty[i], ""))
            return false;
    if (names > 1)
        list->name = NULL;
    return true;
}

/* Of repeated parameters, such as a group's MessagingBinding.Address. */
enum { GUESSES = 8, SPLITS = 2 };

static bool same_name(const struct form_parameter *a, const struct form_parameter *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

static bool same_value(const struct form_parameter *a, const struct form_parameter *b)
{
    return a->value_length == b->value_length && memcmp(a->value, b->value, a->value_length) == 0;
}

/* "a,b" was two parameters; so was "a, b" (odd). */
static bool undo_joined(struct form_list *list, size_t which)
{
    size_t index = which / SPLITS;
    struct form_parameter item = list->items[index];
    const char *at = item.value, *end = at + item.value_length;
    bool skip_blank = which % SPLITS == 1;

    if (!memchr(at, ',', item.value_length))
        return false;
    form_list_note(list, index);
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
static bool undo_lost_repeat(struct form_list *list, size_t index)
{
    struct form_parameter item = list->items[index / GUESSES];
    size_t wanted = index % GUESSES, i;

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
        form_list_note(list, index / GUESSES);
        list->items[list->count++] = item;
        return true;
    }
    return false;
}

static bool keep_one(struct form_list *list, bool last)
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

static bool sign_first(struct form_list *list, size_t index)
{
    (void)index;
    return keep_one(list, false);
}

static bool sign_last(struct form_list *list, size_t index)
{
    (void)index;
    return keep_one(list, true);
}

/* Each name once, its values written behind each other; as they came, or (odd) sorted. */
static bool join(struct form_list *list, const char *between, bool sorted)
{
    struct signature_parameters parameters;
    size_t i, kept = 0, gap = strlen(between), count;
    struct form_parameter items[FORM_PARAMETERS_LIMIT];

    list->order = sorted ? FORM_ORDER_RIGHT : FORM_ORDER_NAMES_ONLY;
    form_list_sort(&parameters, list);
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
        text = form_list_room(list, length);
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

static bool sign_joined(struct form_list *list, size_t index)
{
    return join(list, ",", index == 1);
}

static bool sign_once(struct form_list *list, size_t index)
{
    return join(list, "", index == 1);
}

static bool sign_nothing(struct form_list *list, size_t index)
{
    bool changed = list->count > 0;

    (void)index;
    list->count = 0;
    return changed;
}

static bool sign_equals(struct form_list *list, size_t index)
{
    (void)index;
    list->order = FORM_ORDER_EQUALS_KEPT;
    return true;
}

static bool sign_in_order(struct form_list *list, size_t index)
{
    static const enum form_order orders[] = {FORM_ORDER_NAMES_ONLY, FORM_ORDER_ARRIVAL,
                                             FORM_ORDER_CASELESS, FORM_ORDER_PAIR_TEXT,
                                             FORM_ORDER_NAME_IS_VALUE};

    list->order = orders[index];
    return true;
}

/* In the order in which they are tried: what happens oftenest first. */
static const struct {
    enum form_change change;
    bool (*apply)(struct form_list *list, size_t index);
    size_t span;  /* how often it can be applied ... */
    size_t each;  /* ... and to each parameter */
} kinds[] = {
    {FORM_CHANGE_NAMES, form_bytes_undo_names, 2, 0},
    {FORM_CHANGE_BRACKETS, form_bytes_undo_brackets, 1, 0},
    {FORM_CHANGE_UNSIGNED, sign_nothing, 1, 0},
    {FORM_CHANGE_PLUS, form_bytes_undo_plus, FORM_BYTES_PLUSES, FORM_BYTES_PLUSES_EACH},
    {FORM_CHANGE_TWICE, form_bytes_undo_twice, 3, 0},
    {FORM_CHANGE_CHARSET, form_bytes_undo_charset, FORM_BYTES_CHARSETS, 0},
    {FORM_CHANGE_LINES, form_bytes_undo_lines, 2, 0},
    {FORM_CHANGE_JOINED, undo_joined, 0, SPLITS},
    {FORM_CHANGE_SIGNED_FIRST, sign_first, 1, 0},
    {FORM_CHANGE_SIGNED_LAST, sign_last, 1, 0},
    {FORM_CHANGE_SIGNED_JOINED, sign_joined, 2, 0},
    {FORM_CHANGE_SIGNED_ONCE, sign_once, 2, 0},
    {FORM_CHANGE_SIGNED_EQUALS, sign_equals, 1, 0},
    {FORM_CHANGE_SIGNED_ORDER, sign_in_order, 5, 0},
    {FORM_CHANGE_SIGNED_NAMES, form_bytes_sign_names, 1, 0},
    {FORM_CHANGE_SIGNED_TRIMMED, form_bytes_sign_trimmed, 1, 0},
    {FORM_CHANGE_SIGNED_ENCODED, form_bytes_sign_encoded, 1, 0},
    {FORM_CHANGE_REPEATS, undo_lost_repeat, 0, GUESSES},
    {FORM_CHANGE_TRIMMED, form_bytes_undo_trimmed, 0, FORM_BYTES_PADDINGS},
    {FORM_CHANGE_ADDED, undo_added, 0, 1},
    {FORM_CHANGE_LOST, undo_lost, LOST_SPAN, 0},
    {FORM_CHANGE_EMPTY, undo_empty, EMPTY_SPAN, 0},
};

size_t form_variants_kinds(void)
{
    return sizeof kinds / sizeof kinds[0];
}

size_t form_variants_span(size_t kind, const struct form_list *list)
{
    return kinds[kind].span + kinds[kind].each * list->count;
}

enum form_change form_variants_change(size_t kind)
{
    return kinds[kind].change;
}

bool form_variants_apply(size_t kind, size_t index, struct form_list *list)
{
    return kinds[kind].apply(list, index);
}
