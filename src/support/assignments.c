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

void assignments_parse(char *content, assignments_entry_fn *entry, assignments_fault_fn *fault,
                       void *argument)
{
    char *at = content;
    unsigned line = 0;

    while (*at) {
        char *name, *equals, *value;
        unsigned first = ++line;

        at += strspn(at, " \t\r");
        if (*at == '\n') {
            at++;
            continue;
        }
        if (!*at)
            break;
        name = at;
        if (*name == '#' || *name == ';') {
            at += strcspn(at, "\n");
            at += *at == '\n';
            continue;
        }
        equals = at + strcspn(at, "=\n");
        if (*equals != '=') {
            at = *equals ? equals + 1 : equals;
            fault(argument, first, "no NAME=value");
            continue;
        }
        *equals = '\0';
        at = equals + 1;
        while (equals > name && is_blank(equals[-1]))
            *--equals = '\0';
        at += strspn(at, " \t");
        value = read_value(&at, &line);
        if (!is_name(name))
            fault(argument, first, "not a name before the \"=\"");
        else if (!value)
            fault(argument, first, "a quote is not closed");
        else
            entry(argument, name, value);
    }
}
