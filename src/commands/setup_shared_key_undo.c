#include "build.h"

#include "commands/setup_shared_key.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/setup_key.h"
#include "commands/setup_operation.h"

/* All that is ours at Twilio, by its name. */
struct found {
    json_t *settings, *keys;
};

/* Those of a kind that bear our name; NULL if it could not be asked, which is said. */
static json_t *find(struct setup_key *key, const char *kind, const char *member)
{
    struct ask_answer failure;
    json_t *all, *own;
    size_t i;

    if (!webhooks_api_list(&key->api, kind, member, &all, &failure)) {
        setup_failed(kind, &failure);
        return NULL;
    }
    own = json_array();
    for (i = 0; own && i < json_array_size(all); i++)
        if (strcmp(setup_key_text(json_array_get(all, i), "friendlyName"), key->name) == 0)
            json_array_append(own, json_array_get(all, i));
    json_decref(all);
    return own;
}

static void show_ids(const char *what, const json_t *items)
{
    size_t i;

    for (i = 0; i < json_array_size(items); i++)
        printf("  %-10s %s\n", what, setup_key_text(json_array_get(items, i), "id"));
}

static bool delete_all(struct setup_key *key, const char *kind, const json_t *items, const char *what)
{
    bool gone = true;
    size_t i;

    for (i = 0; i < json_array_size(items); i++)
        gone = setup_key_delete(key, kind, setup_key_text(json_array_get(items, i), "id"), what) && gone;
    return gone;
}

static bool delete_rule(struct setup_key *key)
{
    struct ask_answer answer;
    enum setup_operation_end end = SETUP_OPERATION_FAILED;

    if (!setup_key_is_ours(key))
        return true;
    if (webhooks_api_write(&key->api, REST_DELETE, "Rules", setup_key_text(key->now.json, "id"), NULL, &answer))
        end = setup_operation_wait(key->setup, &key->api, "the Rule's deletion", &answer);
    else
        setup_failed("Rule", &answer);
    ask_forget(&answer);
    return end == SETUP_OPERATION_DONE;
}

/* Rule, then Settings, then SharedKeys: Twilio refuses any other order (59100). */
static int delete_found(struct setup_key *key, const struct found *found)
{
    size_t i;

    if (!delete_rule(key) || !delete_all(key, "Settings", found->settings, "Setting") ||
        !delete_all(key, "SharedKeys", found->keys, "SharedKey")) {
        fputs("twilio-autojoin: not all of it is gone: call it again\n", stderr);
        return COMMAND_LEFT;
    }
    for (i = 0; i < json_array_size(found->keys); i++)
        printf("AUTOJOIN_SHARED_KEYS still has %s, for webhooks that are under way: the same command takes it out in "
               "ten minutes\n", setup_key_text(json_array_get(found->keys, i), "id"));
    return COMMAND_OK;
}

/* Whether Twilio surely does not have the key. */
static bool is_unknown(struct setup_key *key, const char *id)
{
    struct ask_answer answer;
    bool unknown = !webhooks_api_get(&key->api, "SharedKeys", id, &answer) && answer.status == ASK_NOT_FOUND;

    ask_forget(&answer);
    return unknown;
}

/* What was taken out of the file is taken out here, too. */
static void drop_key(struct setting_shared_keys *keys, size_t place)
{
    keys->count--;
    for (; place < keys->count; place++) {
        keys->ids[place] = keys->ids[place + 1];
        keys->secrets[place] = keys->secrets[place + 1];
    }
}

/* Nothing of ours is at Twilio: keys that it does not have any more leave the settings. */
static int forget_keys(struct setup_key *key)
{
    struct setting_shared_keys *keys = &key->setup->context.config.shared_keys;
    unsigned count = 0;
    size_t i;

    for (i = 0; i < keys->count; i++) {
        const char *wrong;

        if (!is_unknown(key, keys->ids[i]))
            continue;
        count++;
        printf("  %-10s %s in %s, which Twilio does not have any more\n", "key", keys->ids[i], key->place.path);
        if (key->setup->options.dry_run)
            continue;
        if (!command_line_confirm("settings", key->setup->options.yes))
            return COMMAND_LEFT;
        wrong = setup_key_place_remove(&key->place, &key->setup->context.config, keys->ids[i]);
        if (wrong) {
            fprintf(stderr, "twilio-autojoin: %s: %s\n", key->place.path, wrong);
            return COMMAND_LEFT;
        }
        printf("%s: the key is taken out\n", key->place.path);
        drop_key(keys, i--);
    }
    if (count == 0)
        puts("  nothing to undo");
    return COMMAND_OK;
}

int setup_shared_key_undo(struct setup *setup)
{
    struct found found = {NULL, NULL};
    struct setup_key key;
    char shown[256];
    int status = setup_key_open(&key, setup);

    if (status != COMMAND_OK)
        goto out;
    status = COMMAND_LEFT;
    found.settings = find(&key, "Settings", "settings");
    found.keys = found.settings ? find(&key, "SharedKeys", "sharedKeys") : NULL;
    if (!found.keys)
        goto out;
    setup_show_url(shown, sizeof shown, key.url);
    printf("What setup --shared-key made for %s:\n", shown);
    if (!setup_key_is_ours(&key) && !json_array_size(found.settings) && !json_array_size(found.keys)) {
        status = forget_keys(&key);
        goto out;
    }
    if (setup_key_is_ours(&key))
        printf("  %-10s %s\n", "Rule", setup_key_text(key.now.json, "id"));
    show_ids("Setting", found.settings);
    show_ids("SharedKey", found.keys);
    fflush(stdout);
    if (setup->options.dry_run)
        status = COMMAND_OK;
    else if (command_line_confirm("signature", setup->options.yes) && command_context_end_on_signals(&setup->context))
        status = delete_found(&key, &found);
out:
    json_decref(found.settings);
    json_decref(found.keys);
    setup_key_close(&key);
    return status;
}
