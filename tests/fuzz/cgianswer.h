/* What the web server expects of a CGI program (RFC 3875, 6), held against any answer whatever. */
#ifndef AUTOJOIN_TESTS_FUZZ_CGIANSWER_H
#define AUTOJOIN_TESTS_FUZZ_CGIANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct cgianswer {
    int status;
    const char *body; /* in the text */
};

/* Ends the process unless the text, which is NUL-ended, is one whole answer: one status line, headers
 * each once, a body of the promised length (none to a HEAD). */
void cgianswer_assert(struct cgianswer *answer, const char *text, size_t length, bool head);

#endif
