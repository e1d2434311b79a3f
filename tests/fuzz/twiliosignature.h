/*
 * Twilio's signature computed a second way, for judging the first: nothing of src/ is used in it.
 * Source: Twilio, "Webhooks security".
 */
#ifndef AUTOJOIN_TESTS_FUZZ_TWILIOSIGNATURE_H
#define AUTOJOIN_TESTS_FUZZ_TWILIOSIGNATURE_H

#include <stddef.h>

enum { TWILIOSIGNATURE_SIZE = 29, TWILIOSIGNATURE_HASH_SIZE = 65 };

/* Writes the signature over the URL and a form's body (of which every "name=value" is decoded,
 * sorted, and counted once); over the URL alone if `body` is NULL. */
void twiliosignature_write(char signature[TWILIOSIGNATURE_SIZE], const char *token, const char *url,
                           size_t url_length, const char *body, size_t body_length);

/* Writes what the query's bodySHA256 must be for a body that is no form. */
void twiliosignature_write_hash(char hash[TWILIOSIGNATURE_HASH_SIZE], const char *body, size_t length);

#endif
