/* Identifiers that nobody has used before: UUIDs of version 7 (RFC 9562, 5.7). */
#ifndef AUTOJOIN_SUPPORT_UUID_H
#define AUTOJOIN_SUPPORT_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_TEXT_SIZE = 37 };

/* Writes a UUIDv7 of that time (milliseconds since 1970), in small letters. False, with nothing in `text`, if the
 * system gives no random bytes. Thread-safe. */
bool uuid_v7(char text[UUID_TEXT_SIZE], int64_t wall_ms);

#endif
