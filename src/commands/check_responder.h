/* The part of `check` that asks a running responder whether it has the settings that stand in the file. */
#ifndef AUTOJOIN_COMMANDS_CHECK_RESPONDER_H
#define AUTOJOIN_COMMANDS_CHECK_RESPONDER_H

#include <stdbool.h>

#include "commands/check_finding.h"
#include "commands/signed_webhook.h"
#include "support/config.h"

enum check_responder_verdict {
    CHECK_RESPONDER_CURRENT,
    CHECK_RESPONDER_OTHER_SETTINGS, /* it has to be started again */
    CHECK_RESPONDER_OLDER,          /* a build that does not tell */
    CHECK_RESPONDER_UNKNOWN         /* what answers is no healthz of ours */
};

/* Appends the URL of the healthz that belongs to a webhook's URL. */
void check_responder_append_health(struct buffer *out, const char *url);

/* What such an answer of 200 says. */
enum check_responder_verdict check_responder_judge(const struct config *config, const struct buffer *body);

/* Asks for healthz below the URL. Not thread-safe. */
enum check_responder_verdict check_responder_ask(const struct config *config, const char *url,
                                                 const struct signed_webhook_way *way);

/* Writes what starts the responder anew, or with `reload` what has it read its settings anew: a command, if what runs it
 * here can be seen. `settings` is the file's path, NULL for the standard one. */
void check_responder_restart(char *text, size_t size, const char *settings, bool reload);

/* Tells the verdict on a responder that answered as ours does. */
void check_responder_tell(struct findings *findings, enum check_responder_verdict verdict, const struct config *config,
                          const char *settings);

#endif
