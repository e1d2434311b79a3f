#include "build.h"

#include "commands/shellword.h"

#include <string.h>

static bool is_safe(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-./:@%+,=";

    return *text && text[strspn(text, safe)] == '\0';
}

static void append_quoted(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    buffer_append_char(out, '\'');
    for (i = 0; i < length; i++) {
        if (bytes[i] == '\'')
            buffer_append_string(out, "'\\''");
        else
            buffer_append_char(out, bytes[i]);
    }
    buffer_append_char(out, '\'');
}

void shellword_append(struct buffer *out, const char *text)
{
    if (is_safe(text))
        buffer_append_string(out, text);
    else
        append_quoted(out, text, strlen(text));
}

bool shellword_is_plain(const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (bytes[i] < ' ' || bytes[i] >= 0x7f)
            return false;
    return true;
}

void shellword_append_printf(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    if (shellword_is_plain(bytes, length)) {
        buffer_append_string(out, "printf %s ");
        append_quoted(out, bytes, length);
        return;
    }
    /* Octal escapes are the ones that every printf(1) knows (POSIX, printf). */
    buffer_append_string(out, "printf '");
    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        /* A format that begins with "-" would be an option. */
        if (c < ' ' || c >= 0x7f || strchr("\\'", c) || (c == '-' && i == 0))
            buffer_append_format(out, "\\%03o", (unsigned)c);
        else if (c == '%')
            buffer_append_string(out, "%%");
        else
            buffer_append_char(out, (char)c);
    }
    buffer_append_char(out, '\'');
}
