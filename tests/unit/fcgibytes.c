#include "build.h"

#include "fcgibytes.h"

#include <string.h>

void fcgibytes_record(struct buffer *out, unsigned type, unsigned id, const void *content,
                      size_t length, unsigned padding)
{
    unsigned i;

    buffer_append_char(out, 1);
    buffer_append_char(out, (char)type);
    buffer_append_char(out, (char)(id >> 8));
    buffer_append_char(out, (char)id);
    buffer_append_char(out, (char)(length >> 8));
    buffer_append_char(out, (char)length);
    buffer_append_char(out, (char)padding);
    buffer_append_char(out, 0);
    buffer_append(out, content, length);
    for (i = 0; i < padding; i++)
        buffer_append_char(out, 'P');
}

void fcgibytes_begin(struct buffer *out, unsigned id, unsigned role, unsigned flags)
{
    const char content[8] = {(char)(role >> 8), (char)role, (char)flags};

    fcgibytes_record(out, FCGI_BEGIN, id, content, sizeof content, 0);
}

static void append_length(struct buffer *pairs, size_t length)
{
    if (length >= 128) {
        buffer_append_char(pairs, (char)(length >> 24 | 0x80));
        buffer_append_char(pairs, (char)(length >> 16));
        buffer_append_char(pairs, (char)(length >> 8));
    }
    buffer_append_char(pairs, (char)length);
}

void fcgibytes_pair(struct buffer *pairs, const char *name, const char *value)
{
    append_length(pairs, strlen(name));
    append_length(pairs, strlen(value));
    buffer_append_string(pairs, name);
    buffer_append_string(pairs, value);
}

/* In records of at most 32 KiB, each of which holds something. */
static void append_stream(struct buffer *out, unsigned type, unsigned id, const char *bytes,
                          size_t length)
{
    size_t at = 0;

    while (at < length) {
        size_t part = length - at < 32768 ? length - at : 32768;

        fcgibytes_record(out, type, id, bytes + at, part, (unsigned)(-part & 7));
        at += part;
    }
    fcgibytes_record(out, type, id, "", 0, 0);
}

void fcgibytes_request(struct buffer *out, unsigned id, unsigned flags,
    const char *const *variables,
                       const char *body, size_t length)
{
    struct buffer pairs;

    buffer_init(&pairs, 256 * 1024);
    for (; *variables; variables++) {
        char name[64];
        size_t name_length = strcspn(*variables, "=");

        memcpy(name, *variables, name_length);
        name[name_length] = '\0';
        fcgibytes_pair(&pairs, name, *variables + name_length + 1);
    }
    fcgibytes_begin(out, id, 1, flags);
    append_stream(out, FCGI_PARAMETERS, id, buffer_string(&pairs), pairs.length);
    append_stream(out, FCGI_INPUT, id, body, length);
    buffer_free(&pairs);
}

static bool take_content(struct fcgireply *reply, unsigned type, const unsigned char *content,
                         size_t length)
{
    switch (type) {
    case FCGI_OUTPUT:
        if (reply->output_closed)
            return false;
        reply->output_closed = length == 0;
        buffer_append(&reply->output, content, length);
        return true;
    case FCGI_ERRORS:
        buffer_append(&reply->errors, content, length);
        return true;
    case FCGI_END:
        if (length != 8)
            return false;
        reply->application_status = (unsigned long)content[0] << 24 |
                                    (unsigned long)content[1] << 16 |
                                    (unsigned long)content[2] << 8 | content[3];
        reply->protocol_status = content[4];
        reply->ended = true;
        return true;
    default:
        return false;
    }
}

bool fcgireply_read(struct fcgireply *reply, const char *bytes, size_t length, unsigned id)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t left = length;

    *reply = (struct fcgireply){.length = 0};
    buffer_init(&reply->output, 1024 * 1024);
    buffer_init(&reply->errors, 1024 * 1024);
    while (!reply->ended) {
        size_t content, whole;

        if (left < 8)
            return false;
        content = (size_t)at[4] << 8 | at[5];
        whole = 8 + content + at[6];
        if (at[0] != 1 || (unsigned)(at[2] << 8 | at[3]) != id || left < whole ||
            !take_content(reply, at[1], at + 8, content))
            return false;
        at += whole;
        left -= whole;
        reply->length += whole;
    }
    return true;
}

void fcgireply_free(struct fcgireply *reply)
{
    buffer_free(&reply->output);
    buffer_free(&reply->errors);
}
