#include "build.h"

#include "support/assignments.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(const char *name)
{
    const char *at;

    if (!*name || (*name >= '0' && *name <= '9'))
        return false;
    for (at = name; *at; at++)
        if (!((*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
              (*at >= '0' && *at <= '9') || *at == '_'))
            return false;
    return true;
}

/* Copies the character behind a backslash: a line end is swallowed (the line goes
 * on); between double quotes only the shell's special characters lose their
 * backslash, as systemd has it. */
static char *unescape(char *to, char escaped, char quote, unsigned *line)
{
    if (escaped == '\n') {
        ++*line;
        return to;
    }
    if (quote == '"' && !strchr("\"\\`$", escaped))
        *to++ = '\\';
    *to++ = escaped;
    return to;
}

/* Reads a value in place from *at on; leaves *at behind its line. NULL if a
 * quote is never closed. The value never grows, so it fits where it was. A quote
 * counts only where no bare character came before it: {"a":1} needs no quoting. */
static char *read_value(char **at, unsigned *line)
{
    char *from = *at, *to = *at, *value = *at, *kept = *at;
    bool bare = false;
    char quote = '\0';

    for (; *from && (quote || *from != '\n'); from++) {
        if (!quote && !bare && (*from == '"' || *from == '\'')) {
            quote = *from;
        } else if (quote && *from == quote) {
            quote = '\0';
            kept = to;
        } else if (*from == '\\' && quote != '\'' && from[1]) {
            to = unescape(to, *++from, quote, line);
            bare = bare || !quote;
            kept = to;
        } else if (quote || bare || !is_blank(*from)) {
            *line += *from == '\n';
            *to++ = *from;
            bare = bare || !quote;
            if (quote || !is_blank(*from))
                kept = to;
        }
    }
    *at = *from ? from + 1 : from;
    *kept = '\0'; /* blanks at the end of a bare value are dropped */
    return quote ? NULL : value;
}

/* One NAME=value, or a line that is none. */
struct entry {
    char *begin, *end; /* all of it, with the line feed */
    unsigned line;
    char *name, *value;
    const char *fault; /* NULL: none */
};

/* Reads what comes next, in place. False at the end. */
static bool next_entry(struct entry *entry, char **at, unsigned *line)
{
    char *equals;

    for (;;) {
        entry->begin = *at;
        *at += strspn(*at, " \t\r");
        if (!**at)
            return false;
        entry->line = ++*line;
        if (**at != '\n' && **at != '#' && **at != ';')
            break;
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
    }
    entry->name = *at;
    equals = *at + strcspn(*at, "=\n");
    if (*equals != '=') {
        *at = *equals ? equals + 1 : equals;
        entry->fault = "no NAME=value";
    } else {
        *equals = '\0';
        *at = equals + 1;
        while (equals > entry->name && is_blank(equals[-1]))
            *--equals = '\0';
        *at += strspn(*at, " \t");
        entry->value = read_value(at, line);
        entry->fault = !is_name(entry->name) ? "not a name before the \"=\""
                       : !entry->value       ? "a quote is not closed"
                                             : NULL;
    }
    entry->end = *at;
    return true;
}

void assignments_parse(char *content, assignments_entry_fn *entry, assignments_fault_fn *fault,
                       void *argument)
{
    unsigned line = 0;
    struct entry found;

    while (next_entry(&found, &content, &line)) {
        if (found.fault)
            fault(argument, found.line, found.fault);
        else
            entry(argument, found.name, found.value);
    }
}

bool assignments_find(char *content, const char *name, size_t *begin, size_t *end)
{
    char *at = content;
    unsigned line = 0;
    struct entry found;

    while (next_entry(&found, &at, &line)) {
        if (found.fault || strcmp(found.name, name) != 0)
            continue;
        *begin = (size_t)(found.begin - content);
        *end = (size_t)(found.end - content);
        return true;
    }
    return false;
}

void assignments_append(struct buffer *out, const char *name, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=*~?&{}[]()";

    buffer_append_format(out, "%s=", name);
    if (value[strspn(value, plain)] == '\0') {
        buffer_append_string(out, value);
    } else {
        buffer_append_char(out, '"');
        for (; *value; value++) {
            if (strchr("\"\\`$", *value))
                buffer_append_char(out, '\\');
            buffer_append_char(out, *value);
        }
        buffer_append_char(out, '"');
    }
    buffer_append_char(out, '\n');
}
