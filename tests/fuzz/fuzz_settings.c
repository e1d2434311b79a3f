/*
 * support/assignments and support/config: any bytes as a settings file. What was read, written
 * back quoted and read again is the same; faults never show a value; sound settings are in their
 * limits.
 */
#include "build.h"

#include "property.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/assignments.h"
#include "support/config.h"
#include "support/settings_file.h"
#include "support/sid.h"

/* Of an entry whose value holds this, the fault must not. */
static const char marker[] = "s3cr3t";

struct reading {
    struct buffer names, values; /* all of them, NUL-ended each */
    struct buffer written;
    unsigned entries, faults;
    bool marked_elsewhere; /* the marker stands where faults may show it */
};

static void take_entry(void *argument, const char *name, const char *value)
{
    struct reading *reading = argument;
    const char *at;

    reading->entries++;
    reading->marked_elsewhere = reading->marked_elsewhere || strstr(name, marker);
    buffer_append(&reading->names, name, strlen(name) + 1);
    buffer_append(&reading->values, value, strlen(value) + 1);
    buffer_append_format(&reading->written, "%s=\"", name);
    for (at = value; *at; at++) {
        if (strchr("\"\\`$", *at))
            buffer_append_char(&reading->written, '\\');
        buffer_append_char(&reading->written, *at);
    }
    buffer_append_string(&reading->written, "\"\n");
}

static void take_fault(void *argument, unsigned line, const char *what)
{
    struct reading *reading = argument;

    PROPERTY(line > 0 && *what, "a fault has a line and a text");
    reading->faults++;
}

static void read_text(struct reading *reading, const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (!copy)
        abort();
    memcpy(copy, text, length);
    copy[length] = '\0';
    *reading = (struct reading){0};
    buffer_init(&reading->names, 1 << 20);
    buffer_init(&reading->values, 1 << 20);
    buffer_init(&reading->written, 1 << 20);
    assignments_parse(copy, take_entry, take_fault, reading);
    PROPERTY(buffer_status(&reading->written) == BUFFER_OK, "it can be written");
    free(copy);
}

static void forget(struct reading *reading)
{
    buffer_free(&reading->names);
    buffer_free(&reading->values);
    buffer_free(&reading->written);
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static bool round_trip(const char *text, size_t length)
{
    struct reading first, second;
    bool marked;

    read_text(&first, text, length);
    read_text(&second, buffer_string(&first.written), first.written.length);
    PROPERTY(second.faults == 0 && second.entries == first.entries, "written back it is sound");
    PROPERTY(is_same(&first.names, &second.names) && is_same(&first.values, &second.values),
             "written back it is the same");
    marked = first.marked_elsewhere;
    forget(&first);
    forget(&second);
    return marked;
}

static void assert_sound(const struct config *config)
{
    PROPERTY(config->account_sid && sid_valid(config->account_sid, strlen(config->account_sid), "AC"),
             "an account");
    PROPERTY(config->auth_token && *config->auth_token && config->identity && *config->identity,
             "a token and an identity");
    PROPERTY(config->deadline_ms >= 500 && config->deadline_ms <= 4500, "a deadline in its limits");
    PROPERTY(config->max_body >= 1024 && config->max_body <= 65536, "a body limit");
    PROPERTY(config->max_pending >= 1, "joins at once");
    PROPERTY(!config->chat_service_sid ||
                 sid_valid(config->chat_service_sid, strlen(config->chat_service_sid), "IS"),
             "a service");
    PROPERTY(!config->api_key == !config->api_secret, "key and secret go together");
}

static void load(const char *text, size_t length, bool marked_elsewhere)
{
    char path[64], variable[96], *environment[] = {variable, NULL};
    struct config config;
    struct buffer faults;
    int file = memfd_create("settings", MFD_CLOEXEC);

    if (file < 0 || fchmod(file, 0600) != 0 || write(file, text, length) != (ssize_t)length)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    snprintf(variable, sizeof variable, "AUTOJOIN_CONFIG=%s", path);
    buffer_init(&faults, 16 * 1024);
    if (config_load(&config, environment, &faults) == CONFIG_OK)
        assert_sound(&config);
    else
        PROPERTY(faults.length == 0 || faults.data[faults.length - 1] == '\n' ||
                     buffer_status(&faults) != BUFFER_OK,
                 "a line for each fault");
    PROPERTY(marked_elsewhere || !strstr(buffer_string(&faults), marker), "no value in a fault");
    config_free(&config);
    buffer_free(&faults);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool marked_elsewhere = false;

    if (size > SETTINGS_FILE_LIMIT)
        return 0;
    /* A secret's _FILE names a path, which a fault may tell. */
    if (memmem(data, size, "_FILE", 5))
        marked_elsewhere = true;
    if (!memchr(data, 0, size))
        marked_elsewhere = round_trip((const char *)data, size) || marked_elsewhere;
    load((const char *)data, size, marked_elsewhere);
    return 0;
}
