#include "build.h"

#include "support/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clock.h"

enum { IN_TURN_MS = 1000 };

bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->level;
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Bytes above 0x7f may be well-formed UTF-8 or not, and may be C1 controls: all
 * are shown as escapes, so a line is ASCII whatever a peer sends. */
static void append_escaped(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '"' || c == '\\')
            buffer_append_format(out, "\\%c", c);
        else if (is_control(c) || c >= 0x80)
            buffer_append_format(out, "\\u%04x", c);
        else
            buffer_append_char(out, (char)c);
    }
}

static bool needs_quotes(const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return true;
    }
    return length == 0;
}

static void append_name(struct log_line *line, const char *name)
{
    if (line->format == LOG_FORMAT_JSON) {
        buffer_append_string(&line->text, line->text.length > line->begun ? ",\"" : "\"");
        buffer_append_string(&line->text, name);
        buffer_append_string(&line->text, "\":");
    } else {
        if (line->text.length > line->begun)
            buffer_append_char(&line->text, ' ');
        buffer_append_string(&line->text, name);
        buffer_append_char(&line->text, '=');
    }
}

/* A field goes in whole or not at all: a half one would break the line's form. */
static void keep_or_undo(struct log_line *line, size_t length_before)
{
    if (buffer_status(&line->text) == BUFFER_OK)
        return;
    line->text.status = BUFFER_OK;
    line->text.length = length_before;
    if (line->text.data)
        line->text.data[length_before] = '\0';
}

void log_line_bytes(struct log_line *line, const char *name, const char *value, size_t length)
{
    size_t before = line->text.length;
    bool cut = length > LOG_FIELD_LIMIT;
    bool quotes;

    if (!value || length == 0)
        return;
    if (cut)
        length = LOG_FIELD_LIMIT;
    quotes = line->format == LOG_FORMAT_JSON || cut || needs_quotes(value, length);
    append_name(line, name);
    if (quotes)
        buffer_append_char(&line->text, '"');
    append_escaped(&line->text, value, length);
    if (cut)
        buffer_append_string(&line->text, "...");
    if (quotes)
        buffer_append_char(&line->text, '"');
    keep_or_undo(line, before);
}

void log_line_text(struct log_line *line, const char *name, const char *value)
{
    if (value)
        log_line_bytes(line, name, value, strlen(value));
}

void log_line_number(struct log_line *line, const char *name, int64_t value)
{
    size_t before = line->text.length;

    append_name(line, name);
    buffer_append_format(&line->text, "%lld", (long long)value);
    keep_or_undo(line, before);
}

void log_line_begin(struct log_line *line, const struct log *log, enum log_level level,
                    const char *message)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};
    char time[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), time);
    buffer_init(&line->text, LOG_LINE_LIMIT);
    line->format = log->format;
    if (log->priorities)
        buffer_append_string(&line->text, priorities[level]);
    if (line->format == LOG_FORMAT_JSON)
        buffer_append_char(&line->text, '{');
    line->begun = line->text.length;
    log_line_text(line, "time", time);
    log_line_text(line, "level", levels[level]);
    log_line_text(line, "msg", message);
}

void log_line_end(struct log_line *line)
{
    line->text.ceiling += 2; /* the end always fits */
    buffer_append_string(&line->text, line->format == LOG_FORMAT_JSON ? "}\n" : "\n");
}

void log_line_free(struct log_line *line)
{
    buffer_free(&line->text);
}

void log_compose(struct buffer *out, const struct log *log, enum log_level level, const char *message,
                 const struct log_field *fields, size_t count)
{
    struct log_line line;
    size_t i;

    log_line_begin(&line, log, level, message);
    for (i = 0; i < count; i++) {
        if (fields[i].bytes)
            log_line_bytes(&line, fields[i].name, fields[i].bytes, fields[i].length);
        else
            log_line_number(&line, fields[i].name, fields[i].number);
    }
    log_line_end(&line);
    buffer_append(out, line.text.data, line.text.length);
    log_line_free(&line);
}

/* Less than PIPE_BUF goes into a pipe that is ready; a socket, as the journal's, may be ready for less. */
static void write_line(int descriptor, const char *line, size_t length)
{
    struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
    ssize_t written;

    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
        return;
    do {
        written = send(descriptor, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0 && errno == ENOTSOCK)
            written = write(descriptor, line, length);
    } while (written < 0 && errno == EINTR);
}

void log_write_text(const struct log *log, const struct buffer *text)
{
    size_t at = 0;

    while (at < text->length) {
        const char *line = text->data + at, *end = memchr(line, '\n', text->length - at);
        size_t length = end ? (size_t)(end - line) + 1 : text->length - at;

        write_line(log->descriptor, line, length);
        at += length;
    }
}

void log_write(const struct log *log, const struct log_line *line)
{
    log_write_text(log, &line->text);
}

bool log_is_journal(int descriptor, const char *journal_stream)
{
    unsigned long long device, inode;
    struct stat status;
    char *end;

    if (!journal_stream || *journal_stream < '0' || *journal_stream > '9')
        return false;
    device = strtoull(journal_stream, &end, 10);
    if (*end != ':' || end[1] < '0' || end[1] > '9')
        return false;
    inode = strtoull(end + 1, &end, 10);
    return *end == '\0' && fstat(descriptor, &status) == 0 && status.st_dev == device &&
           status.st_ino == inode;
}

bool log_in_turn(int64_t *said_ms)
{
    int64_t now = clock_monotonic_ms();

    if (*said_ms != 0 && now - *said_ms < IN_TURN_MS)
        return false;
    *said_ms = now;
    return true;
}

void log_event(const struct log *log, enum log_level level, const char *message, ...)
{
    struct log_line line;
    const char *name;
    va_list fields;

    if (!log_wants(log, level))
        return;
    log_line_begin(&line, log, level, message);
    va_start(fields, message);
    while ((name = va_arg(fields, const char *)) != NULL)
        log_line_text(&line, name, va_arg(fields, const char *));
    va_end(fields);
    log_line_end(&line);
    log_write(log, &line);
    log_line_free(&line);
}

static bool is_printable(char c)
{
    return c >= ' ' && c < 0x7f;
}

void log_copy_printable(char *to, size_t size, const char *from)
{
    size_t i;

    for (i = 0; from[i] && i + 1 < size; i++)
        to[i] = from[i];
    to[i] = '\0';
    for (i = 0; to[i]; i++)
        if (!is_printable(to[i]))
            to[i] = '?';
}
