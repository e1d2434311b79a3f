/* The authorities that Twilio may have signed: every host that anybody on the way names, with
 * every port. */
#ifndef AUTOJOIN_DIAGNOSIS_URL_AUTHORITIES_H
#define AUTOJOIN_DIAGNOSIS_URL_AUTHORITIES_H

#include "diagnosis/url_pieces.h"
#include "gateway/request.h"
#include "support/config.h"
#include "support/origin.h"

/* Adds them to the pieces, the one of `base` first. */
void url_authorities_collect(struct url_pieces *pieces, const struct origin *base,
                             const struct config *config, const struct request *request);

#endif
