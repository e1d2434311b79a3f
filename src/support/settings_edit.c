#include "build.h"

#include "support/settings_edit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/assignments.h"
#include "support/file_replace.h"

static bool has_control(const char *value)
{
    for (; *value; value++)
        if ((unsigned char)*value < ' ' || *value == 0x7f)
            return true;
    return false;
}

/* Finds the name's first line. Reading takes a content apart, so it is a copy that is read. */
static bool find_line(const struct buffer *content, const char *name, size_t *begin, size_t *end)
{
    struct buffer copy;
    bool found;

    buffer_init_secret(&copy, SETTINGS_FILE_LIMIT + 1);
    buffer_append(&copy, buffer_string(content), content->length);
    buffer_reserve(&copy, 0);
    found = buffer_status(&copy) == BUFFER_OK && assignments_find(copy.data, name, begin, end);
    buffer_free(&copy);
    return found;
}

/* Puts the line in the place of what lies between the two. */
static void replace(struct buffer *content, size_t begin, size_t end, const struct settings_edit_line *line)
{
    struct buffer edited;

    buffer_init_secret(&edited, SETTINGS_FILE_LIMIT);
    buffer_append(&edited, buffer_string(content), begin);
    if (begin > 0 && edited.length > 0 && edited.data[begin - 1] != '\n')
        buffer_append_char(&edited, '\n');
    if (line->value)
        assignments_append(&edited, line->name, line->value);
    buffer_append(&edited, buffer_string(content) + end, content->length - end);
    buffer_reserve(&edited, 0); /* nothing at all is an empty string */
    if (buffer_status(&edited) != BUFFER_OK) {
        content->status = buffer_status(&edited);
        buffer_free(&edited);
    } else {
        buffer_free(content);
        *content = edited;
    }
}

/* The line where the name stands first; those behind it, which would count instead, go. */
static void put_line(struct buffer *content, const struct settings_edit_line *line)
{
    const struct settings_edit_line gone = {line->name, NULL};
    size_t begin, end, first = 0;
    bool found = false;

    while (content->status == BUFFER_OK && find_line(content, line->name, &begin, &end)) {
        first = found ? first : begin;
        found = true;
        replace(content, begin, end, &gone);
    }
    if (!found)
        first = content->length;
    if (line->value)
        replace(content, first, first, line);
}

static enum settings_edit_status write_lines(const char *path, struct buffer *content,
                                             const struct settings_edit_line *lines, size_t count,
                                             const struct settings_edit_owner *owner)
{
    size_t i;

    for (i = 0; i < count; i++)
        put_line(content, &lines[i]);
    if (content->status == BUFFER_TOO_LARGE)
        return SETTINGS_EDIT_TOO_LARGE;
    if (content->status != BUFFER_OK)
        return SETTINGS_EDIT_NO_MEMORY;
    return file_replace(path, content, owner->user, owner->group, owner->mode) ? SETTINGS_EDIT_OK : SETTINGS_EDIT_UNWRITABLE;
}

enum settings_edit_status settings_edit(const char *path, const struct settings_edit_line *lines, size_t count,
                                        const struct settings_edit_owner *owner,
                                        enum settings_file_status *read)
{
    struct buffer content;
    struct settings_edit_owner kept = {0};
    enum settings_edit_status status = SETTINGS_EDIT_OK;
    enum settings_file_status found;
    struct stat now;
    char *real = realpath(path, NULL);
    size_t i;

    for (i = 0; i < count; i++)
        if (lines[i].value && has_control(lines[i].value))
            status = SETTINGS_EDIT_BAD_VALUE;
    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    found = settings_file_read(path, &content);
    if (read)
        *read = found;
    if (status == SETTINGS_EDIT_OK && found != SETTINGS_FILE_OK && (found != SETTINGS_FILE_MISSING || !owner))
        status = SETTINGS_EDIT_UNREADABLE;
    if (status == SETTINGS_EDIT_OK && found == SETTINGS_FILE_OK) {
        if (real && stat(real, &now) == 0 && S_ISREG(now.st_mode))
            kept = (struct settings_edit_owner){now.st_uid, now.st_gid, now.st_mode & 07777};
        else
            status = SETTINGS_EDIT_UNWRITABLE;
        owner = &kept;
    }
    if (status == SETTINGS_EDIT_OK)
        status = write_lines(real ? real : path, &content, lines, count, owner);
    buffer_free(&content);
    free(real);
    return status;
}

const char *settings_edit_describe(enum settings_edit_status status, enum settings_file_status read)
{
    switch (status) {
    case SETTINGS_EDIT_OK:
        return "was written";
    case SETTINGS_EDIT_UNREADABLE:
        return settings_file_describe(read);
    case SETTINGS_EDIT_UNWRITABLE:
        return strerror(errno);
    case SETTINGS_EDIT_TOO_LARGE:
        return "would be larger than 64 KiB";
    case SETTINGS_EDIT_BAD_VALUE:
        return "a value holds a control character";
    case SETTINGS_EDIT_NO_MEMORY:
        break;
    }
    return "out of memory";
}
