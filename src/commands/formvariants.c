#include "build.h"

#include "commands/formvariants.h"

#include <string.h>

#include "commands/formrepeats.h"
#include "support/percent.h"

static char *room(struct formlist *list, size_t size)
{
    char *text = list->text + list->used;

    if (size > list->size - list->used)
        return NULL;
    list->used += size;
    return text;
}

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

static void note(struct formlist *list, size_t i)
{
    list->name = list->items[i].name;
    list->name_length = list->items[i].name_length;
}

/* Puts `text` for every `from` in what is at *bytes. True if there was one. */
static bool replace(struct formlist *list, const char **bytes, size_t *length, const char *from,
                    const char *text)
{
    size_t from_length = strlen(from), text_length = strlen(text), i = 0, to = 0;
    size_t most = *length / from_length * text_length + *length;
    bool found = false;
    char *copy;

    if (!memmem(*bytes, *length, from, from_length))
        return false;
    copy = room(list, most);
    if (!copy)
        return false;
    while (i < *length) {
        if (*length - i >= from_length && memcmp(*bytes + i, from, from_length) == 0) {
            memcpy(copy + to, text, text_length);
            to += text_length;
            i += from_length;
            found = true;
        } else {
            copy[to++] = (*bytes)[i++];
        }
    }
    *bytes = copy;
    *length = to;
    return found;
}

static bool replace_in_values(struct formlist *list, const char *from, const char *text)
{
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++)
        changed |= replace(list, &list->items[i].value, &list->items[i].value_length, from, text);
    return changed;
}

/* PHP turns dots in names into underscores. First all, then those that Twilio is known for. */
static bool undo_names(struct formlist *list, size_t index)
{
    static const char known[] = "MessagingBinding_";
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];

        if (index == 0 || (item->name_length >= sizeof known - 1 &&
                           memcmp(item->name, known, sizeof known - 1) == 0))
            changed |= replace(list, &item->name, &item->name_length, "_", ".");
    }
    return changed;
}

static bool sign_names(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i;

    (void)index;
    for (i = 0; i < list->count; i++)
        changed |= replace(list, &list->items[i].name, &list->items[i].name_length, ".", "_");
    return changed;
}

static bool undo_brackets(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i;

    (void)index;
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        const char *bracket = memchr(item->name, '[', item->name_length);

        if (bracket && item->name[item->name_length - 1] == ']') {
            item->name_length = (size_t)(bracket - item->name);
            changed = true;
        }
    }
    return changed;
}

/* A "+" that nobody escaped arrives as a blank: "+1555..." as " 1555...". */
static bool undo_plus(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i;

    if (index == 1)
        return replace_in_values(list, " ", "+");
    if (index == 2)
        return replace_in_values(list, "+", " ");
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy;

        if (item->value_length < 2 || item->value[0] != ' ' || item->value[1] < '0' ||
            item->value[1] > '9' || !(copy = room(list, item->value_length)))
            continue;
        memcpy(copy, item->value, item->value_length);
        copy[0] = '+';
        item->value = copy;
        changed = true;
    }
    return changed;
}

static bool decode_again(struct formlist *list)
{
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy = memchr(item->value, '%', item->value_length)
                         ? room(list, item->value_length)
                         : NULL;

        if (!copy)
            continue;
        memcpy(copy, item->value, item->value_length);
        item->value_length = percent_decode_form(copy, item->value_length);
        item->value = copy;
        changed = true;
    }
    return changed;
}

static bool undo_twice(struct formlist *list, size_t index)
{
    static const char *const entities[][2] = {{"&lt;", "<"},    {"&gt;", ">"},
                                              {"&quot;", "\""}, {"&#39;", "'"},
                                              {"&#039;", "'"},  {"&amp;", "&"}};
    bool changed = false;
    size_t i;

    if (index == 0)
        return decode_again(list);
    if (index == 1)
        return replace_in_values(list, "\\\"", "\"");
    for (i = 0; i < sizeof entities / sizeof entities[0]; i++)
        changed |= replace_in_values(list, entities[i][0], entities[i][1]);
    return changed;
}

/* UTF-8 taken for Latin-1 and encoded once more: each two bytes C2/C3 xx were one. */
static bool undo_charset(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i, at;

    (void)index;
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy = memchr(item->value, 0xc3, item->value_length) ||
                             memchr(item->value, 0xc2, item->value_length)
                         ? room(list, item->value_length)
                         : NULL;
        size_t length = 0;

        for (at = 0; copy && at < item->value_length; at++) {
            unsigned char c = (unsigned char)item->value[at];

            if ((c & 0xfe) == 0xc2 && at + 1 < item->value_length) {
                c = (unsigned char)(c << 6 | (item->value[++at] & 0x3f));
                changed = true;
            }
            copy[length++] = (char)c;
        }
        if (copy) {
            item->value = copy;
            item->value_length = length;
        }
    }
    return changed;
}

static bool undo_lines(struct formlist *list, size_t index)
{
    return index == 0 ? replace_in_values(list, "\r\n", "\n")
                      : replace_in_values(list, "\n", "\r\n");
}

static const char *const paddings[][2] = {{"", " "}, {" ", ""},    {"", "\n"}, {" ", " "},
                                          {"", "  "}, {"", "\r\n"}, {"\n", ""}};

enum { PADDINGS = sizeof paddings / sizeof paddings[0] };

static bool undo_trimmed(struct formlist *list, size_t index)
{
    struct form_parameter *item = &list->items[index / PADDINGS];
    const char *before = paddings[index % PADDINGS][0], *after = paddings[index % PADDINGS][1];
    size_t length = strlen(before) + item->value_length + strlen(after);
    char *copy = room(list, length);

    if (!copy)
        return false;
    memcpy(copy, before, strlen(before));
    memcpy(copy + strlen(before), item->value, item->value_length);
    memcpy(copy + length - strlen(after), after, strlen(after));
    item->value = copy;
    item->value_length = length;
    note(list, index / PADDINGS);
    return true;
}

static bool sign_trimmed(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i;

    (void)index;
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        size_t length = item->value_length;

        while (item->value_length > 0 &&
               memchr(" \t\r\n", item->value[item->value_length - 1], 4))
            item->value_length--;
        while (item->value_length > 0 && memchr(" \t\r\n", item->value[0], 4)) {
            item->value++;
            item->value_length--;
        }
        changed |= length != item->value_length;
    }
    return changed;
}

static bool sign_encoded(struct formlist *list, size_t index)
{
    bool changed = false;
    size_t i;

    (void)index;
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        struct buffer encoded;
        char *copy;

        buffer_init(&encoded, list->size);
        percent_encode(&encoded, item->value, item->value_length);
        copy = buffer_status(&encoded) == BUFFER_OK ? room(list, encoded.length) : NULL;
        if (copy && encoded.length > item->value_length) {
            memcpy(copy, encoded.data, encoded.length);
            item->value = copy;
            item->value_length = encoded.length;
            changed = true;
        }
        buffer_free(&encoded);
    }
    return changed;
}

static bool undo_added(struct formlist *list, size_t index)
{
    note(list, index);
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
    note(list, list->count++);
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
        names += index >> i & 1;
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
    {FORM_CHANGE_NAMES, undo_names, 2, 0},
    {FORM_CHANGE_BRACKETS, undo_brackets, 1, 0},
    {FORM_CHANGE_UNSIGNED, sign_nothing, 1, 0},
    {FORM_CHANGE_PLUS, undo_plus, 3, 0},
    {FORM_CHANGE_TWICE, undo_twice, 3, 0},
    {FORM_CHANGE_CHARSET, undo_charset, 1, 0},
    {FORM_CHANGE_LINES, undo_lines, 2, 0},
    {FORM_CHANGE_JOINED, formrepeats_undo_joined, 0, 1},
    {FORM_CHANGE_SIGNED_FIRST, formrepeats_sign_first, 1, 0},
    {FORM_CHANGE_SIGNED_LAST, formrepeats_sign_last, 1, 0},
    {FORM_CHANGE_SIGNED_JOINED, formrepeats_sign_joined, 2, 0},
    {FORM_CHANGE_SIGNED_ONCE, formrepeats_sign_once, 2, 0},
    {FORM_CHANGE_SIGNED_EQUALS, sign_equals, 1, 0},
    {FORM_CHANGE_SIGNED_ORDER, sign_in_order, 5, 0},
    {FORM_CHANGE_SIGNED_NAMES, sign_names, 1, 0},
    {FORM_CHANGE_SIGNED_TRIMMED, sign_trimmed, 1, 0},
    {FORM_CHANGE_SIGNED_ENCODED, sign_encoded, 1, 0},
    {FORM_CHANGE_REPEATS, formrepeats_undo_lost, 0, FORMREPEATS_GUESSES},
    {FORM_CHANGE_TRIMMED, undo_trimmed, 0, PADDINGS},
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
