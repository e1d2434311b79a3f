#include "build.h"

#include "support/buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALLEST = 64 };

void buffer_init(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer){.ceiling = ceiling};
}

void buffer_init_secret(struct buffer *buffer, size_t ceiling)
{
    *buffer = (struct buffer){.ceiling = ceiling, .secret = true};
}

static void give_back(struct buffer *buffer)
{
    if (buffer->secret && buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
}

/* Secrets cannot be realloc()ed: the old block would be left unwiped. */
static char *enlarge(struct buffer *buffer, size_t capacity)
{
    char *data;

    if (!buffer->secret)
        return realloc(buffer->data, capacity);
    data = malloc(capacity);
    if (!data)
        return NULL;
    if (buffer->data)
        memcpy(data, buffer->data, buffer->length + 1);
    give_back(buffer);
    return data;
}

void buffer_reserve(struct buffer *buffer, size_t length)
{
    size_t capacity = buffer->capacity ? buffer->capacity : SMALLEST;
    char *data;

    if (buffer->status != BUFFER_OK)
        return;
    if (length > buffer->ceiling || buffer->length > buffer->ceiling - length) {
        buffer->status = BUFFER_TOO_LARGE;
        return;
    }
    if (buffer->data && buffer->length + length < buffer->capacity)
        return;
    while (capacity <= buffer->length + length)
        capacity *= 2;
    if (capacity > buffer->ceiling + 1)
        capacity = buffer->ceiling + 1;
    data = enlarge(buffer, capacity);
    if (!data) {
        buffer->status = BUFFER_NO_MEMORY;
        return;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    buffer->data[buffer->length] = '\0';
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    buffer_reserve(buffer, length);
    if (buffer->status != BUFFER_OK)
        return;
    if (length > 0)
        memcpy(buffer->data + buffer->length, bytes, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
}

void buffer_append_string(struct buffer *buffer, const char *string)
{
    buffer_append(buffer, string, strlen(string));
}

void buffer_append_char(struct buffer *buffer, char character)
{
    buffer_append(buffer, &character, 1);
}

void buffer_append_valist(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        buffer->status = BUFFER_NO_MEMORY;
        return;
    }
    buffer_reserve(buffer, (size_t)length);
    if (buffer->status != BUFFER_OK)
        return;
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    buffer->length += (size_t)length;
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_append_valist(buffer, format, arguments);
    va_end(arguments);
}

enum buffer_status buffer_status(const struct buffer *buffer)
{
    return buffer->status;
}

const char *buffer_string(const struct buffer *buffer)
{
    return buffer->data ? buffer->data : "";
}

char *buffer_take(struct buffer *buffer)
{
    char *data;

    buffer_reserve(buffer, 0);
    if (buffer->status != BUFFER_OK)
        return NULL;
    data = buffer->data;
    buffer->data = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    return data;
}

void buffer_clear(struct buffer *buffer)
{
    if (buffer->secret && buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    buffer->length = 0;
    buffer->status = BUFFER_OK;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
    give_back(buffer);
    buffer->data = NULL;
    buffer->length = 0;
    buffer->capacity = 0;
    buffer->status = BUFFER_OK;
}

bool buffer_write_all(int descriptor, const struct buffer *buffer)
{
    size_t at = 0;

    while (at < buffer->length) {
        ssize_t count = write(descriptor, buffer->data + at, buffer->length - at);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += (size_t)count;
    }
    return true;
}
