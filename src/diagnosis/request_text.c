#include "build.h"

#include "diagnosis/request_text.h"

#include <string.h>

#include "support/clock.h"

static const char heading[] =
    "# twilio-autojoin: a webhook that was refused because its signature did not match.\n"
    "# Why: twilio-autojoin explain FILE. The body is a customer's words: keep it private.\n";

static const char body_name[] = "body";

static void append_escaped(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c < ' ' || c >= 0x7f || c == '\\')
            buffer_append_format(out, "\\x%02x", (unsigned)c);
        else
            buffer_append_char(out, bytes[i]);
    }
}

static void append_line(struct buffer *out, const char *name, const char *value, size_t length)
{
    buffer_append_format(out, "%s=", name);
    append_escaped(out, value, length);
    buffer_append_char(out, '\n');
}

void request_text_write(struct buffer *out, const struct request *request, const char *body,
                        size_t body_length)
{
    char now[CLOCK_TEXT_SIZE];
    unsigned i;

    clock_format(clock_wall_ms(), now);
    buffer_append_string(out, heading);
    append_line(out, "received", now, strlen(now));
    for (i = 0; i < VARIABLE_COUNT; i++)
        if (request->values[i])
            append_line(out, request_variable_name(i), request->values[i],
                        strlen(request->values[i]));
    append_line(out, body_name, body, body_length);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *digit = c ? strchr(digits, c) : NULL;

    return digit ? (int)(digit - digits) : -1;
}

/* Takes the escapes back, in place, and ends the value with a NUL. */
static bool unescape(char *value, size_t length, size_t *unescaped)
{
    size_t from, to = 0;

    for (from = 0; from < length; from++) {
        char c = value[from];

        if (c == '\\') {
            int high = length - from > 3 ? hex_digit(value[from + 2]) : -1;
            int low = length - from > 3 ? hex_digit(value[from + 3]) : -1;

            if (high < 0 || low < 0 || value[from + 1] != 'x')
                return false;
            c = (char)(high * 16 + low);
            from += 3;
        }
        value[to++] = c;
    }
    value[to] = '\0';
    *unescaped = to;
    return true;
}

/* What a NUL in a variable would cut off was never in a request: variables are C strings. */
static void take_variable(struct request *request, const char *name, size_t name_length,
                          const char *value)
{
    unsigned i;

    for (i = 0; i < VARIABLE_COUNT; i++) {
        const char *known = request_variable_name(i);

        if (strlen(known) == name_length && memcmp(known, name, name_length) == 0) {
            request->values[i] = value;
            request->counts[i] = 1;
        }
    }
}

bool request_text_read(struct request *request, char *text, size_t length)
{
    char *at = text, *end = text + length;

    *request = (struct request){.body_state = REQUEST_BODY_WHOLE};
    while (at < end) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        char *equals = stop ? memchr(at, '=', (size_t)(stop - at)) : NULL;
        size_t value_length;

        if (!stop) /* cut short: the writer ends every line */
            return false;
        if (equals && *at != '#') {
            size_t name_length = (size_t)(equals - at);

            if (!unescape(equals + 1, (size_t)(stop - equals - 1), &value_length))
                return false;
            if (name_length == sizeof body_name - 1 && memcmp(at, body_name, name_length) == 0) {
                request->body = equals + 1;
                request->body_length = value_length;
            } else {
                take_variable(request, at, name_length, equals + 1);
            }
        }
        at = stop + 1;
    }
    return request->body != NULL;
}
