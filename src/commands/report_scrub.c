#include "build.h"

#include "commands/report_scrub.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/json_text.h"
#include "support/sid.h"

enum { SHORTEST_VALUE = 2, LONG_VALUE = 16, PHONE_DIGITS = 7, BARE_DIGITS = 11, LONG_HEX = 24 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_mail(char c)
{
    return is_word(c) || c == '.' || c == '-' || c == '+' || c == '%';
}

static size_t span(const char *text, bool (*is)(char))
{
    size_t length = 0;

    while (is(text[length]))
        length++;
    return length;
}

/* How long a setting's value is that begins here; its name goes to `out`. An identity "bot" is no part of "both". */
static size_t take_value(struct buffer *out, const char *at, const char *value, const char *name)
{
    size_t length = value ? strlen(value) : 0;

    if (length < SHORTEST_VALUE || strncmp(at, value, length) != 0 ||
        (length < LONG_VALUE && is_word(value[length - 1]) && is_word(at[length])))
        return 0;
    buffer_append_format(out, "[%s]", name);
    return length;
}

/* Of each kind of settings that may identify somebody. */
static size_t take_setting(struct buffer *out, const char *at, const struct config *config, const struct setting *setting)
{
    const void *member = (const char *)config + setting->at;
    const struct setting_list *list = member;
    const struct setting_shared_keys *keys = member;
    size_t length = 0, i;

    switch (setting->kind) {
    case SETTING_SECRET:
    case SETTING_STRING:
    case SETTING_SID:
    case SETTING_IDENTITY:
    case SETTING_JSON:
        return take_value(out, at, *(char *const *)member, setting->name);
    case SETTING_IDENTITIES:
        for (i = 0; i < list->count && length == 0; i++)
            length = take_value(out, at, list->items[i], setting->name);
        return length;
    case SETTING_SHARED_KEYS:
        for (i = 0; i < keys->count && length == 0; i++) {
            length = take_value(out, at, keys->ids[i], setting->name);
            if (length == 0)
                length = take_value(out, at, keys->secrets[i], setting->name);
        }
        return length;
    default:
        return 0;
    }
}

/* A secret is one wherever it stands. */
static size_t take_settings(struct buffer *out, const char *at, const struct config *config, bool begins)
{
    size_t count, i, length = 0;
    const struct setting *settings = config_settings(&count);

    for (i = 0; i < count && length == 0; i++)
        if (begins || setting_value_is_secret(&settings[i]))
            length = take_setting(out, at, config, &settings[i]);
    return length;
}

/* Two capital letters and 32 hexadecimal digits, not within a word. */
static size_t take_sid(struct buffer *out, const char *at)
{
    char kind[3] = {at[0], at[0] ? at[1] : '\0', '\0'};

    if (kind[0] < 'A' || kind[0] > 'Z' || kind[1] < 'A' || kind[1] > 'Z' || strnlen(at, SID_LENGTH) < SID_LENGTH ||
        !sid_valid(at, SID_LENGTH, kind))
        return 0;
    buffer_append_format(out, "%s[..%.4s]", kind, at + SID_LENGTH - 4);
    return SID_LENGTH;
}

static size_t take_number(struct buffer *out, const char *at)
{
    size_t sign = at[0] == '+' ? 1 : strncmp(at, "%2B", 3) == 0 ? 3 : 0, digits = span(at + sign, is_digit);

    if (digits < (sign ? PHONE_DIGITS : BARE_DIGITS))
        return 0;
    buffer_append_string(out, "[number]");
    return sign + digits;
}

static size_t take_hex(struct buffer *out, const char *at)
{
    size_t length = span(at, is_hex);

    if (length < LONG_HEX)
        return 0;
    buffer_append_string(out, "[hex]");
    return length;
}

/* Also as a path has it, with "%40". */
static size_t take_mail(struct buffer *out, const char *at)
{
    size_t length = span(at, is_mail), domain = 0;
    const char *encoded = strstr(at, "%40");

    if (length > 0 && at[length] == '@')
        domain = span(at + length + 1, is_mail);
    if (domain == 0 && !(encoded && encoded > at && encoded < at + length))
        return 0;
    buffer_append_string(out, "[address]");
    return length + (domain > 0 ? 1 + domain : 0);
}

/* Of a URL that is somebody else's, too, as the one that Twilio sends to. */
static size_t take_query(struct buffer *out, const char *at)
{
    size_t length = *at == '?' ? strcspn(at, " \t\n,;\"'") : 0;

    if (length < 2 || at[1] == '*') /* the end of a question; masked before */
        return 0;
    buffer_append_string(out, "?[query]");
    return length;
}

/* What check names of others: the end of an address, and a user that is near to the identity. */
static size_t take_named(struct buffer *out, const char *at)
{
    static const char ending[] = "ending in ", user[] = "TWILIO_IDENTITY=";
    const char *end;

    if (strncmp(at, ending, sizeof ending - 1) == 0) {
        buffer_append_format(out, "%s[..]", ending);
        return sizeof ending - 1 + strcspn(at + sizeof ending - 1, " ,;\n");
    }
    if (strncmp(at, user, sizeof user - 1) != 0 || at[sizeof user - 1] == '(')
        return 0;
    end = strstr(at, ", if that is");
    if (!end || end > at + strcspn(at, "\n"))
        end = at + strcspn(at, "\n");
    buffer_append_format(out, "%s[user]", user);
    return (size_t)(end - at);
}

/* What may begin within a word is looked for everywhere, the rest where a word begins. */
static size_t take(struct buffer *out, const char *at, const struct config *config, bool begins)
{
    size_t length = take_settings(out, at, config, begins);

    if (length == 0 && begins)
        length = take_named(out, at);
    if (length == 0)
        length = take_query(out, at);
    if (length == 0 && begins)
        length = take_mail(out, at);
    if (length == 0 && begins)
        length = take_sid(out, at);
    if (length == 0)
        length = take_number(out, at);
    if (length == 0 && begins)
        length = take_hex(out, at);
    return length;
}

void report_scrub(struct buffer *out, const char *text, const struct config *config)
{
    const char *at = text;
    bool begins = true;

    while (*at) {
        size_t length = take(out, at, config, begins);

        if (length == 0) {
            unsigned char c = (unsigned char)*at;

            buffer_append_char(out, c == '\n' || (c >= ' ' && c < 0x7f) ? *at : '?');
            length = 1;
        }
        at += length;
        begins = !is_word(at[-1]);
    }
}

/* The fields of twilio-autojoin.fcgi(8) that say nothing of whom: what is not among them is left out. */
static bool is_kept(const char *name, size_t length)
{
    static const char *const kept[] = {
        "time",   "level",       "msg",       "result",   "status",     "way",       "reason",   "variable",  "event",
        "source", "retry_count", "rest_status", "rest_code", "attempts", "ms",       "rest_ms",  "signed_by", "algorithm",
        "key_header", "hint",    "fault",     "setting",  "fix",        "operation", "open_for_s"};
    size_t i;

    for (i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strlen(kept[i]) == length && strncmp(name, kept[i], length) == 0)
            return true;
    return false;
}

/* A logfmt value: a word, or quoted with backslashes. */
static size_t value_length(const char *value)
{
    size_t length = 1;

    if (*value != '"')
        return strcspn(value, " \n");
    while (value[length] && value[length] != '"')
        length += value[length] == '\\' && value[length + 1] ? 2 : 1;
    return length + (value[length] == '"');
}

static void add_logfmt(struct buffer *out, const char *line)
{
    const char *separator = "";

    while (*line && *line != '\n') {
        size_t name = strcspn(line, "= \n"), value;

        if (line[name] != '=')
            break;
        value = value_length(line + name + 1);
        if (is_kept(line, name)) {
            buffer_append_string(out, separator);
            buffer_append(out, line, name + 1 + value);
            separator = " ";
        }
        line += name + 1 + value;
        line += strspn(line, " ");
    }
    buffer_append_char(out, '\n');
}

static bool add_json(struct buffer *out, const char *line)
{
    const char *name, *separator = "";
    json_t *object, *value;

    if (json_text_load(line, strcspn(line, "\n"), JSON_DISABLE_EOF_CHECK, &object) != JSON_TEXT_OK)
        return false;
    json_object_foreach(object, name, value) {
        if (!is_kept(name, strlen(name)) || (!json_is_string(value) && !json_is_integer(value)))
            continue;
        if (json_is_string(value))
            buffer_append_format(out, "%s%s=\"%s\"", separator, name, json_string_value(value));
        else
            buffer_append_format(out, "%s%s=%lld", separator, name, (long long)json_integer_value(value));
        separator = " ";
    }
    buffer_append_char(out, '\n');
    json_decref(object);
    return true;
}

bool report_scrub_log_line(struct buffer *out, const char *line)
{
    size_t end = strcspn(line, "\n");
    const char *logfmt = strstr(line, "time=20"), *json = strstr(line, "{\"time\":\"20");

    if (logfmt && logfmt < line + end && strstr(logfmt, " msg=")) {
        add_logfmt(out, logfmt);
        return true;
    }
    return json && json < line + end && add_json(out, json);
}
