/* Requests of a test, from a list of NAME=value literals. */
#ifndef AUTOJOIN_TESTS_UNIT_VARIABLES_H
#define AUTOJOIN_TESTS_UNIT_VARIABLES_H

#include <stdint.h>

#include "gateway/request.h"

/* A gateway's environment is not const; ours is, and nobody writes to it. */
static inline void variables_read(struct request *request, const char *const *variables)
{
    *request = (struct request){0};
    request_read_variables(request, (char *const *)(uintptr_t)variables);
}

#endif
