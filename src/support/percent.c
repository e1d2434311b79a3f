#include "build.h"

#include "support/percent.h"

#include <stdbool.h>
#include <string.h>

#include "support/hexdigit.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

void percent_encode(struct buffer *out, const char *bytes, size_t length)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (is_unreserved(c)) {
            buffer_append(out, &bytes[i], 1);
        } else {
            char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

            buffer_append(out, escape, sizeof escape);
        }
    }
}

void percent_encode_pair(struct buffer *out, const char *name, const char *value)
{
    if (out->length > 0)
        buffer_append_char(out, '&');
    percent_encode(out, name, strlen(name));
    buffer_append_char(out, '=');
    percent_encode(out, value, strlen(value));
}

size_t percent_decode_form(char *bytes, size_t length)
{
    size_t from, to = 0;

    for (from = 0; from < length; from++) {
        char c = bytes[from];

        if (c == '+') {
            c = ' ';
        } else if (c == '%' && length - from > 2) {
            int high = hexdigit_value(bytes[from + 1]);
            int low = hexdigit_value(bytes[from + 2]);

            if (high >= 0 && low >= 0) {
                c = (char)(high * 16 + low);
                from += 2;
            }
        }
        bytes[to++] = c;
    }
    return to;
}
