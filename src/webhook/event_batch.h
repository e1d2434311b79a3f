/*
 * The events of one request of Event Streams under way: all at once, within the request's deadline, and one
 * answer, the worst of theirs.
 *
 * Event Streams sends everything again that is not answered 2xx, for four hours, except for 400. So an event
 * that could not be joined yet counts as taken if its ticket is in the spool; without one all of them come again,
 * and what is joined already does no harm. What can never pass, because it is no event or another account's, decides
 * only where nothing else is in the request.
 */
#ifndef AUTOJOIN_WEBHOOK_EVENT_BATCH_H
#define AUTOJOIN_WEBHOOK_EVENT_BATCH_H

#include "webhook/answer.h"
#include "webhook/handler_means.h"

/* Takes over an exchange whose signature held, and answers it, perhaps before this returns. Of `facts` id,
 * signer and way are kept. */
void event_batch_start(struct handler *handler, struct exchange *exchange, const struct answer_facts *facts);

#endif
