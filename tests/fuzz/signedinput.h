/*
 * A request that asks for a signature gets it: HTTP_X_TWILIO_SIGNATURE=SIGN is replaced by the right one,
 * =TAMPER by the one over another URL, =CUT by the right one but for its last character; "SIGN KEY", "TAMPER KEY" and
 * "CUT KEY" do so by a SharedKey and HMAC_SHA256, "SIGN KEY SHA1" by HMAC_SHA1.
 */
#ifndef AUTOJOIN_TESTS_FUZZ_SIGNEDINPUT_H
#define AUTOJOIN_TESTS_FUZZ_SIGNEDINPUT_H

#include <stdbool.h>

#include "inputlines.h"
#include "../lib/twilio_signature.h"

enum { SIGNEDINPUT_LINE_SIZE = 96, SIGNEDINPUT_SIGNERS = 3 };

struct signedinput_signer {
    const char *secret;
    enum twilio_signature_hash hash;
};

/* `line` gets the variable and must live as long as the input; `signers` are the token, the SharedKey by
 * HMAC_SHA1 and by HMAC_SHA256; `public_url` is NULL if none is
 * configured; `signer` gets who signed. Whether the request is now signed rightly, and over all that a gateway will read of it. */
bool signedinput_sign(struct inputlines *input, char line[SIGNEDINPUT_LINE_SIZE],
                      const struct signedinput_signer signers[SIGNEDINPUT_SIGNERS], const char *public_url,
                      unsigned *signer);

/* Whether the body is signed by its hash and not by its parameters. */
bool signedinput_is_json(const struct inputlines *input);

#endif
