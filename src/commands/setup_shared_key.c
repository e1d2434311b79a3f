#include "build.h"

#include "commands/setup_shared_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/setup_key.h"
#include "commands/setup_key_test.h"
#include "commands/setup_operation.h"

enum { SUMMARY_LIMIT = 1024, MATCH_LIMIT = 2048, WHOLE = 100 };

/* What this run is to do. */
struct plan {
    long share;     /* of the new key */
    bool make_key;  /* a new one; else the newer one of a Rule with two gets its share */
    bool drop_old;  /* at 100 % nothing signs by the older one any more */
};

static int refuse(const char *what, const char *value)
{
    fflush(stdout);
    fprintf(stderr, "twilio-autojoin: %s%s\n", what, value);
    return COMMAND_LEFT;
}

/* What cannot be an exact Rule's value. */
static const char *judge_url(const char *url)
{
    size_t length = strlen(url);

    if (length > MATCH_LIMIT)
        return "the URL is longer than the 2,048 characters that a Rule can have";
    if (strchr(url, '#'))
        return "the URL has a fragment, which no Rule can have";
    if (url[length - 1] == '/')
        return "a Rule for exactly one URL cannot end with \"/\": have Twilio send to a URL without it "
               "(setup --url), and AUTOJOIN_PUBLIC_URL likewise";
    return NULL;
}

static void append_signer(struct buffer *words, const char *key, long share)
{
    buffer_append_format(words, "%s%ld %% by ", words->length ? ", " : "", share);
    if (*key)
        buffer_append_format(words, "the key %s", key);
    else
        buffer_append_string(words, "the auth token");
}

/* How what goes to our URL is signed today. */
static void describe_now(struct buffer *words, const struct setup_key *key)
{
    size_t i;

    if (key->now.match == WEBHOOK_RULES_NONE) {
        append_signer(words, "", WHOLE);
        buffer_append_string(words, ", for no Rule takes it");
        return;
    }
    for (i = 0; i < key->part_count; i++)
        append_signer(words, key->parts[i].key, key->parts[i].share);
    buffer_append_format(words, "%sthe %s Rule %s", words->length ? " (" : "",
                         webhook_rules_describe(key->now.match), setup_key_text(key->now.json, "id"));
    if (key->part_count > 0)
        buffer_append_char(words, ')');
    else
        buffer_append_format(words, " \"%.80s\" decides that", setup_key_text(key->now.json, "friendlyName"));
}

static void describe_then(struct buffer *words, const struct setup_key *key, const struct plan *plan)
{
    const char *old = key->part_count > 0 ? key->parts[0].key : "";

    if (plan->share < WHOLE)
        append_signer(words, old, WHOLE - plan->share);
    append_signer(words, plan->make_key ? "(a new one)" : key->parts[1].key, plan->share);
    buffer_append_string(words, " (an exact Rule of our own)");
}

static void show(const struct setup_key *key, const struct plan *plan)
{
    struct buffer before, after;
    char shown[256];

    buffer_init(&before, SUMMARY_LIMIT);
    buffer_init(&after, SUMMARY_LIMIT);
    describe_now(&before, key);
    describe_then(&after, key, plan);
    setup_show_url(shown, sizeof shown, key->url);
    printf("Signature of what Twilio sends to %s:\n", shown);
    setup_print_change("signed", buffer_string(&before), buffer_string(&after));
    if (plan->make_key)
        printf("  %-10s %s gets the new key, before anything signs by it\n", "settings", key->place.path);
    if (plan->drop_old)
        printf("  %-10s Setting %s%s%s\n", "deleted", key->parts[0].setting,
               *key->parts[0].key ? " and SharedKey " : "", key->parts[0].key);
    puts("  To undo: twilio-autojoin setup --shared-key --undo");
    fflush(stdout);
    buffer_free(&before);
    buffer_free(&after);
}

/* The first writes: the SharedKey, and its secret into the settings before anything can sign by it. */
static bool make_key(struct setup_key *key)
{
    struct ask_answer answer;
    const char *wrong;

    if (!webhooks_api_write(&key->api, REST_POST, "SharedKeys", NULL, json_pack("{s:s}", "friendlyName", key->name),
                            &answer)) {
        setup_failed("SharedKey", &answer);
        return false;
    }
    snprintf(key->key, sizeof key->key, "%s", setup_key_text(answer.json, "id"));
    printf("SharedKey %s: made\n", key->key);
    wrong = setup_key_place_add(&key->place, &key->setup->context.config, key->key,
                                setup_key_text(answer.json, "secret"));
    ask_forget(&answer);
    if (wrong) {
        refuse("the key cannot be written: ", wrong);
        return false;
    }
    key->written = true;
    printf("%s: has the key. Have the responders read it now: systemctl reload twilio-autojoin, or restart what "
           "runs them\n", key->place.path);
    fflush(stdout);
    return true;
}

/* The Settings of the Rule with their shares; NULL if memory ran out. */
static json_t *rule_settings(const struct setup_key *key, const struct plan *plan)
{
    const char *old = key->part_count > 0 ? key->parts[0].setting : key->token_setting;
    const char *new = plan->make_key ? key->setting : key->parts[1].setting;

    if (plan->share == WHOLE)
        return json_pack("[{s:s, s:i}]", "settingId", new, "percentage", WHOLE);
    return json_pack("[{s:s, s:i}, {s:s, s:i}]", "settingId", old, "percentage", (int)(WHOLE - plan->share),
                     "settingId", new, "percentage", (int)plan->share);
}

/* Makes the Rule, or changes it, and waits until Twilio has done so. */
static enum setup_operation_end write_rule(struct setup_key *key, const struct plan *plan)
{
    bool ours = setup_key_is_ours(key);
    json_t *settings = rule_settings(key, plan);
    json_t *body = ours ? json_pack("{s:o}", "settings", settings)
                        : json_pack("{s:s, s:s, s:s, s:o}", "friendlyName", key->name, "matchType",
                                    "EXACT_MATCH", "value", key->url, "settings", settings);
    enum setup_operation_end end = SETUP_OPERATION_FAILED;
    struct ask_answer answer;

    if (webhooks_api_write(&key->api, ours ? REST_PATCH : REST_POST, "Rules",
                           ours ? setup_key_text(key->now.json, "id") : NULL, body, &answer))
        end = setup_operation_wait(key->setup, &key->api, "the Rule", &answer);
    else if (setup_failed("Rule", &answer) != COMMAND_OK && webhooks_api_is_open(&answer))
        end = SETUP_OPERATION_UNFINISHED; /* it may be there: nothing that it may use is taken back */
    ask_forget(&answer);
    return end;
}

/* All steps before the Rule. */
static bool prepare(struct setup_key *key, const struct plan *plan)
{
    if (!plan->make_key)
        return true;
    if (!make_key(key))
        return false;
    if (plan->share < WHOLE && key->part_count == 0 && !setup_key_make_setting(key, "", key->token_setting))
        return false;
    return setup_key_make_setting(key, key->key, key->setting) && setup_key_test(key);
}

/* What signs no more. The key stays in the settings: webhooks that are under way, and their repetitions, have it. */
static void drop_old(struct setup_key *key)
{
    const struct setup_key_part *old = &key->parts[0];

    if (!setup_key_delete(key, "Settings", old->setting, "Setting") || !*old->key)
        return;
    if (setup_key_delete(key, "SharedKeys", old->key, "SharedKey"))
        printf("AUTOJOIN_SHARED_KEYS still has %s, for webhooks that are under way: take it out in ten minutes\n",
               old->key);
}

static void tell_end(const struct setup_key *key, const struct plan *plan)
{
    const char *id = plan->make_key ? key->key : key->parts[1].key;

    printf("Done: Twilio signs %ld %% of what goes there by %s.\n"
           "It is not confirmed that Rules reach the webhooks of Conversations: twilio-autojoin probe tells by which\n"
           "key they are proved. Keep TWILIO_AUTH_TOKEN: everything else is signed by it.\n",
           plan->share, *id ? id : "the auth token");
    if (plan->share < WHOLE)
        puts("To end the rotation: twilio-autojoin setup --shared-key");
}

/* What is there when somebody interrupts, or Twilio takes too long. */
static int tell_state(const struct setup_key *key, bool rule)
{
    fflush(stdout);
    fprintf(stderr,
            "twilio-autojoin: not finished. Made until now: %s%s%s%s%s.%s\n"
            "twilio-autojoin check says how it stands; setup --shared-key --undo takes all of it back.\n",
            *key->key ? "SharedKey " : "nothing", key->key, *key->setting ? ", Setting " : "", key->setting,
            rule ? ", and the Rule is asked for: Twilio may apply it yet" : "",
            key->written ? " The settings have the key, so that nothing is refused once the responders have read them."
                         : "");
    return COMMAND_LEFT;
}

static int carry_out(struct setup_key *key, const struct plan *plan)
{
    bool prepared = prepare(key, plan);
    enum setup_operation_end end = prepared ? write_rule(key, plan) : SETUP_OPERATION_FAILED;

    if (key->setup->context.signalled)
        return tell_state(key, prepared);
    switch (end) {
    case SETUP_OPERATION_DONE:
        if (plan->drop_old)
            drop_old(key);
        tell_end(key, plan);
        return COMMAND_OK;
    case SETUP_OPERATION_FAILED:
        setup_key_take_back(key);
        return COMMAND_LEFT;
    case SETUP_OPERATION_UNFINISHED:
    case SETUP_OPERATION_INTERRUPTED:
        break;
    }
    return tell_state(key, true);
}

/* A Rule with two Settings goes on where it is; one with a single Setting, or none, gets a new key. */
static struct plan make_plan(const struct setup_key *key)
{
    const char *share = key->setup->options.share;
    struct plan plan = {.share = share ? strtol(share, NULL, 10) : WHOLE, .make_key = key->part_count < 2};

    plan.drop_old = plan.share == WHOLE && key->part_count > 0;
    return plan;
}

static int refuse_foreign(const struct setup_key *key)
{
    fflush(stdout);
    fprintf(stderr,
            "twilio-autojoin: there is a Rule for exactly this URL already, and it is somebody else's: %s \"%.80s\". "
            "twilio-autojoin check says what it does; have it deleted, or put its key into AUTOJOIN_SHARED_KEYS\n",
            setup_key_text(key->now.json, "id"), setup_key_text(key->now.json, "friendlyName"));
    return COMMAND_LEFT;
}

/* Whether a key that goes on signing is one that the settings lack: then nothing is moved to it. */
static bool lacks_key(const struct setup_key *key, const struct plan *plan)
{
    const struct setting_shared_keys *keys = &key->setup->context.config.shared_keys;
    const char *id = plan->make_key ? "" : key->parts[1].key;
    size_t i;

    for (i = 0; i < keys->count; i++)
        if (strcmp(keys->ids[i], id) == 0)
            return false;
    return *id != '\0';
}

int setup_shared_key(struct setup *setup)
{
    struct setup_key key;
    int status = setup_key_open(&key, setup);
    const char *wrong = status == COMMAND_OK ? judge_url(key.url) : NULL;
    struct plan plan;

    if (wrong)
        status = refuse(wrong, "");
    if (status != COMMAND_OK)
        goto out;
    if (key.now.match == WEBHOOK_RULES_EXACT && !setup_key_is_ours(&key)) {
        status = refuse_foreign(&key);
        goto out;
    }
    plan = make_plan(&key);
    if (plan.make_key && setup->context.config.shared_keys.count >= SETTING_SHARED_KEYS_LIMIT) {
        status = refuse("AUTOJOIN_SHARED_KEYS has 8 keys already: take out those that sign no more", "");
        goto out;
    }
    if (lacks_key(&key, &plan)) {
        status = refuse("the newer key of the Rule is not in AUTOJOIN_SHARED_KEYS; put it back, or call this with "
                        "--undo and then again: ", key.parts[1].key);
        goto out;
    }
    show(&key, &plan);
    if (setup->options.dry_run)
        goto out;
    if (!command_line_confirm("signature", setup->options.yes) || !command_context_end_on_signals(&setup->context))
        status = COMMAND_LEFT;
    else
        status = carry_out(&key, &plan);
out:
    setup_key_close(&key);
    return status;
}
