#include "build.h"

#include "diagnosis/form_bytes.h"

#include <stdint.h>
#include <string.h>

#include "support/percent.h"

enum { TELEPHONE_DIGITS = 7 };

/* Puts `text` for every `from` in what is at *bytes. True if there was one. */
static bool replace(struct form_list *list, const char **bytes, size_t *length, const char *from,
                    const char *text)
{
    size_t from_length = strlen(from), text_length = strlen(text), i = 0, to = 0;
    size_t most = *length / from_length * text_length + *length;
    bool found = false;
    char *copy;

    if (!memmem(*bytes, *length, from, from_length))
        return false;
    copy = form_list_room(list, most);
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

static bool replace_in_values(struct form_list *list, const char *from, const char *text)
{
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++)
        changed |= replace(list, &list->items[i].value, &list->items[i].value_length, from, text);
    return changed;
}

/* PHP turns dots in names into underscores. First all, then those that Twilio is known for. */
bool form_bytes_undo_names(struct form_list *list, size_t index)
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

bool form_bytes_sign_names(struct form_list *list, size_t index)
{
    bool changed = false;
    size_t i;

    (void)index;
    for (i = 0; i < list->count; i++)
        changed |= replace(list, &list->items[i].name, &list->items[i].name_length, ".", "_");
    return changed;
}

bool form_bytes_undo_brackets(struct form_list *list, size_t index)
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

/* The `nth` blank of one value was a "+"; all of them with 0. */
static bool undo_plus_of(struct form_list *list, size_t which, size_t nth)
{
    struct form_parameter *item = &list->items[which];
    size_t at, blanks = 0;
    bool changed = false;
    char *copy = memchr(item->value, ' ', item->value_length) ? form_list_room(list, item->value_length)
                                                              : NULL;

    if (!copy)
        return false;
    memcpy(copy, item->value, item->value_length);
    for (at = 0; at < item->value_length; at++) {
        if (copy[at] != ' ' || (nth > 0 && ++blanks != nth))
            continue;
        copy[at] = '+';
        changed = true;
    }
    item->value = copy;
    form_list_note(list, which);
    return changed;
}

static bool is_number(const struct form_parameter *item)
{
    size_t i;

    for (i = 0; i < item->value_length && item->value[i] >= '0' && item->value[i] <= '9'; i++)
        ;
    return i == item->value_length && i >= TELEPHONE_DIGITS;
}

/* A telephone number lost its "+" altogether; all of them where `which` is none. */
static bool undo_lost_plus(struct form_list *list, size_t which)
{
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy;

        if ((which < list->count && i != which) || !is_number(item) ||
            !(copy = form_list_room(list, item->value_length + 1)))
            continue;
        copy[0] = '+';
        memcpy(copy + 1, item->value, item->value_length);
        item->value = copy;
        item->value_length++;
        changed = true;
    }
    if (changed && which < list->count)
        form_list_note(list, which);
    return changed;
}

/* A "+" that nobody escaped arrives as a blank: "+1555..." as " 1555...". In all values, or in one. */
bool form_bytes_undo_plus(struct form_list *list, size_t index)
{
    bool changed = false;
    size_t i;

    if (index >= FORM_BYTES_PLUSES) {
        size_t which = (index - FORM_BYTES_PLUSES) / FORM_BYTES_PLUSES_EACH;
        size_t nth = (index - FORM_BYTES_PLUSES) % FORM_BYTES_PLUSES_EACH;

        return nth + 1 == FORM_BYTES_PLUSES_EACH ? undo_lost_plus(list, which)
                                                 : undo_plus_of(list, which, nth);
    }
    if (index == 3)
        return undo_lost_plus(list, list->count);
    if (index == 1)
        return replace_in_values(list, " ", "+");
    if (index == 2)
        return replace_in_values(list, "+", " ");
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy;

        if (item->value_length < 2 || item->value[0] != ' ' || item->value[1] < '0' ||
            item->value[1] > '9' || !(copy = form_list_room(list, item->value_length)))
            continue;
        memcpy(copy, item->value, item->value_length);
        copy[0] = '+';
        item->value = copy;
        changed = true;
    }
    return changed;
}

static bool decode_again(struct form_list *list)
{
    bool changed = false;
    size_t i;

    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy = memchr(item->value, '%', item->value_length)
                         ? form_list_room(list, item->value_length)
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

bool form_bytes_undo_twice(struct form_list *list, size_t index)
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

/* What stands at 0x80 to 0x9f in Windows-1252; 0 where nothing does (unicode.org, CP1252.TXT). */
static const uint16_t windows[] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static size_t put_utf8(char *to, unsigned character)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (char)(0xc0 | character >> 6);
        to[1] = (char)(0x80 | (character & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | character >> 12);
    to[1] = (char)(0x80 | (character >> 6 & 0x3f));
    to[2] = (char)(0x80 | (character & 0x3f));
    return 3;
}

static bool is_ascii(const struct form_parameter *item)
{
    size_t i;

    for (i = 0; i < item->value_length && !(item->value[i] & 0x80); i++)
        ;
    return i == item->value_length;
}

/* UTF-8 was converted to Latin-1, or to Windows-1252: a byte each. */
static bool undo_conversion(struct form_list *list, bool from_windows)
{
    bool changed = false;
    size_t i, at;

    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy = is_ascii(item) ? NULL : form_list_room(list, 3 * item->value_length);
        size_t length = 0;

        for (at = 0; copy && at < item->value_length; at++) {
            unsigned character = (unsigned char)item->value[at];

            if (from_windows && character >= 0x80 && character < 0xa0 && windows[character - 0x80])
                character = windows[character - 0x80];
            length += put_utf8(copy + length, character);
        }
        if (copy) {
            item->value = copy;
            item->value_length = length;
            changed = true;
        }
    }
    return changed;
}

/* UTF-8 taken for Latin-1 and encoded once more (each two bytes C2/C3 xx were one), or converted to it. */
bool form_bytes_undo_charset(struct form_list *list, size_t index)
{
    bool changed = false;
    size_t i, at;

    if (index > 0)
        return undo_conversion(list, index > 1);
    for (i = 0; i < list->count; i++) {
        struct form_parameter *item = &list->items[i];
        char *copy = memchr(item->value, 0xc3, item->value_length) ||
                             memchr(item->value, 0xc2, item->value_length)
                         ? form_list_room(list, item->value_length)
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

bool form_bytes_undo_lines(struct form_list *list, size_t index)
{
    return index == 0 ? replace_in_values(list, "\r\n", "\n")
                      : replace_in_values(list, "\n", "\r\n");
}

static const char *const paddings[][2] = {{"", " "}, {" ", ""},    {"", "\n"}, {" ", " "},
                                          {"", "  "}, {"", "\r\n"}, {"\n", ""}};

_Static_assert(sizeof paddings / sizeof paddings[0] == FORM_BYTES_PADDINGS, "each is tried");

bool form_bytes_undo_trimmed(struct form_list *list, size_t index)
{
    struct form_parameter *item = &list->items[index / FORM_BYTES_PADDINGS];
    const char *before = paddings[index % FORM_BYTES_PADDINGS][0];
    const char *after = paddings[index % FORM_BYTES_PADDINGS][1];
    size_t length = strlen(before) + item->value_length + strlen(after);
    char *copy = form_list_room(list, length);

    if (!copy)
        return false;
    memcpy(copy, before, strlen(before));
    memcpy(copy + strlen(before), item->value, item->value_length);
    memcpy(copy + length - strlen(after), after, strlen(after));
    item->value = copy;
    item->value_length = length;
    form_list_note(list, index / FORM_BYTES_PADDINGS);
    return true;
}

bool form_bytes_sign_trimmed(struct form_list *list, size_t index)
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

bool form_bytes_sign_encoded(struct form_list *list, size_t index)
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
        copy = buffer_status(&encoded) == BUFFER_OK ? form_list_room(list, encoded.length) : NULL;
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
