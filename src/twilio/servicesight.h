/*
 * Which services we could see lately. "Conversation not found" means that it is gone only in a
 * service that can be seen; asking that for every one of them would double the calls.
 */
#ifndef AUTOJOIN_TWILIO_SERVICESIGHT_H
#define AUTOJOIN_TWILIO_SERVICESIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "support/sid.h"
#include "twilio/rest.h"

enum { SERVICESIGHT_LIMIT = 16 };

enum servicesight_status { SERVICESIGHT_SEEN, SERVICESIGHT_NOT_SEEN, SERVICESIGHT_UNKNOWN };

struct servicesight {
    struct {
        struct sid service;
        int64_t until_ms; /* clock_monotonic_ms() */
    } seen[SERVICESIGHT_LIMIT];
    unsigned next;
};

/* Whether the service was seen within the last 10 minutes. */
bool servicesight_recall(const struct servicesight *sight, const char *service);

/* Judges the answer to a GET of the service, and remembers one that was seen. */
enum servicesight_status servicesight_learn(struct servicesight *sight, const char *service,
                                            const struct rest_result *result);

#endif
