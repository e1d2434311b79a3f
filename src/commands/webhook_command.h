/* A signed webhook as a command line to copy: curl, or the responder as plain CGI. */
#ifndef AUTOJOIN_COMMANDS_WEBHOOK_COMMAND_H
#define AUTOJOIN_COMMANDS_WEBHOOK_COMMAND_H

#include "commands/signed_webhook.h"

enum { WEBHOOK_COMMAND_LIMIT = 8 * 1024 * 1024 };

/* Appends a curl command that posts it. */
void webhook_command_curl(struct buffer *out, const struct signed_webhook *webhook);

/* Appends a command that runs `program` with an environment that a web server would make of it
 * (RFC 3875, 4.1), and nothing else in it but AUTOJOIN_CONFIG, if there is a settings file. */
void webhook_command_cgi(struct buffer *out, const struct signed_webhook *webhook,
                         const char *program, const char *settings_file);

#endif
