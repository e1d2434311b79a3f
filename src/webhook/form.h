/*
 * application/x-www-form-urlencoded: decoded, in its order, bounded (WHATWG URL, section 5).
 *
 * Bytes stay bytes: nothing is trimmed, no UTF-8 is checked, an embedded NUL is data,
 * because all of it is signed.
 */
#ifndef AUTOJOIN_WEBHOOK_FORM_H
#define AUTOJOIN_WEBHOOK_FORM_H

#include <stdbool.h>
#include <stddef.h>

enum { FORM_PARAMETERS_LIMIT = 512 };

struct form_parameter {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
};

struct form {
    struct form_parameter parameters[FORM_PARAMETERS_LIMIT];
    size_t count;
};

/* Takes a body apart in place; the form borrows its bytes. False if it has more than
 * FORM_PARAMETERS_LIMIT parameters (Twilio sends some 30). Thread-safe. */
bool form_parse(struct form *form, char *body, size_t length);

/* The first parameter of that name; NULL if there is none. */
const struct form_parameter *form_find(const struct form *form, const char *name);

/* One of the parameters that somebody wants to know. */
struct form_pick {
    const char *name;                       /* the caller's to set */
    const struct form_parameter *parameter; /* the first of that name; NULL if there is none */
    bool conflicts;                         /* it is there more than once, with different values */
};

/* Finds them all at once. */
void form_pick(const struct form *form, struct form_pick *picks, size_t count);

/* Whether the parameter's value is exactly that string; false for NULL. */
bool form_value_is(const struct form_parameter *parameter, const char *value);

#endif
