/*
 * A form taken apart a second way, for judging the first: nothing of src/ is used in it.
 * Source: WHATWG URL, "application/x-www-form-urlencoded parsing", but that bytes stay bytes.
 */
#ifndef AUTOJOIN_TESTS_LIB_PLAIN_FORM_H
#define AUTOJOIN_TESTS_LIB_PLAIN_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { PLAIN_FORM_LIMIT = 8192 };

struct plain_form_pair {
    unsigned char *name, *value;
    size_t name_length, value_length;
};

struct plain_form {
    struct plain_form_pair pairs[PLAIN_FORM_LIMIT]; /* in their order */
    size_t count;
    unsigned char *room; /* owned; names and values lie in it */
};

/* Decodes every piece between "&", up to PLAIN_FORM_LIMIT of them. Ends the process if memory runs out. */
void plain_form_read(struct plain_form *form, const char *body, size_t length);

void plain_form_free(struct plain_form *form);

/* Whether there is a parameter of that name, and each of that name has that value. */
bool plain_form_says(const struct plain_form *form, const char *name, const char *value);

#endif
