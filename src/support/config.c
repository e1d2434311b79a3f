#include "build.h"

#include "support/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assignments.h"
#include "support/nearest.h"
#include "support/settings_file.h"
#include "support/setting_value.h"

#define DAY_MS (UINT64_C(24) * 60 * 60 * 1000)

/* The table of settings: twilio-autojoin.conf(5) follows its order. */
#define AT(member) offsetof(struct config, member)
static const struct setting settings[] = {
    {.name = "TWILIO_ACCOUNT_SID", .kind = SETTING_SID, .sid = "AC", .at = AT(account_sid), .required = true},
    {.name = "TWILIO_AUTH_TOKEN", .kind = SETTING_SECRET, .at = AT(auth_token), .required = true},
    {.name = "TWILIO_AUTH_TOKEN_SECONDARY", .kind = SETTING_SECRET, .at = AT(auth_token_secondary)},
    {.name = "AUTOJOIN_SHARED_KEYS", .kind = SETTING_SHARED_KEYS, .at = AT(shared_keys)},
    {.name = "TWILIO_API_KEY", .kind = SETTING_STRING, .at = AT(api_key)},
    {.name = "TWILIO_API_SECRET", .kind = SETTING_SECRET, .at = AT(api_secret)},
    {.name = "TWILIO_IDENTITY", .kind = SETTING_IDENTITY, .at = AT(identity), .required = true},
    {.name = "AUTOJOIN_IDENTITIES", .kind = SETTING_IDENTITIES, .at = AT(identities)},
    {.name = "TWILIO_CHAT_SERVICE_SID", .kind = SETTING_SID, .sid = "IS", .at = AT(chat_service_sid)},
    {.name = "TWILIO_ENABLED", .kind = SETTING_BOOLEAN, .at = AT(enabled), .default_text = "true"},
    {.name = "AUTOJOIN_PUBLIC_URL", .kind = SETTING_PUBLIC_URL, .at = AT(public_url)},
    {.name = "AUTOJOIN_FORWARDED", .kind = SETTING_FORWARDED, .at = AT(forwarded), .default_text = "no"},
    {.name = "AUTOJOIN_TRUSTED_PROXIES", .kind = SETTING_CIDRS, .at = AT(trusted_proxies)},
    {.name = "AUTOJOIN_EVENTS", .kind = SETTING_EVENTS, .at = AT(events), .default_text = "onConversationAdded"},
    {.name = "AUTOJOIN_SOURCES", .kind = SETTING_LIST, .at = AT(sources)},
    {.name = "AUTOJOIN_ROLE_SID", .kind = SETTING_SID, .sid = "RL", .at = AT(role_sid)},
    {.name = "AUTOJOIN_ATTRIBUTES", .kind = SETTING_JSON, .at = AT(attributes)},
    {.name = "AUTOJOIN_PROJECTED_ADDRESS", .kind = SETTING_STRING, .at = AT(projected_address)},
    {.name = "AUTOJOIN_API_URL", .kind = SETTING_API_URL, .at = AT(api_url), .default_text = "https://conversations.twilio.com"},
    {.name = "AUTOJOIN_WEBHOOKS_API_URL", .kind = SETTING_API_URL, .operators = true, .at = AT(webhooks_api_url), .default_text = "https://webhooks.twilio.com"},
    {.name = "AUTOJOIN_EVENTS_API_URL", .kind = SETTING_API_URL, .operators = true, .at = AT(events_api_url), .default_text = "https://events.twilio.com"},
    {.name = "AUTOJOIN_CA_FILE", .kind = SETTING_PATH, .at = AT(ca_file)},
    {.name = "AUTOJOIN_PROXY", .kind = SETTING_PROXY, .at = AT(proxy)},
    {.name = "AUTOJOIN_DEADLINE_MS", .kind = SETTING_DURATION, .at = AT(deadline_ms), .default_text = "4000", .unit = 1, .min = 500, .max = 4500},
    {.name = "AUTOJOIN_CONNECT_TIMEOUT_MS", .kind = SETTING_DURATION, .at = AT(connect_timeout_ms), .default_text = "1500", .unit = 1, .min = 50, .max = 4500},
    {.name = "AUTOJOIN_MAX_PENDING", .kind = SETTING_NUMBER, .at = AT(max_pending), .default_text = "512", .min = 1, .max = 65536},
    {.name = "AUTOJOIN_MAX_BODY", .kind = SETTING_NUMBER, .at = AT(max_body), .default_text = "65536", .min = 1024, .max = 65536},
    {.name = "AUTOJOIN_SPOOL_DIR", .kind = SETTING_PATH, .at = AT(spool_dir)},
    {.name = "AUTOJOIN_SPOOL_SYNC", .kind = SETTING_BOOLEAN, .at = AT(spool_sync), .default_text = "no"},
    {.name = "AUTOJOIN_SPOOL_MAX", .kind = SETTING_NUMBER, .at = AT(spool_max), .default_text = "100000", .min = 1, .max = 10000000},
    {.name = "AUTOJOIN_SPOOL_GIVE_UP", .kind = SETTING_DURATION, .at = AT(spool_give_up_ms), .default_text = "7d", .unit = DAY_MS, .min = 1000, .max = 3650 * DAY_MS},
    {.name = "AUTOJOIN_CAPTURE_DIR", .kind = SETTING_PATH, .at = AT(capture_dir)},
    {.name = "AUTOJOIN_PRECONNECT", .kind = SETTING_BOOLEAN, .at = AT(preconnect), .default_text = "yes"},
    {.name = "AUTOJOIN_STATS_FILE", .kind = SETTING_PATH, .at = AT(stats_file)},
    {.name = "AUTOJOIN_LANDLOCK", .kind = SETTING_BOOLEAN, .at = AT(landlock), .default_text = "no"},
    {.name = "AUTOJOIN_LOG_TO", .kind = SETTING_LOG_TO, .at = AT(log_to), .default_text = "auto"},
    {.name = "AUTOJOIN_LOG_FORMAT", .kind = SETTING_LOG_FORMAT, .at = AT(log_format), .default_text = "logfmt"},
    {.name = "AUTOJOIN_LOG_LEVEL", .kind = SETTING_LOG_LEVEL, .at = AT(log_level), .default_text = "info"},
};
#undef AT

enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };

/* What was found for one setting. The process environment beats the file, NAME_FILE and NAME
 * being one setting in that. */
struct found {
    char *value;
    char *path; /* of NAME_FILE */
    bool from_environment;
};

struct loading {
    struct found found[SETTING_COUNT];
    const char *path;
    uint64_t file_hash;
    bool environment;
    bool unread; /* the settings file: what it would have set is not known */
    bool no_memory;
    struct buffer *faults;
};

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

/* Finds NAME, or NAME_FILE for a secret, in the table. */
static const struct setting *find_setting(const char *name, bool *is_file)
{
    size_t i;

    for (i = 0; i < SETTING_COUNT; i++) {
        size_t length = strlen(settings[i].name);

        if (strncmp(name, settings[i].name, length) != 0)
            continue;
        *is_file = setting_value_has_file(&settings[i]) && strcmp(name + length, "_FILE") == 0;
        if (*is_file || name[length] == '\0')
            return &settings[i];
    }
    return NULL;
}

struct nearest_setting {
    const char *name;   /* as it was given */
    unsigned distance;
    const char *known;
    const char *suffix; /* "_FILE" or nothing */
};

/* A wrong prefix is one mistake: AUTOJOIN_IDENTITY is TWILIO_IDENTITY. */
static void try_known(struct nearest_setting *nearest, const char *known, const char *suffix)
{
    bool own = strncmp(known, "AUTOJOIN_", 9) == 0;
    char behind[NEAREST_LIMIT + 1];
    unsigned distance;

    snprintf(behind, sizeof behind, "%s%s", known + (own ? 9 : 7), suffix);
    distance = nearest_distance(nearest->name + 9, behind) + !own;
    if (nearest->known && distance >= nearest->distance)
        return;
    nearest->distance = distance;
    nearest->known = known;
    nearest->suffix = suffix;
}

static void refuse_unknown(struct loading *loading, const char *name)
{
    struct nearest_setting nearest = {.name = name};
    size_t i;

    if (strncmp(name, "AUTOJOIN_", 9) != 0 || strcmp(name, "AUTOJOIN_CONFIG") == 0)
        return;
    for (i = 0; i < SETTING_COUNT; i++) {
        try_known(&nearest, settings[i].name, "");
        if (setting_value_is_secret(&settings[i]))
            try_known(&nearest, settings[i].name, "_FILE");
    }
    try_known(&nearest, "AUTOJOIN_CONFIG", "");
    buffer_append_format(loading->faults, "%.64s: no such setting; the nearest is %s%s\n", name,
                         nearest.known, nearest.suffix);
}

/* Of one line (FNV-1a, 64 bits); the sum over a file's lines is the same in whatever order they stand. */
static uint64_t line_hash(const char *name, const char *value)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    hash = (hash ^ '=') * UINT64_C(0x100000001b3);
    for (; *value; value++)
        hash = (hash ^ (unsigned char)*value) * UINT64_C(0x100000001b3);
    return hash;
}

static void take_entry(void *argument, const char *name, const char *value)
{
    struct loading *loading = argument;
    bool is_file;
    const struct setting *setting = find_setting(name, &is_file);
    struct found *found;
    char **slot;

    if (!setting) {
        refuse_unknown(loading, name);
        return;
    }
    if (!loading->environment && !setting->operators)
        loading->file_hash += line_hash(name, value);
    found = &loading->found[setting - settings];
    if (loading->environment && !found->from_environment) {
        forget(&found->value);
        forget(&found->path);
        found->from_environment = true;
    }
    slot = is_file ? &found->path : &found->value;
    if (*slot)
        buffer_append_format(loading->faults, "%s: set twice\n", name);
    forget(slot);
    *slot = strdup(value);
    if (!*slot)
        loading->no_memory = true;
}

static void take_fault(void *argument, unsigned line, const char *what)
{
    struct loading *loading = argument;

    buffer_append_format(loading->faults, "%s, line %u: %s\n", loading->path, line, what);
}

static void read_settings_file(struct loading *loading, struct config *config, const char *path)
{
    struct buffer content;
    enum settings_file_status status;
    bool standard = !path || *path == '\0';

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT);
    loading->path = standard ? AUTOJOIN_SYSCONFDIR "/twilio-autojoin.conf" : path;
    status = settings_file_read(loading->path, &content);
    if (status == SETTINGS_FILE_OK) {
        config->path = strdup(loading->path);
        assignments_parse(content.data, take_entry, take_fault, loading);
    } else if (!standard || status != SETTINGS_FILE_MISSING) {
        loading->unread = true;
        buffer_append_format(loading->faults, "%s %s\n", loading->path,
                             settings_file_describe(status));
    }
    buffer_free(&content);
}

/* Neither a file nor a variable: that is one fault, and not one for each setting that is required. */
static void fault_nothing(struct loading *loading, const struct config *config)
{
    size_t i;

    for (i = 0; i < SETTING_COUNT; i++)
        if (config->path || loading->found[i].value || loading->found[i].path)
            return;
    if (!loading->unread)
        buffer_append_format(loading->faults, "%s does not exist, and the environment has no settings\n",
                             loading->path);
    loading->unread = true;
}

static const char *environment_value(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

/* A web server's own SetEnv can pass on a variable twice; the first one counts, as
 * getenv() has it. */
static bool seen_before(char *const *environment, char *const *entry, size_t name_length)
{
    for (; environment < entry; environment++)
        if (strncmp(*environment, *entry, name_length + 1) == 0)
            return true;
    return false;
}

static void read_environment(struct loading *loading, char *const *environment)
{
    char *const *entry;
    char name[96];

    loading->environment = true;
    for (entry = environment; *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        size_t length = equals ? (size_t)(equals - *entry) : 0;

        if (length == 0 || length >= sizeof name ||
            (strncmp(*entry, "TWILIO_", 7) != 0 && strncmp(*entry, "AUTOJOIN_", 9) != 0) ||
            seen_before(environment, entry, length))
            continue;
        memcpy(name, *entry, length);
        name[length] = '\0';
        take_entry(loading, name, equals + 1);
    }
}

/* Names the file only if it is a path: somebody may have put the secret itself there. */
static void fault_file(struct loading *loading, const struct setting *setting, const char *path,
                       const char *what)
{
    buffer_append_format(loading->faults, "%s_FILE: %s %s\n", setting->name,
                         path[0] == '/' ? path : "the file", what);
}

/* Its newline dropped; false if there is more than one line. */
static bool cut_to_line(struct buffer *content)
{
    size_t length = strcspn(content->data, "\r\n");
    bool one = content->data[length + strspn(content->data + length, "\r\n")] == '\0';

    content->data[length] = '\0';
    return one;
}

static bool remember_file(struct config *config, const char *path)
{
    char **copy = &config->secret_files[config->secret_file_count];

    if (config->secret_file_count == CONFIG_SECRET_FILES_LIMIT)
        return true;
    *copy = strdup(path);
    config->secret_file_count += *copy != NULL;
    return *copy != NULL;
}

/* Reads NAME_FILE: one line, or the SharedKeys' lines. */
static void read_secret_file(struct loading *loading, struct config *config, const struct setting *setting,
                             struct found *found)
{
    struct buffer content;
    enum settings_file_status status;
    bool lines = setting->kind == SETTING_SHARED_KEYS;

    buffer_init_secret(&content, SETTINGS_FILE_LIMIT + 1);
    status = settings_file_read(found->path, &content);
    if (status != SETTINGS_FILE_OK) {
        fault_file(loading, setting, found->path, settings_file_describe(status));
        goto out;
    }
    if (!lines && !cut_to_line(&content)) {
        fault_file(loading, setting, found->path, "holds more than one line");
        goto out;
    }
    if (content.data[strspn(content.data, "\r\n")] == '\0') {
        fault_file(loading, setting, found->path, "is empty");
        goto out;
    }
    if (lines)
        buffer_append_char(&content, '\n'); /* so that a single line is one, too */
    found->value = strdup(content.data);
    if (!found->value || !remember_file(config, found->path))
        loading->no_memory = true;
out:
    buffer_free(&content);
}

static void forget_if_empty(char **value)
{
    if (*value && **value == '\0')
        forget(value);
}

static void settle(struct loading *loading, struct config *config, const struct setting *setting)
{
    struct found *found = &loading->found[setting - settings];
    const char *wrong;

    /* An empty value is no value: SetEnv and EnvironmentFile= have no other way to unset. */
    forget_if_empty(&found->value);
    forget_if_empty(&found->path);
    if (found->path && found->value)
        buffer_append_format(loading->faults, "%s and %s_FILE are both set\n", setting->name,
                             setting->name);
    else if (found->path)
        read_secret_file(loading, config, setting, found);
    if (!found->value && setting->required && !found->path && !loading->unread)
        buffer_append_format(loading->faults, "%s is not set\n", setting->name);
    if (!found->value && !setting->default_text)
        return;
    wrong = setting_value_store(setting, (char *)config + setting->at,
                               found->value ? found->value : setting->default_text);
    if (!wrong)
        return;
    buffer_append_format(loading->faults, "%s: %s", setting->name, wrong);
    setting_value_allow(setting, found->value ? found->value : setting->default_text, loading->faults);
    buffer_append_char(loading->faults, '\n');
}

/* Rules that hold between settings. */
static void cross_check(struct loading *loading, const struct config *config)
{
    size_t i, j;

    if (!config->api_key != !config->api_secret)
        buffer_append_string(loading->faults,
                             "TWILIO_API_KEY and TWILIO_API_SECRET belong together\n");
    for (i = 0; i < config->identities.count; i++)
        for (j = 0; j <= i; j++)
            if (config->identity && strcmp(config_identity(config, i + 1), config_identity(config, j)) == 0)
                buffer_append_string(loading->faults,
                                     "AUTOJOIN_IDENTITIES names an identity twice, or "
                                     "TWILIO_IDENTITY again\n");
    if (config->identities.count > SETTING_LIST_LIMIT - 1)
        buffer_append_string(loading->faults, "AUTOJOIN_IDENTITIES has more than 31 entries\n");
    if (config->forwarded != FORWARDED_NO && config->trusted_proxies.count == 0)
        buffer_append_string(loading->faults,
                             "AUTOJOIN_FORWARDED needs AUTOJOIN_TRUSTED_PROXIES\n");
}

enum config_status config_load(struct config *config, char *const *environment,
                               struct buffer *faults)
{
    struct loading loading = {.faults = faults};
    size_t i;

    *config = (struct config){.enabled = true};
    read_settings_file(&loading, config, environment_value(environment, "AUTOJOIN_CONFIG"));
    read_environment(&loading, environment);
    fault_nothing(&loading, config);
    for (i = 0; i < SETTING_COUNT; i++)
        settle(&loading, config, &settings[i]);
    cross_check(&loading, config);
    config->file_hash = loading.file_hash;
    for (i = 0; i < SETTING_COUNT; i++) {
        forget(&loading.found[i].value);
        forget(&loading.found[i].path);
    }
    if (loading.no_memory || buffer_status(faults) == BUFFER_NO_MEMORY)
        return CONFIG_NO_MEMORY;
    return faults->length > 0 || buffer_status(faults) != BUFFER_OK ? CONFIG_FAULTY : CONFIG_OK;
}

const struct setting *config_settings(size_t *count)
{
    *count = SETTING_COUNT;
    return settings;
}

size_t config_identity_count(const struct config *config)
{
    return 1 + config->identities.count;
}

const char *config_identity(const struct config *config, size_t number)
{
    return number == 0 ? config->identity : config->identities.items[number - 1];
}

bool config_is_bot(const struct config *config, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < config_identity_count(config); i++) {
        const char *identity = config_identity(config, i);

        if (strlen(identity) == length && memcmp(identity, bytes, length) == 0)
            return true;
    }
    return false;
}

void config_scrub_environment(char *const *environment)
{
    for (; *environment; environment++) {
        size_t i;

        for (i = 0; i < SETTING_COUNT; i++) {
            size_t length = strlen(settings[i].name);

            if (setting_value_is_secret(&settings[i]) &&
                strncmp(*environment, settings[i].name, length) == 0 &&
                (*environment)[length] == '=')
                explicit_bzero(*environment + length + 1, strlen(*environment + length + 1));
        }
    }
}

void config_free(struct config *config)
{
    size_t i;

    for (i = 0; i < SETTING_COUNT; i++)
        setting_value_free(&settings[i], (char *)config + settings[i].at);
    for (i = 0; i < config->secret_file_count; i++)
        free(config->secret_files[i]);
    free(config->path);
    *config = (struct config){.enabled = false};
}
