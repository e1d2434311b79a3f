#include "build.h"

#include "commands/webhook_body.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/percent.h"
#include "webhook/cloud_event.h"

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

/* Its data: every parameter but EventType, which is the envelope's. False if one is no NAME=VALUE, or no text. */
static bool fill_data(json_t *data, char *const *arguments, size_t count, const char **event)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *equals = strchr(arguments[i], '=');

        if (!equals) {
            fprintf(stderr, "twilio-autojoin: %s: not NAME=VALUE\n", arguments[i]);
            return false;
        }
        if (strncmp(arguments[i], "EventType=", 10) == 0) {
            *event = equals + 1;
        } else if (json_object_setn_new(data, arguments[i], (size_t)(equals - arguments[i]),
                                        json_string(equals + 1)) != 0) {
            fprintf(stderr, "twilio-autojoin: %s: not UTF-8\n", arguments[i]);
            return false;
        }
    }
    return true;
}

bool webhook_body_make_event(struct buffer *body, char *const *arguments, size_t count)
{
    json_t *data = json_object();
    const char *event = "", *type;
    char time[CLOCK_TEXT_SIZE];
    char *text;

    if (!fill_data(data, arguments, count, &event)) {
        json_decref(data);
        return false;
    }
    type = cloud_event_type(event);
    if (!type) {
        fprintf(stderr, "twilio-autojoin: Event Streams has no such EventType: %s\n", *event ? event : "none");
        json_decref(data);
        return false;
    }
    clock_format(clock_wall_ms(), time);
    data = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "specversion", "1.0", "type", type, "source",
                     "twilio-autojoin sign", "id", time, "datacontenttype", "application/json", "time", time,
                     "data", data);
    text = json_dumps(data, JSON_COMPACT);
    buffer_append_string(body, text ? text : "");
    free(text);
    json_decref(data);
    if (text && buffer_status(body) == BUFFER_OK)
        return true;
    fputs("twilio-autojoin: out of memory, or the event is too large\n", stderr);
    return false;
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
