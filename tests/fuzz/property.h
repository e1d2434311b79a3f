/*
 * What every fuzz target has in common: libFuzzer's entry point, and a property that must hold for
 * any input whatever. A property that does not hold ends the process with SIGABRT, which
 * libFuzzer, AFL++ and the replay in `make check` all take for a finding.
 */
#ifndef AUTOJOIN_TESTS_FUZZ_PROPERTY_H
#define AUTOJOIN_TESTS_FUZZ_PROPERTY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROPERTY(condition, text)                                                        \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: property does not hold: %s\n", __FILE__, __LINE__, text); \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#endif
