#include "build.h"

#include "commands/setup_key.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/setup_operation.h"
#include "support/log.h"

/* Times of the Settings that we make. Answers of ours come within AUTOJOIN_DEADLINE_MS, 4.5 s at most; a repetition of
 * what we refused is harmless, for a join is idempotent. */
#define CONNECTION \
    "{s:i, s:i, s:i, s:{s:i, s:[s,s,s]}}", "connectTimeoutMs", 2000, "readTimeoutMs", 5000, "totalTimeoutMs", \
        20000, "retryPolicy", "retryCount", 2, "retryOn", "HTTP_5XX", "CONNECTION_TIMEOUT", "READ_TIMEOUT"

enum { DELETE_TRIES = 15, DELETE_BREAK_MS = 2000 };

const char *setup_key_text(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "";
}

bool setup_key_is_ours(const struct setup_key *key)
{
    return key->now.match == WEBHOOK_RULES_EXACT &&
           strcmp(setup_key_text(key->now.json, "friendlyName"), key->name) == 0;
}

static void copy_id(char *to, const char *from)
{
    snprintf(to, SETUP_KEY_ID_SIZE, "%s", from);
}

/* One part of our Rule. False if its Setting cannot be read; said. */
static bool read_part(struct setup_key *key, const json_t *part)
{
    struct setup_key_part *read = &key->parts[key->part_count];
    const char *id = setup_key_text(part, "settingId");
    struct webhook_setting setting;
    struct ask_answer answer;

    if (!webhooks_api_get(&key->api, "Settings", id, &answer)) {
        setup_failed(id, &answer);
        return false;
    }
    webhook_rules_read_setting(&setting, answer.json);
    copy_id(read->setting, id);
    copy_id(read->key, setting.key_id);
    snprintf(read->created, sizeof read->created, "%s", setup_key_text(answer.json, "createdAt"));
    read->share = (long)json_integer_value(json_object_get(part, "percentage"));
    key->part_count++;
    ask_forget(&answer);
    return true;
}

/* The auth token was there before any SharedKey, whenever its Setting was made: both Settings of a first rotation are
 * made in the same moment. Otherwise times of RFC 3339 in UTC sort as text, and so do the ids, which begin with
 * their time. */
static bool is_older(const struct setup_key_part *part, const struct setup_key_part *other)
{
    bool token = !*part->key, other_token = !*other->key;
    int order = strcmp(part->created, other->created);

    if (token != other_token)
        return token;
    return order < 0 || (order == 0 && strcmp(part->setting, other->setting) < 0);
}

/* Oldest first. */
static void sort_parts(struct setup_key *key)
{
    struct setup_key_part *parts = key->parts, first = parts[0];

    if (key->part_count < 2 || is_older(&parts[0], &parts[1]))
        return;
    parts[0] = parts[1];
    parts[1] = first;
}

static bool read_parts(struct setup_key *key)
{
    const json_t *parts = json_object_get(key->now.json, "settings");
    size_t i;

    for (i = 0; i < json_array_size(parts) && i < SETUP_KEY_PARTS_LIMIT; i++)
        if (!read_part(key, json_array_get(parts, i)))
            return false;
    sort_parts(key);
    return true;
}

static int refuse(const char *why)
{
    fflush(stdout);
    fprintf(stderr, "twilio-autojoin: %s\n", why);
    return COMMAND_LEFT;
}

int setup_key_open(struct setup_key *key, struct setup *setup)
{
    const struct config *config = &setup->context.config;
    struct ask_answer failure;
    char shown[SETUP_KEY_NAME_SIZE - 32];
    const char *wrong;

    *key = (struct setup_key){.setup = setup, .url = setup->options.url ? setup->options.url : config->public_url};
    key->api = ask_at(&setup->context.asker, config->webhooks_api_url);
    if (!key->url || !*key->url)
        return refuse("which URL? Give --url or set AUTOJOIN_PUBLIC_URL: a Rule is for exactly one");
    setup_show_url(shown, sizeof shown, key->url);
    snprintf(key->name, sizeof key->name, "twilio-autojoin %s", shown);
    wrong = setup_key_place_find(&key->place, config, setup->environment_keys, setup->environment_keys_file);
    if (wrong)
        return refuse(wrong);
    if (!webhooks_api_list(&key->api, "Rules", "rules", &key->rules, &failure))
        return setup_failed("Webhook Rules", &failure);
    key->now = webhook_rules_choose(key->rules, key->url, strlen(key->url));
    if (setup_key_is_ours(key) && !read_parts(key))
        return COMMAND_LEFT;
    return COMMAND_OK;
}

void setup_key_close(struct setup_key *key)
{
    json_decref(key->rules);
    key->rules = NULL;
}

/* The ways to say that Twilio authenticates by nothing; NULL: the member is left out. */
static json_t *no_auth(unsigned way)
{
    switch (way) {
    case 0:
        return json_pack("{s:s, s:{s:s}}", "source", "INLINE", "value", "scheme", "NONE");
    case 1:
        return json_pack("{s:s}", "source", "NONE");
    default:
        return NULL;
    }
}

enum { NO_AUTH_WAYS = 3 };

static bool post_setting(struct setup_key *key, const char *shared_key, const char *type, unsigned way,
                         struct ask_answer *answer)
{
    json_t *signature = *shared_key ? json_pack("{s:s, s:s, s:s}", "type", type, "sharedKeyId", shared_key,
                                                "algorithm", "HMAC_SHA256")
                                    : json_pack("{s:s, s:s}", "type", type, "algorithm", "HMAC_SHA1");
    json_t *body = json_pack("{s:s, s:o, s:o}", "friendlyName", key->name, "signature", signature, "connection",
                             json_pack(CONNECTION));
    json_t *auth = no_auth(way);

    if (body && auth)
        json_object_set_new(body, "auth", auth);
    if (!body) {
        json_decref(auth);
        *answer = (struct ask_answer){.retry_after_s = -1};
        ask_fail(answer, ASK_NO_MEMORY);
        return false;
    }
    return webhooks_api_write(&key->api, REST_POST, "Settings", NULL, body, answer);
}

static void show_attempt(const char *type, unsigned way, const struct ask_answer *answer)
{
    static const char *const ways[] = {"auth of scheme NONE", "auth of source NONE", "no auth"};

    printf("Setting with %s and signature %s: %s\n", ways[way], type, answer->message);
    fflush(stdout);
}

bool setup_key_make_setting(struct setup_key *key, const char *shared_key, char *id)
{
    static const char *const key_types[] = {"SHARED_KEY", "SHAREDKEY", NULL};
    static const char *const token_types[] = {"ACCOUNT_AUTH_TOKEN", NULL};
    const char *const *type = *shared_key ? key_types : token_types;
    struct ask_answer answer;
    unsigned way = 0;

    for (;;) {
        if (post_setting(key, shared_key, *type, way, &answer)) {
            copy_id(id, setup_key_text(answer.json, "id"));
            ask_forget(&answer);
            if (*id)
                printf("Setting %s: made\n", id);
            else
                setup_failed("Setting", &(struct ask_answer){.message = "Twilio's answer has no id"});
            return *id != '\0';
        }
        if (answer.code != WEBHOOKS_API_INVALID) {
            setup_failed("Setting", &answer);
            return false;
        }
        show_attempt(*type, way, &answer);
        /* What is refused is named: a complaint about the signature means that `auth` was taken. */
        if (strstr(answer.message, "signature")) {
            type++;
        } else if (++way == NO_AUTH_WAYS) {
            way = 0;
            type++;
        }
        if (!*type) {
            setup_failed("Setting", &answer);
            return false;
        }
    }
}

bool setup_key_delete(struct setup_key *key, const char *kind, const char *id, const char *what)
{
    struct ask_answer answer;
    unsigned tries = 0;
    bool gone;

    do {
        gone = webhooks_api_write(&key->api, REST_DELETE, kind, id, NULL, &answer) ||
               answer.status == ASK_NOT_FOUND;
        ask_forget(&answer);
    } while (!gone && answer.code == WEBHOOKS_API_IN_USE && ++tries < DELETE_TRIES &&
             setup_operation_pause(key->setup, DELETE_BREAK_MS));
    if (gone)
        printf("%s %s: deleted\n", what, id);
    else
        setup_failed(id, &answer);
    fflush(stdout);
    return gone;
}

void setup_key_take_back(struct setup_key *key)
{
    const char *wrong;
    bool gone = true;

    if (*key->setting)
        setup_key_delete(key, "Settings", key->setting, "Setting");
    if (*key->token_setting)
        setup_key_delete(key, "Settings", key->token_setting, "Setting");
    if (*key->key)
        gone = setup_key_delete(key, "SharedKeys", key->key, "SharedKey");
    if (!key->written)
        return;
    if (!gone) { /* what uses it may be there after all, and sign by it */
        fprintf(stderr, "twilio-autojoin: %s keeps the key %s, which is still at Twilio: setup --shared-key --undo "
                "takes back what is left\n", key->place.path, key->key);
        return;
    }
    wrong = setup_key_place_remove(&key->place, &key->setup->context.config, key->key);
    if (wrong)
        fprintf(stderr, "twilio-autojoin: %s still has the key %s: %s\n", key->place.path, key->key, wrong);
    else
        printf("%s: the key is taken out again\n", key->place.path);
}
