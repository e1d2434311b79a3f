#include "build.h"

#include "twilio/participantpath.h"

#include "support/buffer.h"
#include "support/percent.h"
#include "twilio/resources.h"

enum { FORM_LIMIT = 32 * 1024 };

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
    resources_participants(path, size, service, conversation);
}

bool participantpath_identity(char *path, size_t size, const char *service,
                              const char *conversation, const char *identity)
{
    return resources_participant(path, size, service, conversation, identity);
}

void participantpath_service(char *path, size_t size, const char *service)
{
    resources_service(path, size, service);
}
