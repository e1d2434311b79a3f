/* The part of `setup` that has Twilio send its webhooks to us. */
#ifndef AUTOJOIN_COMMANDS_SETUP_WEBHOOK_H
#define AUTOJOIN_COMMANDS_SETUP_WEBHOOK_H

#include "commands/setup_change.h"

enum { SETUP_WEBHOOK_WRONG_SIZE = 192 };

/* What is wrong with the list of --events, "" if nothing is: the text names the event. */
void setup_webhook_judge_events(const char *events, char *wrong, size_t size);

/* What is wrong with --url, or NULL; static. "" is none, to undo; with `restore` whatever stood there is taken
 * that is a URL. */
const char *setup_webhook_judge_url(const char *url, bool restore);

/* Sets URL, method and events at one level, and takes our URL out of the other: set at both, every event comes
 * twice. Returns the exit status. */
int setup_webhook(struct setup *setup);

#endif
