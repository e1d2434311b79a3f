/*
 * A growing byte buffer that cannot outgrow its ceiling.
 *
 * A failed append is remembered: the buffer stays as it was, later appends do
 * nothing, and the caller asks once, at the end, whether all went in. The
 * bytes are always followed by a NUL that is not counted.
 */
#ifndef AUTOJOIN_SUPPORT_BUFFER_H
#define AUTOJOIN_SUPPORT_BUFFER_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

enum buffer_status {
    BUFFER_OK,
    BUFFER_TOO_LARGE, /* the ceiling was met */
    BUFFER_NO_MEMORY
};

struct buffer {
    char *data; /* never NULL once something was appended; owned */
    size_t length;
    size_t capacity;
    size_t ceiling;
    enum buffer_status status;
    bool secret; /* wipe before memory is given back */
};

/* Makes an empty buffer of at most `ceiling` bytes. Allocates nothing. */
void buffer_init(struct buffer *buffer, size_t ceiling);

/* The same for a secret: its memory is wiped whenever it is given back. */
void buffer_init_secret(struct buffer *buffer, size_t ceiling);

/* Appends bytes, a string, one character, or printf text. */
void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_append_string(struct buffer *buffer, const char *string);
void buffer_append_char(struct buffer *buffer, char character);
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_append_valist(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Reserves room for `length` more bytes without changing what is in it. */
void buffer_reserve(struct buffer *buffer, size_t length);

/* BUFFER_OK if every append since the last clear went in whole. */
enum buffer_status buffer_status(const struct buffer *buffer)
    __attribute__((warn_unused_result));

/* The bytes as a NUL-terminated string; "" if nothing was ever appended. */
const char *buffer_string(const struct buffer *buffer);

/* Hands the bytes to the caller, who frees them; NULL if an append failed.
 * The buffer is empty afterwards and can be used again. */
char *buffer_take(struct buffer *buffer);

/* Empties the buffer and forgets a failure; keeps its memory for reuse. */
void buffer_clear(struct buffer *buffer);

/* Frees the memory. The buffer can be used again. */
void buffer_free(struct buffer *buffer);

/* Writes the whole buffer to a blocking descriptor, whatever write(2) takes at once. False, with errno set, if
 * it cannot be. */
bool buffer_write_all(int descriptor, const struct buffer *buffer);

#endif
