/*
 * The settings: one table, read from the settings file and then the process
 * environment, all faults told at once by name and never with a value.
 */
#ifndef AUTOJOIN_SUPPORT_CONFIG_H
#define AUTOJOIN_SUPPORT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"
#include "support/cidr.h"
#include "support/log.h"
#include "support/setting_value.h"

enum config_status {
    CONFIG_OK,
    CONFIG_FAULTY,   /* at least one fault was written down */
    CONFIG_NO_MEMORY
};

enum { CONFIG_SECRET_FILES_LIMIT = 8 };

/* Times are milliseconds. Strings are owned by the struct and NULL where a setting
 * has no value. Read-only after config_load(). */
struct config {
    char *account_sid;
    char *auth_token;
    char *auth_token_secondary;
    struct setting_shared_keys shared_keys;
    char *api_key;
    char *api_secret;
    char *identity;
    struct setting_list identities; /* further ones, over which conversations are spread */
    char *chat_service_sid;
    bool enabled;
    char *public_url;
    enum setting_forwarded forwarded;
    struct cidr_list trusted_proxies;
    unsigned events;
    struct setting_list sources;
    char *role_sid;
    char *attributes;
    char *projected_address;
    char *api_url; /* origin, without a slash at its end */
    char *webhooks_api_url; /* likewise; for setup and check alone */
    char *events_api_url;
    char *ca_file;
    char *proxy;
    uint64_t deadline_ms;
    uint64_t connect_timeout_ms;
    uint64_t max_pending;
    uint64_t max_body;
    char *spool_dir;
    bool spool_sync;
    uint64_t spool_max;
    uint64_t spool_give_up_ms;
    char *capture_dir;
    bool preconnect;
    char *stats_file;
    bool landlock;
    enum log_to log_to;
    enum log_format log_format;
    enum log_level log_level;

    char *path; /* the settings file that was read; NULL if none */
    char *secret_files[CONFIG_SECRET_FILES_LIMIT]; /* those of NAME_FILE that were read */
    size_t secret_file_count;
    uint64_t file_hash; /* of what it says to the responder; no secret can be tried out on it: config_fingerprint */
};

/* Reads all settings. `environment` is a NULL-ended array of NAME=value, such as environ.
 * Faults go to `faults`, a line each. On any status the struct can be used for what
 * it holds (log format and level at least) and must be given to config_free().
 * Not thread-safe (reads files). Source: design of settings in twilio-autojoin.conf(5). */
enum config_status config_load(struct config *config, char *const *environment,
                               struct buffer *faults);

/* The table of settings, in the order of twilio-autojoin.conf(5); static. */
const struct setting *config_settings(size_t *count);

/* Overwrites the values of secret settings in the environment, so that they show
 * neither in /proc nor in a child. Call after config_load(). */
void config_scrub_environment(char *const *environment);

/* All of the bot's identities: TWILIO_IDENTITY is number 0, then AUTOJOIN_IDENTITIES. */
size_t config_identity_count(const struct config *config);
const char *config_identity(const struct config *config, size_t number);

/* Whether the bytes are one of them. */
bool config_is_bot(const struct config *config, const char *bytes, size_t length);

/* Wipes the secrets and frees everything. */
void config_free(struct config *config);

#endif
