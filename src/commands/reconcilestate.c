#include "build.h"

#include "commands/reconcilestate.h"

#include <stdio.h>
#include <string.h>

#include "support/buffer.h"
#include "support/settingsfile.h"
#include "twilio/requesttarget.h"

enum { PATH_LIMIT = 4096 };

bool reconcilestate_write(const char *path, const char *query, const char *page)
{
    char draft[PATH_LIMIT];
    FILE *file;
    int length = snprintf(draft, sizeof draft, "%s.new", path);
    bool written;

    if (length < 0 || (size_t)length >= sizeof draft)
        return false;
    file = fopen(draft, "we");
    if (!file)
        return false;
    written = fprintf(file, "query='%s'\npage='%s'\n", query, page) > 0;
    written = fclose(file) == 0 && written;
    return written && rename(draft, path) == 0;
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
    if (strcmp(name, "page") == 0 && reading->same_query && requesttarget_valid(value) &&
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

bool reconcilestate_read(const char *path, const char *query, char *page, size_t size)
{
    struct reading reading = {.query = query, .page = page, .size = size};
    struct buffer content;

    buffer_init(&content, SETTINGSFILE_LIMIT);
    if (settingsfile_read(path, &content) == SETTINGSFILE_OK)
        settingsfile_parse(content.data, take_entry, take_fault, &reading);
    buffer_free(&content);
    return reading.found;
}
