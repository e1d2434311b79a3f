/*
 * The part of `setup` that has Twilio sign what goes to our URL by a SharedKey: a Webhook Rule for exactly that URL
 * (facts: twilio.com/docs/usage/webhooks). With a Rule of ours there already it is a rotation: by percentages, and
 * then to its end.
 */
#ifndef AUTOJOIN_COMMANDS_SETUP_SHARED_KEY_H
#define AUTOJOIN_COMMANDS_SETUP_SHARED_KEY_H

#include "commands/setup_change.h"

/* Returns the exit status. If a later step fails, what was made is taken back. */
int setup_shared_key(struct setup *setup);

/* Takes all of it back: Rule, Settings, SharedKeys. Called again, the keys that Twilio does not have any more leave
 * the settings, too. Returns the exit status. */
int setup_shared_key_undo(struct setup *setup);

#endif
