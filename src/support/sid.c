#include "build.h"

#include "support/sid.h"

#include <string.h>

#include "support/hexdigit.h"

bool sid_valid(const char *bytes, size_t length, const char *prefix)
{
    size_t i;

    if (length != SID_LENGTH || bytes[0] != prefix[0] || bytes[1] != prefix[1])
        return false;
    for (i = 2; i < SID_LENGTH; i++)
        if (hexdigit_value(bytes[i]) < 0)
            return false;
    return true;
}

bool sid_copy(struct sid *sid, const char *bytes, size_t length, const char *prefix)
{
    if (!sid_valid(bytes, length, prefix)) {
        sid->text[0] = '\0';
        return false;
    }
    memcpy(sid->text, bytes, SID_LENGTH);
    sid->text[SID_LENGTH] = '\0';
    return true;
}
