#include "build.h"

#include "twilio/verification.h"

#include "twilio/participantpath.h"
#include "twilio/surplus.h"
#include "twilio/verdict.h"

enum { NOT_FOUND_WAIT_MS = 200 };

static void judge_sight(struct join *join, enum servicesight_status seen)
{
    switch (seen) {
    case SERVICESIGHT_SEEN:
        join_settle(join, JOIN_GONE, "no such conversation in its service");
        break;
    case SERVICESIGHT_NOT_SEEN:
        join_settle(join, JOIN_REFUSED,
                    "neither the conversation nor its service can be seen: check account and service");
        break;
    case SERVICESIGHT_UNKNOWN:
        join_settle(join, JOIN_RETRY_LATER, "whether the service exists could not be asked");
        break;
    }
}

static void on_service(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    enum servicesight_status seen =
        servicesight_learn(&join->joins->sight, join->service.text, result);

    join_note(join, result);
    judge_sight(join, seen);
}

/* Not found, and verified: gone only if the service itself can be seen. Otherwise it is our
 * credentials or the wrong service, and nothing may be forgotten. */
static void look_at_service(struct join *join)
{
    char path[REST_PATH_LIMIT];

    if (!join->service.text[0]) {
        join_settle(join, JOIN_REFUSED,
                    "not in the account's default service: set TWILIO_CHAT_SERVICE_SID");
    } else if (servicesight_recall(&join->joins->sight, join->service.text)) {
        judge_sight(join, SERVICESIGHT_SEEN);
    } else {
        participantpath_service(path, sizeof path, join->service.text);
        join_exchange(join, REST_GET, path, NULL, on_service);
    }
}

static void on_verified(void *argument, const struct rest_result *result)
{
    struct join *join = argument;
    const char *reason;
    enum verdict verdict;

    join_note(join, result);
    verdict = verdict_judge(result, &join->outcome.rest_code, &reason);
    if (verdict == VERDICT_JOINED) {
        surplus_settle(join, JOIN_JOINED);
        return;
    }
    if (verdict != VERDICT_NOT_FOUND) {
        join_settle(join,
                    verdict == VERDICT_REFUSED ? JOIN_REFUSED : JOIN_RETRY_LATER,
                    verdict == VERDICT_REFUSED
                        ? "not found, and the credentials may not look whether it was created"
                        : "not found, and whether it was created could not be asked");
        return;
    }
    if (join->not_found) {
        look_at_service(join);
        return;
    }
    join->not_found = true; /* shortly after its creation a conversation may not be known everywhere */
    join_wait(join, NOT_FOUND_WAIT_MS, "not found");
}

void verification_start(struct join *join)
{
    char path[REST_PATH_LIMIT];

    if (participantpath_identity(path, sizeof path, join->service.text, join->conversation.text,
                                 join_identity(join, join->turn)))
        join_exchange(join, REST_GET, path, NULL, on_verified);
    else
        join_settle(join, JOIN_RETRY_LATER, "out of memory");
}
