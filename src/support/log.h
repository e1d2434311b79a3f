/*
 * Log lines for operators: one line an event, logfmt or JSON, UTC.
 *
 * A line is built field by field and then has one form, whatever it holds:
 * everything that came from outside is escaped, so that no peer can forge a
 * line or move a terminal's cursor. Secrets are never given to this module.
 */
#ifndef AUTOJOIN_SUPPORT_LOG_H
#define AUTOJOIN_SUPPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

/* Where a webhook's line goes: by how the responder was started, to the web server (FCGI_STDERR), or to
 * standard error. */
enum log_to { LOG_TO_AUTO, LOG_TO_FRONT, LOG_TO_STDERR };

/* Where lines go and which lines are wanted. */
struct log {
    enum log_format format;
    enum log_level level; /* the least important that is written */
    int descriptor;
    bool priorities; /* a line begins with its syslog priority, as systemd's journal takes it (sd-daemon(3)) */
};

enum {
    LOG_LINE_LIMIT = 4000,  /* under PIPE_BUF: a line is written whole or not at all */
    LOG_FIELD_LIMIT = 1024, /* bytes of one value that are shown */
};

struct log_line {
    struct buffer text;
    enum log_format format;
    size_t begun; /* bytes before the first field */
};

/* Whether a line of that level is wanted. */
bool log_wants(const struct log *log, enum log_level level);

/* Starts a line: time, level, and `message` as field "msg". The line must be
 * given back by log_line_free(). */
void log_line_begin(struct log_line *line, const struct log *log, enum log_level level,
                    const char *message);

/* Adds a field. A NULL or empty value adds nothing. Names are ours, never from
 * outside. */
void log_line_text(struct log_line *line, const char *name, const char *value);
void log_line_bytes(struct log_line *line, const char *name, const char *value, size_t length);
void log_line_number(struct log_line *line, const char *name, int64_t value);

/* One field of a line: bytes, or a number where there are none. */
struct log_field {
    const char *name;
    const char *bytes; /* NULL: a number */
    size_t length;
    int64_t number;
};

/* Appends a whole line with those fields, in their order; one whose value is empty is left out. Borrows
 * everything. Without memory the line is shorter, or not there. */
void log_compose(struct buffer *out, const struct log *log, enum log_level level, const char *message,
                 const struct log_field *fields, size_t count);

/* Ends the line (JSON's brace, the newline). A line that did not fit its
 * ceiling keeps the fields that did. */
void log_line_end(struct log_line *line);

void log_line_free(struct log_line *line);

/* Writes a finished line to the log's descriptor. Never waits: if the reader
 * is behind, the line is dropped. */
void log_write(const struct log *log, const struct log_line *line);

/* Writes finished lines in the same way, one by one. */
void log_write_text(const struct log *log, const struct buffer *text);

/* Whether the descriptor leads to systemd's journal: `journal_stream` is the environment's JOURNAL_STREAM
 * (systemd.exec(5): DEVICE:INODE), or NULL. */
bool log_is_journal(int descriptor, const char *journal_stream);

/* Whether it is the turn of a complaint that may come often: one line a second is enough.
 * `*said_ms` is its own, 0 at first. */
bool log_in_turn(int64_t *said_ms);

/* A whole line at once: pairs of names and string values, ended by NULL. */
void log_event(const struct log *log, enum log_level level, const char *message, ...)
    __attribute__((sentinel));

/* Copies what fits; whatever is not printable ASCII becomes "?". Always ends with a NUL. */
void log_copy_printable(char *to, size_t size, const char *from);

#endif
