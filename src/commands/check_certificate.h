/* The part of `check` that says why a web server's certificate is not to be believed. */
#ifndef AUTOJOIN_COMMANDS_CHECK_CERTIFICATE_H
#define AUTOJOIN_COMMANDS_CHECK_CERTIFICATE_H

#include "commands/check_finding.h"
#include "commands/signed_webhook.h"

/* Tells of the certificate that was not believed at `url`: its name, whose it is, until when, and what is wrong.
 * `verify` is as in struct signed_webhook_answer. Nothing is sent to who shows it. */
void check_certificate(struct findings *findings, const char *url, long verify, const struct signed_webhook_way *way);

#endif
