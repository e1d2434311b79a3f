#include "build.h"

#include "twilio/requesttarget.h"

bool requesttarget_valid(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at > ' ' && *at < 0x7f)
        at++;
    return *text == '/' && *at == '\0';
}
