/*
 * A form taken apart a second way, for judging the first: nothing of src/ is used in it.
 * Source: WHATWG URL, "application/x-www-form-urlencoded parsing", but that bytes stay bytes.
 */
#ifndef AUTOJOIN_TESTS_FUZZ_PLAINFORM_H
#define AUTOJOIN_TESTS_FUZZ_PLAINFORM_H

#include <stdbool.h>
#include <stddef.h>

enum { PLAINFORM_LIMIT = 8192 };

struct plainform_pair {
    unsigned char *name, *value;
    size_t name_length, value_length;
};

struct plainform {
    struct plainform_pair pairs[PLAINFORM_LIMIT]; /* in their order */
    size_t count;
    unsigned char *room; /* owned; names and values lie in it */
};

/* Decodes every piece between "&", up to PLAINFORM_LIMIT of them. Ends the process if memory runs out. */
void plainform_read(struct plainform *form, const char *body, size_t length);

void plainform_free(struct plainform *form);

/* Whether there is a parameter of that name, and each of that name has that value. */
bool plainform_says(const struct plainform *form, const char *name, const char *value);

#endif
