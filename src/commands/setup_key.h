/*
 * What the parts of `setup --shared-key` share: what is ours at Twilio (a Rule for exactly our URL, its Settings,
 * their SharedKeys; known by their name), how it is made and how it is taken back.
 */
#ifndef AUTOJOIN_COMMANDS_SETUP_KEY_H
#define AUTOJOIN_COMMANDS_SETUP_KEY_H

#include "commands/setup_change.h"
#include "commands/setup_key_place.h"
#include "twilio/webhook_rules.h"
#include "twilio/webhooks_api.h"

enum { SETUP_KEY_ID_SIZE = 128, SETUP_KEY_NAME_SIZE = 240, SETUP_KEY_PARTS_LIMIT = 2 };

/* One Setting of our Rule. */
struct setup_key_part {
    char setting[SETUP_KEY_ID_SIZE];
    char key[SETUP_KEY_ID_SIZE]; /* "" : the auth token */
    char created[40];
    long share;
};

struct setup_key {
    struct setup *setup;
    struct asker api;
    const char *url;
    char name[SETUP_KEY_NAME_SIZE]; /* friendlyName of all that is ours */
    struct setup_key_place place;
    json_t *rules;
    struct webhook_rule now; /* the one that takes our URL */
    struct setup_key_part parts[SETUP_KEY_PARTS_LIMIT]; /* of ours, oldest first */
    size_t part_count;
    bool written; /* the key is in the settings */
    /* Made in this run; "" for none. */
    char key[SETUP_KEY_ID_SIZE], setting[SETUP_KEY_ID_SIZE], token_setting[SETUP_KEY_ID_SIZE];
};

/* Finds place and Rules, and our Rule's Settings. Returns the exit status; what is wrong is said. To be given back
 * by setup_key_close() in any case. */
int setup_key_open(struct setup_key *key, struct setup *setup);
void setup_key_close(struct setup_key *key);

/* Whether the Rule that takes our URL is one that this command made. */
bool setup_key_is_ours(const struct setup_key *key);

/* A text member of an answer or an object, "" for none. */
const char *setup_key_text(const json_t *json, const char *name);

/* Makes a Setting that signs by the SharedKey, or by the auth token for "". How a Setting says that Twilio is to
 * authenticate by nothing is not documented, nor what a signature by SharedKey is called: tried in the order of
 * likelihood, and what Twilio answers is shown. False if none was taken; said. */
bool setup_key_make_setting(struct setup_key *key, const char *shared_key, char *id);

/* Deletes one thing, while Twilio says "in use" for some seconds more. True if it is gone; else said. */
bool setup_key_delete(struct setup_key *key, const char *kind, const char *id, const char *what);

/* Takes back what was made in this run, in order; each step is said. */
void setup_key_take_back(struct setup_key *key);

#endif
