#include "build.h"

#include "twilio/identities.h"

#include <stdlib.h>

#include "support/buffer.h"
#include "support/percent.h"

enum { FORM_LIMIT = 32 * 1024 };

_Static_assert((int)IDENTITIES_LIMIT == (int)SETTING_LIST_LIMIT,
               "TWILIO_IDENTITY and as many AUTOJOIN_IDENTITIES as the settings allow");

/* FNV-1a of 64 bits. */
static uint64_t hash_text(const char *text)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return sum;
}

/* The finalizer of SplitMix64: FNV's upper bits hardly differ between two SIDs. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Once, since they are the same for every conversation. */
static bool make_forms(struct identity *identity, const struct config *config)
{
    struct buffer form, projected;

    buffer_init(&form, FORM_LIMIT);
    buffer_init(&projected, FORM_LIMIT);
    percent_encode_pair(&form, "Identity", identity->name);
    if (config->role_sid)
        percent_encode_pair(&form, "RoleSid", config->role_sid);
    if (config->attributes)
        percent_encode_pair(&form, "Attributes", config->attributes);
    if (config->projected_address) {
        buffer_append(&projected, form.data, form.length);
        percent_encode_pair(&projected, "MessagingBinding.ProjectedAddress",
                            config->projected_address);
        identity->projected_form = buffer_take(&projected);
    }
    identity->form = buffer_take(&form);
    buffer_free(&form);
    buffer_free(&projected);
    return identity->form && (identity->projected_form || !config->projected_address);
}

bool identities_init(struct identities *identities, const struct config *config)
{
    unsigned i;

    identities->count = (unsigned)config_identity_count(config);
    identities->all = calloc(identities->count, sizeof *identities->all);
    for (i = 0; identities->all && i < identities->count; i++) {
        struct identity *identity = &identities->all[i];

        identity->name = config_identity(config, i);
        identity->hash = mix(hash_text(identity->name));
        if (!make_forms(identity, config))
            return false;
    }
    return identities->all != NULL;
}

void identities_free(struct identities *identities)
{
    unsigned i;

    for (i = 0; identities->all && i < identities->count; i++) {
        free(identities->all[i].form);
        free(identities->all[i].projected_form);
    }
    free(identities->all);
    identities->all = NULL;
}

void identities_order(const struct identities *identities, const char *conversation,
                      unsigned char order[IDENTITIES_LIMIT])
{
    uint64_t ranks[IDENTITIES_LIMIT], hash;
    unsigned i, at;

    order[0] = 0;
    if (identities->count == 1)
        return;
    hash = hash_text(conversation);
    for (i = 0; i < identities->count; i++) {
        uint64_t rank = mix(hash ^ identities->all[i].hash);

        for (at = i; at > 0 && ranks[at - 1] < rank; at--) {
            ranks[at] = ranks[at - 1];
            order[at] = order[at - 1];
        }
        ranks[at] = rank;
        order[at] = (unsigned char)i;
    }
}

void identities_note_full(struct identities *identities, unsigned number, int64_t now_ms)
{
    identities->all[number].full_until_ms = now_ms + IDENTITIES_FULL_MS;
}

void identities_note_free(struct identities *identities, unsigned number)
{
    identities->all[number].full_until_ms = 0;
}

uint32_t identities_full(const struct identities *identities,
                         const unsigned char order[IDENTITIES_LIMIT], int64_t now_ms)
{
    uint32_t full = 0;
    unsigned turn;

    for (turn = 0; turn < identities->count; turn++)
        if (identities->all[order[turn]].full_until_ms > now_ms)
            full |= UINT32_C(1) << turn;
    return full;
}
