/* How a function takes the place of another one at link time (ld --wrap). */
#ifndef AUTOJOIN_TESTS_TORTURE_WRAPPING_H
#define AUTOJOIN_TESTS_TORTURE_WRAPPING_H

#include "failing.h"

/* The names that ld --wrap makes are reserved ones, and nobody declares them. */
#define WRAPPED(type, name, parameters) \
    type __real_##name parameters;      \
    type __wrap_##name parameters;      \
    type __wrap_##name parameters

#endif
