#include "build.h"

#include "support/settingurl.h"

#include <stdbool.h>
#include <string.h>

#include "support/origin.h"

/* Printable ASCII without blanks, as a URL has to be (RFC 3986, section 2). */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* Bytes above ASCII stay: what counts is how the console has it. */
static bool has_blank_or_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

const char *settingurl_judge_public(const char *text, size_t *length)
{
    struct origin origin;

    if (has_blank_or_control(text))
        return "holds a blank or a control character";
    if (!origin_parse(&origin, text, strlen(text)))
        return "must be http:// or https:// with a host";
    *length = strcspn(text, "#"); /* fragments are never signed */
    return NULL;
}

/* Credentials travel to this origin: plain http only where nothing crosses a wire. */
const char *settingurl_judge_api(const char *text, size_t *length)
{
    struct origin origin;

    *length = strlen(text);
    while (*length > 0 && text[*length - 1] == '/')
        --*length;
    if (!is_plain(text) || !origin_parse(&origin, text, *length) || origin.userinfo ||
        origin.length != *length)
        return "must be https:// with a host and perhaps a port, nothing more";
    if (!origin.https && !origin_is_loopback(&origin))
        return "must be https:// (http:// only for loopback addresses)";
    return NULL;
}

const char *settingurl_judge_proxy(const char *text, size_t *length)
{
    struct origin origin;

    *length = strlen(text);
    if (!is_plain(text) || !origin_parse(&origin, text, *length))
        return "must be http:// or https:// with a host and a port";
    return NULL;
}
