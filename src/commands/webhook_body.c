#include "build.h"

#include "commands/webhook_body.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/percent.h"

bool webhook_body_read(struct buffer *body, int descriptor)
{
    char part[16 * 1024];

    for (;;) {
        ssize_t count = read(descriptor, part, sizeof part);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            buffer_reserve(body, 0);
            return count == 0 && buffer_status(body) == BUFFER_OK;
        }
        buffer_append(body, part, (size_t)count);
        if (buffer_status(body) != BUFFER_OK)
            return false;
    }
}

static void encode(struct buffer *body, const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        if (text[i] == ' ')
            buffer_append_char(body, '+');
        else
            percent_encode(body, text + i, 1);
    }
}

static bool append_parameter(struct buffer *body, const char *argument)
{
    const char *equals = strchr(argument, '=');

    if (!equals) {
        fprintf(stderr, "twilio-autojoin: %s: not NAME=VALUE\n", argument);
        return false;
    }
    if (body->length > 0)
        buffer_append_char(body, '&');
    encode(body, argument, (size_t)(equals - argument));
    buffer_append_char(body, '=');
    encode(body, equals + 1, strlen(equals + 1));
    return true;
}

bool webhook_body_make(struct buffer *body, const char *given, char *const *arguments, size_t count)
{
    size_t i;

    if (given && strcmp(given, "-") == 0) {
        errno = 0;
        if (!webhook_body_read(body, STDIN_FILENO)) {
            fprintf(stderr, "twilio-autojoin: standard input: %s\n",
                    errno ? strerror(errno) : "too large for a webhook");
            return false;
        }
        return true;
    }
    if (given)
        buffer_append_string(body, given);
    for (i = 0; !given && i < count; i++)
        if (!append_parameter(body, arguments[i]))
            return false;
    buffer_reserve(body, 0);
    if (buffer_status(body) == BUFFER_OK)
        return true;
    fputs("twilio-autojoin: the body is too large for a webhook\n", stderr);
    return false;
}
