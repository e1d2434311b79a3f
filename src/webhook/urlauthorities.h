/* The authorities that Twilio may have signed: every host that anybody on the way names, with
 * every port. */
#ifndef AUTOJOIN_WEBHOOK_URLAUTHORITIES_H
#define AUTOJOIN_WEBHOOK_URLAUTHORITIES_H

#include "support/origin.h"
#include "webhook/urlpieces.h"

/* Adds them to the pieces, the one of `base` first. */
void urlauthorities_collect(struct urlpieces *pieces, const struct origin *base,
                            const struct config *config, const struct request *request);

#endif
