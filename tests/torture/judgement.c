#include "build.h"

#include "judgement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static bool exists(const char *place, char digit)
{
    char name[80];

    snprintf(name, sizeof name, "%s" SCENARIO_CONVERSATION "%c", place, digit);
    return access(scenario_path(name), F_OK) == 0;
}

static bool says(const char *words)
{
    return strstr(scenario_errors(), words) != NULL;
}

/* A ticket may go only when its conversation is settled at Twilio. */
static const char *judge_tickets(const struct scenario *scenario, const struct scriptedtwilio *twilio)
{
    const char *digit;

    for (digit = scenario->tickets; digit && *digit; digit++)
        if (!twilio->settled[*digit - '0'] && !exists("spool/", *digit) &&
            !exists("spool/failed/", *digit))
            return "a ticket is lost";
    return NULL;
}

/* RFC 3875, 6.3, and what all our replies have. A HEAD request's has no body. */
static const char *judge_reply(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "\r\nContent-Length: ");

    if (strncmp(text, "Status: ", 8) != 0 || strstr(text + 1, "Status: "))
        return "not one status line";
    if (!end || !length || length > end)
        return "no end of the head, or no length";
    if (end[4] != '\0' && (size_t)atoi(length + 18) != strlen(end + 4))
        return "not a body of that length";
    return NULL;
}

/* A webhook's join is done, or a ticket says that it is not, or the log does. */
static const char *judge_own_ticket(const struct scenario *scenario, int code,
                                    enum disturbance disturbance, bool settled)
{
    char digit = (char)('0' + scenario->digit);
    bool there = exists("spool/", digit) || exists("spool/failed/", digit);

    if (scenario->without_spool || scenario->digit == 0)
        return NULL;
    if (disturbance == DISTURBANCE_NONE && there == (code == 200))
        return there ? "a ticket is left of a join that is done" : "no ticket of a join that is not";
    if (disturbance != DISTURBANCE_ONE || settled || there)
        return NULL;
    /* Before the join began, and where its memory could not be had, there is none yet. */
    if (code != 503 && !strstr(scenario_output(), "\"refused\""))
        return NULL;
    return says("the spool cannot be used") || says("out of memory") || says("faulty setting")
               ? NULL
               : "a join is neither done nor in a ticket, and nothing says so";
}

/* What is answered 200 Twilio does not send again. */
static const char *judge_events(const struct scenario *scenario, int code, const struct scriptedtwilio *twilio)
{
    const char *digit;

    for (digit = scenario->events; code == 200 && *digit; digit++)
        if (!twilio->settled[*digit - '0'] && !exists("spool/", *digit) && !exists("spool/failed/", *digit))
            return "200 for an event that is neither joined nor in the spool";
    return NULL;
}

static const char *judge_mark(const struct scenario *scenario, int code, enum disturbance disturbance)
{
    if (!scenario->event || strcmp(scenario->event, "onParticipantRemoved") != 0 || code != 200 ||
        disturbance == DISTURBANCE_MANY || exists("spool/left/", '0'))
        return NULL;
    return disturbance == DISTURBANCE_ONE && says("the spool cannot be used")
               ? NULL
               : "that the bot was removed is not remembered, and nothing says so";
}

static const char *judge_no_reply(enum disturbance disturbance)
{
    const char *text = scenario_output();

    if (disturbance == DISTURBANCE_NONE)
        return "it fails with nothing failing";
    if (disturbance == DISTURBANCE_ONE && !*text && !*scenario_errors())
        return "it ends without an answer, and nothing says why";
    return *text && strncmp(text, "Status: ", strlen(text) < 8 ? strlen(text) : 8) != 0
               ? "what it wrote is no answer's beginning"
               : NULL;
}

static const char *judge_responder(const struct scenario *scenario, int status,
                                   enum disturbance disturbance,
                                   const struct scriptedtwilio *twilio)
{
    bool settled = scenario->digit && twilio->settled[scenario->digit];
    const char *text = scenario_output(), *wrong;
    int code;

    if (status != EX_OK && (status < EX__BASE || status > EX__MAX))
        return "an exit status that is none of ours";
    if (status != EX_OK)
        return judge_no_reply(disturbance);
    wrong = judge_reply(text);
    if (wrong)
        return wrong;
    code = atoi(text + 8);
    if (disturbance == DISTURBANCE_NONE && code != scenario->expected)
        return "not the answer that was expected";
    if (scenario->events)
        return code == scenario->expected || code == 503 || code == 500
                   ? judge_events(scenario, code, twilio)
                   : "an answer that is neither the right one nor a failure";
    if (scenario->digit == 0 && twilio->requests > 0)
        return "Twilio was called for what calls for no join";
    if (scenario->digit && code == 200 && !settled)
        return "200 for a join that was not done";
    if (code != scenario->expected && code != 503 && code != 500 && code != 400)
        return "an answer that is neither the right one nor a failure";
    wrong = judge_own_ticket(scenario, code, disturbance, settled);
    return wrong ? wrong : judge_mark(scenario, code, disturbance);
}

static const char *judge_operator(const struct scenario *scenario, int status,
                                  enum disturbance disturbance)
{
    const char *digit;

    if (disturbance == DISTURBANCE_NONE && status != scenario->expected)
        return "not the exit status that was expected";
    if (status > 1 && (status < EX__BASE || status > EX__MAX))
        return "an exit status that is none of ours";
    if (status == EX_OK && scenario->expected != EX_OK)
        return "exit status 0 although something is left";
    for (digit = scenario->tickets; status == EX_OK && *digit; digit++)
        if (exists("spool/", *digit))
            return "exit status 0 although a ticket is left";
    return NULL;
}

const char *judgement(const struct scenario *scenario, int status, enum disturbance disturbance,
                      const struct scriptedtwilio *twilio)
{
    const char *wrong;

    if (strstr(scenario_output(), SCENARIO_TOKEN) || says(SCENARIO_TOKEN))
        return "the token is told";
    if (says("runtime error: ")) /* UndefinedBehaviorSanitizer, whatever its exit status */
        return "a sanitizer found something";
    wrong = scenario->program == SCENARIO_RESPONDER
                ? judge_responder(scenario, status, disturbance, twilio)
                : judge_operator(scenario, status, disturbance);
    return wrong ? wrong : judge_tickets(scenario, twilio);
}
