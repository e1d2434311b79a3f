#include "build.h"

#include "twilio/servicesight.h"

#include <string.h>

#include "support/clock.h"
#include "twilio/reply.h"

enum { REMEMBER_MS = 10 * 60 * 1000 };

bool servicesight_recall(const struct servicesight *sight, const char *service)
{
    int64_t now = clock_monotonic_ms();
    unsigned i;

    for (i = 0; i < SERVICESIGHT_LIMIT; i++)
        if (sight->seen[i].until_ms > now && strcmp(sight->seen[i].service.text, service) == 0)
            return true;
    return false;
}

enum servicesight_status servicesight_learn(struct servicesight *sight, const char *service,
                                            const struct rest_result *result)
{
    struct sid sid;

    if (result->status != REST_OK || result->http_status == 429 || result->http_status >= 500)
        return SERVICESIGHT_UNKNOWN;
    if (result->http_status != 200 ||
        !reply_sid(&sid, result->body, result->body_length, "IS") ||
        strcmp(sid.text, service) != 0)
        return SERVICESIGHT_NOT_SEEN;
    sight->seen[sight->next].service = sid;
    sight->seen[sight->next].until_ms = clock_monotonic_ms() + REMEMBER_MS;
    sight->next = (sight->next + 1) % SERVICESIGHT_LIMIT;
    return SERVICESIGHT_SEEN;
}
