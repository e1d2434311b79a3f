#include "build.h"

#include "twilio/participantpath.h"

#include <stdio.h>
#include <string.h>

#include "support/buffer.h"
#include "support/percent.h"

enum { FORM_LIMIT = 32 * 1024, IDENTITY_LIMIT = 3 * 1024 + 16 };

bool participantpath_forms(struct participant_forms *forms, const struct config *config,
                           const char *identity)
{
    struct buffer form, projected;

    buffer_init(&form, FORM_LIMIT);
    buffer_init(&projected, FORM_LIMIT);
    percent_encode_pair(&form, "Identity", identity);
    if (config->role_sid)
        percent_encode_pair(&form, "RoleSid", config->role_sid);
    if (config->attributes)
        percent_encode_pair(&form, "Attributes", config->attributes);
    forms->projected = NULL;
    if (config->projected_address) {
        buffer_append(&projected, form.data, form.length);
        percent_encode_pair(&projected, "MessagingBinding.ProjectedAddress",
                            config->projected_address);
        forms->projected = buffer_take(&projected);
    }
    forms->plain = buffer_take(&form);
    buffer_free(&form);
    buffer_free(&projected);
    return forms->plain && (forms->projected || !config->projected_address);
}

void participantpath_list(char *path, size_t size, const char *service, const char *conversation)
{
    snprintf(path, size, "/v1%s%s/Conversations/%s/Participants", *service ? "/Services/" : "",
             service, conversation);
}

bool participantpath_identity(char *path, size_t size, const char *service,
                              const char *conversation, const char *identity)
{
    struct buffer encoded;
    bool fits;

    buffer_init(&encoded, IDENTITY_LIMIT);
    percent_encode(&encoded, identity, strlen(identity));
    fits = buffer_status(&encoded) == BUFFER_OK &&
           (size_t)snprintf(path, size, "/v1%s%s/Conversations/%s/Participants/%s",
                            *service ? "/Services/" : "", service, conversation,
                            buffer_string(&encoded)) < size;
    buffer_free(&encoded);
    return fits;
}

void participantpath_service(char *path, size_t size, const char *service)
{
    snprintf(path, size, "/v1/Services/%s", service);
}
