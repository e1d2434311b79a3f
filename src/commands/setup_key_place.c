#include "build.h"

#include "commands/setup_key_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/assignments.h"
#include "support/settings_edit.h"
#include "support/settings_file.h"

#define NAME "AUTOJOIN_SHARED_KEYS"

static void take_entry(void *argument, const char *name, const char *value)
{
    struct setup_key_place *place = argument;

    if (strcmp(name, NAME "_FILE") != 0 || *value == '\0')
        return;
    place->lines = true;
    snprintf(place->path, sizeof place->path, "%s", value);
}

/* config_load() has told of such a line. */
static void ignore_fault(void *argument, unsigned line, const char *what)
{
    (void)argument;
    (void)line;
    (void)what;
}

const char *setup_key_place_find(struct setup_key_place *place, const struct config *config,
                                 const char *environment, const char *environment_file)
{
    struct buffer content;

    *place = (struct setup_key_place){.lines = false};
    if (environment && *environment)
        return NAME " is set in the environment, which beats the settings file: put it there";
    if (environment_file && *environment_file) {
        place->lines = true;
        snprintf(place->path, sizeof place->path, "%s", environment_file);
        return NULL;
    }
    if (!config->path)
        return "the settings come from the environment alone: there is no file to write the key to";
    snprintf(place->path, sizeof place->path, "%s", config->path);
    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    if (settings_file_read(config->path, &content) == SETTINGS_FILE_OK)
        assignments_parse(content.data, take_entry, ignore_fault, place);
    buffer_free(&content);
    return NULL;
}

/* What a setting can hold: printable bytes, and no comma where commas part the pairs. */
static bool is_fit(const char *text, const char *but)
{
    const unsigned char *at;

    for (at = (const unsigned char *)text; *at; at++)
        if (*at <= ' ' || *at >= 0x7f || strchr(but, *at))
            return false;
    return *text != '\0';
}

/* In a file of keys nothing is quoted: the line must be the pair itself. */
static bool is_bare(const char *id, const char *secret)
{
    struct buffer line, pair;
    bool same;

    buffer_init_secret(&line, SETTINGS_FILE_LIMIT);
    buffer_init_secret(&pair, SETTINGS_FILE_LIMIT);
    assignments_append(&line, id, secret);
    buffer_append_format(&pair, "%s=%s\n", id, secret);
    same = buffer_status(&pair) == BUFFER_OK && strcmp(buffer_string(&line), buffer_string(&pair)) == 0;
    buffer_free(&line);
    buffer_free(&pair);
    return same;
}

/* The settings' keys in one value, without `but`, and with the pair. */
static void append_keys(struct buffer *value, const struct config *config, const char *but, const char *id,
                        const char *secret)
{
    const struct setting_shared_keys *keys = &config->shared_keys;
    size_t i;

    for (i = 0; i < keys->count; i++)
        if (!but || strcmp(keys->ids[i], but) != 0)
            buffer_append_format(value, "%s%s=%s", value->length ? "," : "", keys->ids[i], keys->secrets[i]);
    if (id)
        buffer_append_format(value, "%s%s=%s", value->length ? "," : "", id, secret);
}

static const char *write_line(const struct setup_key_place *place, const char *name, const char *value)
{
    const struct settings_edit_line line = {name, value};
    enum settings_file_status read = SETTINGS_FILE_OK;
    enum settings_edit_status status;
    struct stat now;

    if (stat(place->path, &now) == 0 && geteuid() != 0 && now.st_uid != geteuid())
        return "the file is somebody else's, and would become ours: do this as its owner, or as root";
    status = settings_edit(place->path, &line, 1, NULL, &read);
    return status == SETTINGS_EDIT_OK ? NULL : settings_edit_describe(status, read);
}

const char *setup_key_place_add(const struct setup_key_place *place, const struct config *config, const char *id,
                                const char *secret)
{
    struct buffer value;
    const char *wrong;

    if (!is_fit(id, "=,") || !is_fit(secret, place->lines ? "" : ",") || (place->lines && !is_bare(id, secret)))
        return "Twilio's key has characters that no setting can hold";
    if (config->shared_keys.count >= SETTING_SHARED_KEYS_LIMIT)
        return NAME " has 8 keys already: take out those that sign no more";
    if (place->lines)
        return write_line(place, id, secret);
    buffer_init_secret(&value, SETTINGS_FILE_LIMIT);
    append_keys(&value, config, NULL, id, secret);
    wrong = write_line(place, NAME, buffer_string(&value));
    buffer_free(&value);
    return wrong;
}

const char *setup_key_place_remove(const struct setup_key_place *place, const struct config *config,
                                   const char *id)
{
    const struct setting_shared_keys *keys = &config->shared_keys;
    struct buffer value;
    const char *wrong;

    if (place->lines && keys->count == 1 && strcmp(keys->ids[0], id) == 0)
        return "it is the only one in its file, and an empty one is a fault: take " NAME "_FILE out by hand";
    if (place->lines)
        return write_line(place, id, NULL);
    buffer_init_secret(&value, SETTINGS_FILE_LIMIT);
    append_keys(&value, config, id, NULL, NULL);
    wrong = write_line(place, NAME, value.length ? buffer_string(&value) : NULL);
    buffer_free(&value);
    return wrong;
}
