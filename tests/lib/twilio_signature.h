/*
 * Twilio's signature computed a second way, for judging the first: nothing of src/ is used in it.
 * Source: Twilio, "Webhooks security".
 */
#ifndef AUTOJOIN_TESTS_LIB_TWILIO_SIGNATURE_H
#define AUTOJOIN_TESTS_LIB_TWILIO_SIGNATURE_H

#include <stddef.h>

enum { TWILIO_SIGNATURE_SIZE = 45, TWILIO_SIGNATURE_HASH_SIZE = 65 };

enum twilio_signature_hash { TWILIO_SIGNATURE_SHA1, TWILIO_SIGNATURE_SHA256 };

/* Writes the signature over the URL and a form's body (of which every "name=value" is decoded,
 * sorted, and counted once); over the URL alone if `body` is NULL. */
void twilio_signature_write(char signature[TWILIO_SIGNATURE_SIZE], const char *secret,
                           enum twilio_signature_hash hash, const char *url, size_t url_length, const char *body, size_t body_length);

/* Writes what the query's bodySHA256 must be for a body that is no form. */
void twilio_signature_write_hash(char hash[TWILIO_SIGNATURE_HASH_SIZE], const char *body, size_t length);

#endif
