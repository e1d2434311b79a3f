#include "build.h"

#include "support/config_fingerprint.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "support/buffer.h"

enum {
    SERIAL_LIMIT = 256 * 1024, /* all values of a settings file and an environment together */
    HALF = 16,                 /* hex digits */
    WHOLE = 2 * HALF,
    HASH_LENGTH = 32,
};

/* With its NUL, which no value has; nothing for a value that is not there. */
static void add_text(struct buffer *serial, const char *text)
{
    if (text)
        buffer_append(serial, text, strlen(text) + 1);
}

static void add_number(struct buffer *serial, uint64_t number)
{
    buffer_append_format(serial, "%llu", (unsigned long long)number);
    buffer_append_char(serial, '\0');
}

static void add_list(struct buffer *serial, const struct setting_list *list)
{
    size_t i;

    add_number(serial, list->count);
    for (i = 0; i < list->count; i++)
        add_text(serial, list->items[i]);
}

static void add_shared_keys(struct buffer *serial, const struct setting_shared_keys *keys)
{
    size_t i;

    add_number(serial, keys->count);
    for (i = 0; i < keys->count; i++) {
        add_text(serial, keys->ids[i]);
        add_text(serial, keys->secrets[i]);
    }
}

static void add_cidrs(struct buffer *serial, const struct cidr_list *list)
{
    size_t i;

    add_number(serial, list->count);
    for (i = 0; i < list->count; i++) {
        buffer_append(serial, list->blocks[i].address, sizeof list->blocks[i].address);
        add_number(serial, list->blocks[i].prefix);
    }
}

/* As it was understood: "yes" and "true" are one. */
static void add_value(struct buffer *serial, enum setting_kind kind, const void *member)
{
    switch (kind) {
    case SETTING_STRING:
    case SETTING_SECRET:
    case SETTING_PATH:
    case SETTING_SID:
    case SETTING_IDENTITY:
    case SETTING_PUBLIC_URL:
    case SETTING_API_URL:
    case SETTING_PROXY:
    case SETTING_JSON:
        add_text(serial, *(char *const *)member);
        break;
    case SETTING_BOOLEAN:
        add_number(serial, *(const bool *)member);
        break;
    case SETTING_NUMBER:
    case SETTING_DURATION:
        add_number(serial, *(const uint64_t *)member);
        break;
    case SETTING_IDENTITIES:
    case SETTING_LIST:
        add_list(serial, member);
        break;
    case SETTING_SHARED_KEYS:
        add_shared_keys(serial, member);
        break;
    case SETTING_CIDRS:
        add_cidrs(serial, member);
        break;
    case SETTING_EVENTS:
    case SETTING_FORWARDED:
    case SETTING_LOG_TO:
    case SETTING_LOG_FORMAT:
    case SETTING_LOG_LEVEL:
        add_number(serial, *(const unsigned *)member);
        break;
    }
}

static bool add_half(const struct config *config, const struct buffer *serial, char *half)
{
    unsigned char hash[HASH_LENGTH];
    unsigned length = 0;
    size_t i;

    if (buffer_status(serial) != BUFFER_OK ||
        !HMAC(EVP_sha256(), config->auth_token, (int)strlen(config->auth_token),
              (const unsigned char *)serial->data, serial->length, hash, &length) ||
        length != HASH_LENGTH)
        return false;
    for (i = 0; i < HALF / 2; i++)
        snprintf(half + 2 * i, 3, "%02x", hash[i]);
    return true;
}

bool config_fingerprint(const struct config *config, char text[CONFIG_FINGERPRINT_SIZE])
{
    struct buffer serial;
    size_t count, i;
    const struct setting *settings = config_settings(&count);
    bool done;

    text[0] = '\0';
    if (!config->auth_token)
        return false;
    buffer_init_secret(&serial, SERIAL_LIMIT);
    for (i = 0; i < count; i++) {
        if (settings[i].operators)
            continue;
        add_text(&serial, settings[i].name);
        add_value(&serial, settings[i].kind, (const char *)config + settings[i].at);
    }
    done = add_half(config, &serial, text);
    buffer_clear(&serial);
    add_text(&serial, "file");
    add_number(&serial, config->file_hash);
    done = done && add_half(config, &serial, text + HALF);
    buffer_free(&serial);
    if (!done)
        text[0] = '\0';
    return done;
}

enum config_fingerprint_verdict config_fingerprint_compare(const char *ours, const char *theirs)
{
    size_t length = strlen(theirs);

    if (strlen(ours) != WHOLE || length != WHOLE ||
        strspn(theirs, "0123456789abcdef") != length)
        return CONFIG_FINGERPRINT_UNKNOWN;
    if (strncmp(ours, theirs, HALF) == 0)
        return CONFIG_FINGERPRINT_SAME;
    return strcmp(ours + HALF, theirs + HALF) == 0 ? CONFIG_FINGERPRINT_ENVIRONMENT
                                                   : CONFIG_FINGERPRINT_OTHER;
}
