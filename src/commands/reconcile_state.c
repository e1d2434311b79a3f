#include "build.h"

#include "commands/reconcile_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/assignments.h"
#include "support/buffer.h"
#include "support/settings_file.h"
#include "twilio/resources.h"

enum { PATH_LIMIT = 4096 };

/* In a directory that others can write to a link may stand there: what is there is removed, never
 * followed. */
static int create_draft(const char *draft)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = open(draft, flags, 0600);

    if (descriptor < 0 && errno == EEXIST && unlink(draft) == 0)
        descriptor = open(draft, flags, 0600);
    return descriptor;
}

static bool write_draft(const char *draft, const struct buffer *text)
{
    int descriptor = create_draft(draft);
    bool written;

    if (descriptor < 0)
        return false;
    written = buffer_write_all(descriptor, text);
    return close(descriptor) == 0 && written;
}

bool reconcile_state_write(const char *path, const char *query, const char *page)
{
    char draft[PATH_LIMIT];
    struct buffer text;
    int length = snprintf(draft, sizeof draft, "%s.new", path);
    bool written;

    if (length < 0 || (size_t)length >= sizeof draft)
        return false;
    buffer_init(&text, SETTINGS_FILE_LIMIT);
    buffer_append_format(&text, "query='%s'\npage='%s'\n", query, page);
    written = buffer_status(&text) == BUFFER_OK && write_draft(draft, &text) && rename(draft, path) == 0;
    buffer_free(&text);
    return written;
}

struct reading {
    const char *query;
    char *page;
    size_t size;
    bool same_query;
    bool found;
};

static void take_entry(void *argument, const char *name, const char *value)
{
    struct reading *reading = argument;

    if (strcmp(name, "query") == 0)
        reading->same_query = strcmp(value, reading->query) == 0;
    if (strcmp(name, "page") == 0 && reading->same_query && resources_is_target(value) &&
        strlen(value) < reading->size) {
        memcpy(reading->page, value, strlen(value) + 1);
        reading->found = true;
    }
}

static void take_fault(void *argument, unsigned line, const char *what)
{
    (void)argument;
    (void)line;
    (void)what;
}

bool reconcile_state_read(const char *path, const char *query, char *page, size_t size)
{
    struct reading reading = {.query = query, .page = page, .size = size};
    struct buffer content;

    buffer_init(&content, SETTINGS_FILE_LIMIT);
    if (settings_file_read(path, &content) == SETTINGS_FILE_OK)
        assignments_parse(content.data, take_entry, take_fault, &reading);
    buffer_free(&content);
    return reading.found;
}
