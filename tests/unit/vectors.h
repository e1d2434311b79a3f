/* The signed requests of Twilio's official libraries' own tests, and those that its Node library signed with
 * SharedKeys (tests/vectors). */
#ifndef AUTOJOIN_TESTS_UNIT_VECTORS_H
#define AUTOJOIN_TESTS_UNIT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

enum { VECTORS_LIMIT = 200, VECTORS_KEYS_LIMIT = 4 };

struct vector {
    char name[200]; /* number and source */
    char *url;
    char *body; /* form-encoded parameters, or the raw body */
    size_t body_length;
    bool raw;   /* `body` is no form */
    char *token;
    char *signature; /* NULL: the header is missing */
    char *settings;  /* X-Twilio-Webhooks-Signature-Settings; NULL: the header is missing */
    struct {
        char *id, *secret;
    } keys[VECTORS_KEYS_LIMIT]; /* SharedKeys */
    size_t keys_count;
    bool valid;
};

/* Reads all files of the folder that AUTOJOIN_VECTORS names (tests/vectors by default); ends the
 * program with a message if that fails. Gives how many there are. */
size_t vectors_load(struct vector vectors[VECTORS_LIMIT]);

void vectors_free(struct vector *vectors, size_t count);

#endif
