#include "build.h"

#include "commands/sign_parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/clock.h"

enum { CREATED_BEFORE_MS = 120 * 1000 };

/* The value of a parameter; NULL if it is not among them. */
static const char *value_of(const struct sign_parameters *parameters, const char *name)
{
    size_t length = strlen(name), i;

    for (i = 0; i < parameters->count; i++)
        if (strncmp(parameters->arguments[i], name, length) == 0 && parameters->arguments[i][length] == '=')
            return parameters->arguments[i] + length + 1;
    return NULL;
}

static void put(struct sign_parameters *parameters, size_t which, const char *name, const char *value)
{
    if (!value || value_of(parameters, name))
        return;
    snprintf(parameters->more[which], sizeof parameters->more[which], "%s=%s", name, value);
    parameters->arguments[parameters->count++] = parameters->more[which];
}

bool sign_parameters_complete(struct sign_parameters *parameters, char *const *given, size_t count,
                              const struct config *config)
{
    char created[CLOCK_TEXT_SIZE];
    const char *event;

    *parameters = (struct sign_parameters){.count = count};
    parameters->arguments = calloc(count + SIGN_PARAMETERS_MORE, sizeof *parameters->arguments);
    if (!parameters->arguments)
        return false;
    if (count > 0)
        memcpy(parameters->arguments, given, count * sizeof *given);
    event = value_of(parameters, "EventType");
    if (!event)
        return true;
    put(parameters, 0, "AccountSid", config->account_sid);
    put(parameters, 1, "ChatServiceSid", config->chat_service_sid);
    clock_format(clock_wall_ms() - CREATED_BEFORE_MS, created);
    if (strcmp(event, "onConversationAdded") == 0)
        put(parameters, 2, "DateCreated", created);
    return true;
}

void sign_parameters_free(struct sign_parameters *parameters)
{
    free(parameters->arguments);
}
