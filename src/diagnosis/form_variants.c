#include "build.h"

#include "diagnosis/form_variants.h"

#include <string.h>

#include "diagnosis/form_alterations.h"

static bool is_text(const char *bytes, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(bytes, text, length) == 0;
}

static bool has_name(const struct formlist *list, const char *name)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (is_text(list->items[i].name, list->items[i].name_length, name))
            return true;
    return false;
}

static bool undo_added(struct formlist *list, size_t index)
{
    formlist_note(list, index);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof list->items[0]);
    return true;
}

static bool put(struct formlist *list, const char *name, const char *value)
{
    if (!value || has_name(list, name) || list->count == FORM_PARAMETERS_LIMIT)
        return false;
    list->items[list->count] =
        (struct form_parameter){name, strlen(name), value, strlen(value)};
    formlist_note(list, list->count++);
    return true;
}

/* What Twilio is known to send, and we can know the value of. */
static bool undo_lost(struct formlist *list, size_t index)
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

static bool drop_empty(struct formlist *list)
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

static bool undo_empty(struct formlist *list, size_t index)
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

static bool sign_nothing(struct formlist *list, size_t index)
{
    bool changed = list->count > 0;

    (void)index;
    list->count = 0;
    return changed;
}

static bool sign_equals(struct formlist *list, size_t index)
{
    (void)index;
    list->order = FORM_ORDER_EQUALS_KEPT;
    return true;
}

static bool sign_in_order(struct formlist *list, size_t index)
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
    bool (*apply)(struct formlist *list, size_t index);
    size_t span;  /* how often it can be applied ... */
    size_t each;  /* ... and to each parameter */
} kinds[] = {
    {FORM_CHANGE_NAMES, formbytes_undo_names, 2, 0},
    {FORM_CHANGE_BRACKETS, formbytes_undo_brackets, 1, 0},
    {FORM_CHANGE_UNSIGNED, sign_nothing, 1, 0},
    {FORM_CHANGE_PLUS, formbytes_undo_plus, 3, 0},
    {FORM_CHANGE_TWICE, formbytes_undo_twice, 3, 0},
    {FORM_CHANGE_CHARSET, formbytes_undo_charset, 1, 0},
    {FORM_CHANGE_LINES, formbytes_undo_lines, 2, 0},
    {FORM_CHANGE_JOINED, formrepeats_undo_joined, 0, FORMREPEATS_SPLITS},
    {FORM_CHANGE_SIGNED_FIRST, formrepeats_sign_first, 1, 0},
    {FORM_CHANGE_SIGNED_LAST, formrepeats_sign_last, 1, 0},
    {FORM_CHANGE_SIGNED_JOINED, formrepeats_sign_joined, 2, 0},
    {FORM_CHANGE_SIGNED_ONCE, formrepeats_sign_once, 2, 0},
    {FORM_CHANGE_SIGNED_EQUALS, sign_equals, 1, 0},
    {FORM_CHANGE_SIGNED_ORDER, sign_in_order, 5, 0},
    {FORM_CHANGE_SIGNED_NAMES, formbytes_sign_names, 1, 0},
    {FORM_CHANGE_SIGNED_TRIMMED, formbytes_sign_trimmed, 1, 0},
    {FORM_CHANGE_SIGNED_ENCODED, formbytes_sign_encoded, 1, 0},
    {FORM_CHANGE_REPEATS, formrepeats_undo_lost, 0, FORMREPEATS_GUESSES},
    {FORM_CHANGE_TRIMMED, formbytes_undo_trimmed, 0, FORMBYTES_PADDINGS},
    {FORM_CHANGE_ADDED, undo_added, 0, 1},
    {FORM_CHANGE_LOST, undo_lost, LOST_SPAN, 0},
    {FORM_CHANGE_EMPTY, undo_empty, EMPTY_SPAN, 0},
};

size_t formvariants_kinds(void)
{
    return sizeof kinds / sizeof kinds[0];
}

size_t formvariants_span(size_t kind, const struct formlist *list)
{
    return kinds[kind].span + kinds[kind].each * list->count;
}

enum form_change formvariants_change(size_t kind)
{
    return kinds[kind].change;
}

bool formvariants_apply(size_t kind, size_t index, struct formlist *list)
{
    return kinds[kind].apply(list, index);
}
