#include "build.h"

#include "twilio/reply.h"

#include <jansson.h>
#include <string.h>

/* jansson bounds its own nesting; the length is bounded by `rest`. */
static json_t *load(const char *body, size_t length)
{
    return json_loadb(body, length, 0, NULL);
}

long reply_error_code(const char *body, size_t length)
{
    json_t *reply = load(body, length);
    json_int_t code = json_integer_value(json_object_get(reply, "code"));

    json_decref(reply);
    return code > 0 && code < 1000000 ? (long)code : 0;
}

bool reply_sid(struct sid *sid, const char *body, size_t length, const char *prefix)
{
    json_t *reply = load(body, length);
    const char *text = json_string_value(json_object_get(reply, "sid"));
    bool found = sid_copy(sid, text ? text : "", text ? strlen(text) : 0, prefix);

    json_decref(reply);
    return found;
}
