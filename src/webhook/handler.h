/*
 * The decision: from a request to its answer, perhaps by way of a join.
 *
 * The order is fixed: method, content type, length, body, signature, AccountSid, event, SIDs, join.
 * Nothing of a body is acted on before the signature held. Does no input or output: joining and
 * capturing are functions that it is handed.
 */
#ifndef AUTOJOIN_WEBHOOK_HANDLER_H
#define AUTOJOIN_WEBHOOK_HANDLER_H

#include "gateway/exchange.h"
#include "webhook/handler_means.h"

/* What a gateway is to take in: a list of Event Streams may have more than AUTOJOIN_MAX_BODY allows a form. */
enum { HANDLER_BODY_LIMIT = 1024 * 1024 };

/* Serves one exchange (an exchange_serve_fn with a struct handler as application). */
void handler_serve(void *handler, struct exchange *exchange);

#endif
