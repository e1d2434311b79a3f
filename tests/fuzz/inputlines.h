/* An input that is text: its lines, of which the last one may be followed by a body of any bytes. */
#ifndef AUTOJOIN_TESTS_FUZZ_INPUTLINES_H
#define AUTOJOIN_TESTS_FUZZ_INPUTLINES_H

#include <stddef.h>
#include <stdint.h>

enum { INPUTLINES_LIMIT = 256 };

struct inputlines {
    char *text; /* owned; the lines are in it, NUL-ended */
    char *lines[INPUTLINES_LIMIT + 1]; /* NULL-ended, like an environment */
    size_t count;
    char *body; /* behind the first empty line; in `text` */
    size_t body_length;
};

/* Takes an input apart. Ends the process if memory runs out. */
void inputlines_read(struct inputlines *input, const uint8_t *data, size_t size);

/* What the first line NAME=value gives; NULL if there is none. */
char *inputlines_value(const struct inputlines *input, const char *name);

void inputlines_free(struct inputlines *input);

#endif
