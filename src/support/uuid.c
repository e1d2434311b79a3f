#include "build.h"

#include "support/uuid.h"

#include <stdio.h>
#include <sys/random.h>

bool uuid_v7(char text[UUID_TEXT_SIZE], int64_t wall_ms)
{
    unsigned char bytes[16];
    char *to = text;
    int i;

    text[0] = '\0';
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return false;
    for (i = 0; i < 6; i++)
        bytes[i] = (unsigned char)((uint64_t)wall_ms >> (8 * (5 - i)));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); /* RFC 9562's variant */
    for (i = 0; i < 16; i++)
        to += snprintf(to, 4, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
    return true;
}
