#include "build.h"

#include "support/kept_environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "support/buffer.h"

enum { SECRETS_LIMIT = 16, SECRETS_SIZE_LIMIT = 256 * 1024 };

struct kept_environment {
    char **variables; /* of text first, then of secrets, with room for all of those that there are */
    size_t count;     /* of text */
    const struct setting *secrets[SECRETS_LIMIT];
    size_t secret_count;
    struct buffer values;
};

/* The setting whose value the variable is, if that is to be kept secret. */
static const struct setting *secret_of(const char *variable)
{
    size_t count, i;
    const struct setting *settings = config_settings(&count);

    for (i = 0; i < count; i++) {
        size_t length = strlen(settings[i].name);

        if (setting_value_is_secret(&settings[i]) && strncmp(variable, settings[i].name, length) == 0 &&
            variable[length] == '=')
            return &settings[i];
    }
    return NULL;
}

static void keep_secret(struct kept_environment *kept, const struct setting *setting)
{
    size_t i;

    for (i = 0; i < kept->secret_count; i++)
        if (kept->secrets[i] == setting)
            return;
    if (kept->secret_count < SECRETS_LIMIT)
        kept->secrets[kept->secret_count++] = setting;
}

static bool keep(struct kept_environment *kept, const char *variable)
{
    const struct setting *secret = secret_of(variable);

    if (secret) {
        keep_secret(kept, secret);
        return true;
    }
    if (strncmp(variable, "TWILIO_", 7) != 0 && strncmp(variable, "AUTOJOIN_", 9) != 0)
        return true;
    kept->variables[kept->count] = strdup(variable);
    return kept->variables[kept->count++] != NULL;
}

struct kept_environment *kept_environment_new(char *const *environment)
{
    struct kept_environment *kept = calloc(1, sizeof *kept);
    size_t count = 0, i;

    if (!kept)
        return NULL;
    buffer_init_secret(&kept->values, SECRETS_SIZE_LIMIT);
    while (environment[count])
        count++;
    kept->variables = calloc(count + SECRETS_LIMIT + 1, sizeof *kept->variables);
    for (i = 0; i < count && kept->variables; i++)
        if (!keep(kept, environment[i]))
            break;
    if (kept->variables && i == count)
        return kept;
    kept_environment_free(kept);
    return NULL;
}

/* As it may be given: a pair a line. */
static void add_shared_keys(struct buffer *values, const struct setting_shared_keys *keys)
{
    size_t i;

    for (i = 0; i < keys->count; i++)
        buffer_append_format(values, "%s=%s\n", keys->ids[i], keys->secrets[i]);
}

static void add_secret(struct buffer *values, const struct setting *setting, const struct config *config)
{
    const void *member = (const char *)config + setting->at;
    const char *text = NULL;

    buffer_append_format(values, "%s=", setting->name);
    if (setting->kind == SETTING_SHARED_KEYS)
        add_shared_keys(values, member);
    else
        text = *(char *const *)member;
    if (text)
        buffer_append_string(values, text);
    buffer_append_char(values, '\0');
}

char *const *kept_environment_variables(struct kept_environment *kept, const struct config *config)
{
    char *at;
    size_t i;

    kept_environment_forget(kept);
    for (i = 0; i < kept->secret_count; i++)
        add_secret(&kept->values, kept->secrets[i], config);
    if (buffer_status(&kept->values) != BUFFER_OK)
        return NULL;
    for (i = 0, at = kept->values.data; i < kept->secret_count; i++, at += strlen(at) + 1)
        kept->variables[kept->count + i] = at;
    kept->variables[kept->count + i] = NULL;
    return kept->variables;
}

void kept_environment_forget(struct kept_environment *kept)
{
    buffer_free(&kept->values);
    kept->variables[kept->count] = NULL;
}

void kept_environment_free(struct kept_environment *kept)
{
    size_t i;

    if (!kept)
        return;
    buffer_free(&kept->values);
    for (i = 0; i < kept->count; i++)
        free(kept->variables[i]);
    free(kept->variables);
    free(kept);
}
