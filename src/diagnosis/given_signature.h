/* The signature that came with a request, as it was before something on the way altered it. */
#ifndef AUTOJOIN_DIAGNOSIS_GIVEN_SIGNATURE_H
#define AUTOJOIN_DIAGNOSIS_GIVEN_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "webhook/signature.h"

enum { GIVEN_SIGNATURES_LIMIT = 4 };

struct given_signatures {
    char texts[GIVEN_SIGNATURES_LIMIT][SIGNATURE_SIZE];
    bool altered[GIVEN_SIGNATURES_LIMIT]; /* not what stood in the header */
    size_t count;
};

/* Reads a header: itself if it is as long as a signature of either algorithm, and what it may have been before it
 * was quoted, encoded, put in a list or lost its "=". */
void given_signature_read(struct given_signatures *given, const char *header);

/* Whether one of them has that algorithm's length. */
bool given_signature_has(const struct given_signatures *given, enum signature_algorithm algorithm);

/* Whether one of them is that signature; `altered` tells which kind. */
bool given_signature_is(const struct given_signatures *given, const char *signature, bool *altered);

#endif
