#include "build.h"

#include "diagnosis/plain_fault.h"

#include <string.h>

/* 32 hex digits: every auth token is that, and an API key's secret practically never. */
static bool is_token_like(const char *token)
{
    return strlen(token) == 32 && strspn(token, "0123456789abcdef") == 32;
}

static bool has_rewritten_names(const struct form *form)
{
    size_t i;

    for (i = 0; i < form->count; i++)
        if (form->parameters[i].name_length > 17 &&
            memcmp(form->parameters[i].name, "MessagingBinding_", 17) == 0)
            return true;
    return false;
}

enum diagnosis_finding plainfault_find(const struct config *config, const struct request *request,
                                       const struct form *form)
{
    const struct form_parameter *account = form_find(form, "AccountSid");

    if (request->body_length == 0)
        return FINDING_BODY_MISSING;
    if (account && config->account_sid && !form_value_is(account, config->account_sid))
        return FINDING_ACCOUNT;
    if (config->auth_token && !is_token_like(config->auth_token))
        return FINDING_TOKEN_SHAPE;
    if (has_rewritten_names(form))
        return FINDING_NAMES;
    return FINDING_NONE;
}
