/*
 * Numbers and durations as people write them in settings and headers. Nothing
 * but digits is taken for a number: no sign, no blanks, no overflow.
 */
#ifndef AUTOJOIN_SUPPORT_QUANTITY_H
#define AUTOJOIN_SUPPORT_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a whole number of at most `maximum`. False if it is anything else. */
bool quantity_parse_number(const char *text, uint64_t maximum, uint64_t *number);

/* Reads "250ms", "4s", "10m", "2h", "7d", or a bare number that counts in units of
 * `bare_unit` milliseconds; gives milliseconds. False if it is anything else. */
bool quantity_parse_duration(const char *text, uint64_t bare_unit, uint64_t maximum,
                             uint64_t *milliseconds);

#endif
