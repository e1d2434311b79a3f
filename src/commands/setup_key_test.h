/* The step of `setup --shared-key` that has Twilio send a test webhook by the new Setting. */
#ifndef AUTOJOIN_COMMANDS_SETUP_KEY_TEST_H
#define AUTOJOIN_COMMANDS_SETUP_KEY_TEST_H

#include "commands/setup_key.h"

/* Waits until the Setting has propagated (Twilio answers 422 until then), and until our responder takes the key: it
 * has to read its settings anew. True if the Rule may be made; what was answered is said. */
bool setup_key_test(struct setup_key *key);

#endif
