/*
 * A request that asks for a signature gets it: HTTP_X_TWILIO_SIGNATURE=SIGN is replaced by the right one,
 * =TAMPER by the one over another URL, =CUT by the right one but for its last character.
 */
#ifndef AUTOJOIN_TESTS_FUZZ_SIGNEDINPUT_H
#define AUTOJOIN_TESTS_FUZZ_SIGNEDINPUT_H

#include <stdbool.h>

#include "inputlines.h"

enum { SIGNEDINPUT_LINE_SIZE = 64 };

/* `line` gets the variable and must live as long as the input; `public_url` is NULL if none is
 * configured. Whether the request is now signed rightly, and over all that a gateway will read of it. */
bool signedinput_sign(struct inputlines *input, char line[SIGNEDINPUT_LINE_SIZE], const char *token,
                      const char *public_url);

/* Whether the body is signed by its hash and not by its parameters. */
bool signedinput_is_json(const struct inputlines *input);

#endif
