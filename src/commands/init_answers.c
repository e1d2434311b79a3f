#include "build.h"

#include "commands/init_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assignments.h"
#include "support/config.h"

enum { NAME_SIZE = 128 };

static void forget(struct settings_edit_line *line)
{
    if (line->value)
        explicit_bzero((char *)(uintptr_t)line->value, strlen(line->value));
    free((char *)(uintptr_t)line->value);
    free((char *)(uintptr_t)line->name);
    *line = (struct settings_edit_line){NULL, NULL};
}

void init_answers_set(struct init_answers *answers, const char *name, const char *value)
{
    size_t i;

    for (i = 0; i < answers->count && strcmp(answers->lines[i].name, name) != 0; i++)
        ;
    if (i == INIT_ANSWERS_LIMIT) {
        answers->no_memory = true;
        return;
    }
    if (i < answers->count)
        forget(&answers->lines[i]);
    else
        answers->count++;
    answers->lines[i] = (struct settings_edit_line){strdup(name), value ? strdup(value) : NULL};
    if (!answers->lines[i].name || (value && !answers->lines[i].value)) {
        answers->no_memory = true;
        forget(&answers->lines[i]);
        answers->lines[i] = answers->lines[--answers->count];
    }
}

const char *init_answers_get(const struct init_answers *answers, const char *name)
{
    size_t i;

    for (i = 0; i < answers->count; i++)
        if (strcmp(answers->lines[i].name, name) == 0)
            return answers->lines[i].value;
    return NULL;
}

/* Where the lines go, and whether all of them were some. */
struct reading {
    struct init_answers *answers;
    const char *path;
    bool whole;
};

static void take(void *argument, const char *name, const char *value)
{
    struct reading *reading = argument;

    init_answers_set(reading->answers, name, value);
}

static void refuse(void *argument, unsigned line, const char *what)
{
    struct reading *reading = argument;

    fprintf(stderr, "twilio-autojoin: %s: line %u: %s\n", reading->path, line, what);
    reading->whole = false;
}

static void pass_over(void *argument, unsigned line, const char *what)
{
    (void)argument;
    (void)line;
    (void)what;
}

void init_answers_look(struct init_answers *answers, const char *path)
{
    struct reading reading = {answers, path, true};
    struct buffer content;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    if (settings_file_read(path, &content) == SETTINGS_FILE_OK)
        assignments_parse(content.data, take, pass_over, &reading);
    buffer_free(&content);
}

/* Its NAME_FILE, if it is a secret that may stand in a file of its own. */
static void name_file(char *other, size_t size, const char *name)
{
    snprintf(other, size, "%s_FILE", name);
}

bool init_answers_has(const struct init_answers *answers, const char *name)
{
    const char *value = init_answers_get(answers, name);
    char other[NAME_SIZE];

    name_file(other, sizeof other, name);
    if (!value || !*value)
        value = init_answers_get(answers, other);
    return value && *value;
}

void init_answers_replace(struct init_answers *answers, const struct init_answers *file)
{
    size_t i, count = answers->count;

    for (i = 0; i < count; i++) {
        const char *name = answers->lines[i].name;
        size_t length = strlen(name);
        char other[NAME_SIZE];

        if (length > 5 && length < sizeof other && strcmp(name + length - 5, "_FILE") == 0)
            snprintf(other, sizeof other, "%.*s", (int)(length - 5), name);
        else
            name_file(other, sizeof other, name);
        if (init_answers_get(file, other) && !init_answers_get(answers, other))
            init_answers_set(answers, other, NULL);
    }
}

bool init_answers_read(struct init_answers *answers, const char *path)
{
    struct reading reading = {answers, path, true};
    struct buffer content;
    enum settings_file_status status;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    status = settings_file_read(path, &content);
    if (status == SETTINGS_FILE_OK)
        assignments_parse(content.data, take, refuse, &reading);
    else
        fprintf(stderr, "twilio-autojoin: %s %s\n", path, settings_file_describe(status));
    buffer_free(&content);
    return status == SETTINGS_FILE_OK && reading.whole && !answers->no_memory;
}

bool init_answers_export(const struct init_answers *answers)
{
    size_t i;

    for (i = 0; i < answers->count; i++)
        if ((answers->lines[i].value ? setenv(answers->lines[i].name, answers->lines[i].value, 1)
                                     : unsetenv(answers->lines[i].name)) != 0)
            return false;
    return true;
}

void init_answers_judge(const char *name, const char *value, char *wrong, size_t size)
{
    struct buffer line, faults;
    struct config config;
    const char *at;
    char nothing[] = "AUTOJOIN_CONFIG=/dev/null";

    *wrong = '\0';
    if ((strncmp(name, "TWILIO_", 7) != 0 && strncmp(name, "AUTOJOIN_", 9) != 0) || strcmp(name, "AUTOJOIN_CONFIG") == 0) {
        snprintf(wrong, size, " no such setting");
        return;
    }
    buffer_init_secret(&line, SETTINGS_FILE_LIMIT);
    buffer_init(&faults, 16 * 1024);
    buffer_append_format(&line, "%s=%s", name, value);
    if (buffer_status(&line) == BUFFER_OK) {
        char *environment[] = {nothing, line.data, NULL};

        config_load(&config, environment, &faults);
        config_free(&config);
    }
    for (at = buffer_string(&faults); *at; at += strcspn(at, "\n") + 1) {
        size_t length = strcspn(at, "\n"), name_length = strlen(name);

        if (strncmp(at, name, name_length) == 0 && at[name_length] == ':') {
            snprintf(wrong, size, "%.*s", (int)(length - name_length - 1), at + name_length + 1);
            break;
        }
        if (!at[length])
            break;
    }
    buffer_free(&faults);
    buffer_free(&line);
}

void init_answers_free(struct init_answers *answers)
{
    while (answers->count > 0)
        forget(&answers->lines[--answers->count]);
}
