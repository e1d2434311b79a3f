/* The table: a request of each kind, and the operator's commands that finish joins. */
#include "build.h"

#include "scenario.h"

#define ADDED "onConversationAdded"
#define ALL_EVENTS                                                                      \
    "AUTOJOIN_EVENTS=onConversationAdded,onMessageAdded,onParticipantAdded,"            \
    "onConversationStateUpdated\n"

const struct scenario scenarios[] = {
    {.name = "a join", .expected = 200, .digit = SCRIPTED_CREATED, .event = ADDED},
    {.name = "a join of who is in already", .expected = 200, .digit = SCRIPTED_ALREADY, .event = ADDED},
    {.name = "a conversation that is gone", .expected = 200, .digit = SCRIPTED_GONE, .event = ADDED},
    {.name = "a join that Twilio puts off", .expected = 503, .digit = SCRIPTED_LIMITED, .event = ADDED},
    {.name = "a join that Twilio fails", .expected = 503, .digit = SCRIPTED_TROUBLE, .event = ADDED},
    {.name = "a join that Twilio refuses", .expected = 500, .digit = SCRIPTED_NO_CREDENTIALS,
     .event = ADDED},
    {.name = "a join without a spool", .expected = 200, .digit = SCRIPTED_CREATED, .event = ADDED,
     .without_spool = true},
    {.name = "a join that left a ticket before", .expected = 200, .digit = SCRIPTED_CREATED,
     .event = ADDED, .tickets = "1"},
    {.name = "a refused join that left a ticket before", .expected = 500, .digit = SCRIPTED_FULL,
     .event = ADDED, .tickets = "6"},
    {.name = "a join by another event, with several identities", .expected = 503,
     .digit = SCRIPTED_LIMITED, .event = "onMessageAdded",
     .settings = ALL_EVENTS "AUTOJOIN_IDENTITIES=second,third\n"},
    {.name = "a join while another of the bot's identities joins", .expected = 200,
     .digit = SCRIPTED_RACED, .event = ADDED,
     .settings = "AUTOJOIN_IDENTITIES=" SCRIPTED_OTHER_IDENTITY "\n"},
    {.name = "the bot is removed", .expected = 200, .event = "onParticipantRemoved",
     .settings = ALL_EVENTS},
    {.name = "a list of events", .expected = 200, .events = "1213"},
    {.name = "a list of events of which two are put off", .expected = 200, .events = "1467"},
    {.name = "a list of events, without a spool", .expected = 503, .events = "14", .without_spool = true},
    {.name = "an event to be ignored", .expected = 200, .event = "onUserAdded"},
    {.name = "a pre-event", .expected = 200, .event = "onConversationAdd"},
    {.name = "a wrong signature", .expected = 403, .event = ADDED, .unsigned_ = true},
    {.name = "a short body", .expected = 400, .event = ADDED, .variable = "CONTENT_LENGTH=5000"},
    {.name = "a large body", .expected = 413, .event = ADDED, .variable = "CONTENT_LENGTH=1500000"},
    {.name = "another method", .expected = 405, .event = ADDED, .variable = "REQUEST_METHOD=GET"},
    {.name = "another type", .expected = 415, .event = ADDED, .variable = "CONTENT_TYPE=text/plain"},
    {.name = "a HEAD request", .expected = 405, .event = ADDED, .variable = "REQUEST_METHOD=HEAD"},
    {.name = "faulty settings", .expected = 500, .event = ADDED,
     .settings = "AUTOJOIN_NONSENSE=1\nAUTOJOIN_DEADLINE_MS=9h\n"},
    {.name = "drain", .program = SCENARIO_OPERATOR, .expected = 0, .tickets = "123",
     .arguments = {"drain"}},
    {.name = "drain with tickets that stay", .program = SCENARIO_OPERATOR, .expected = 1,
     .tickets = "16", .settings = "AUTOJOIN_SPOOL_GIVE_UP=3650d\n", .arguments = {"drain", "--json"}},
    {.name = "drain that Twilio puts off", .program = SCENARIO_OPERATOR, .expected = 1,
     .tickets = "4127", .settings = "AUTOJOIN_SPOOL_GIVE_UP=3650d\n", .arguments = {"drain"}},
    {.name = "drain of tickets too old", .program = SCENARIO_OPERATOR, .expected = 1,
     .tickets = "6", .settings = "AUTOJOIN_SPOOL_GIVE_UP=1s\n", .arguments = {"drain", "--due"}},
    {.name = "reconcile", .program = SCENARIO_OPERATOR, .expected = 1, .tickets = "",
     .arguments = {"reconcile", "--rate", "1000"}},
    {.name = "reconcile whose list comes at the second time", .program = SCENARIO_OPERATOR,
     .expected = 1, .tickets = "",
     .arguments = {"reconcile", "--since", SCRIPTED_LATE_DATE}},
    {.name = "reconcile with a state file", .program = SCENARIO_OPERATOR, .expected = 1,
     .tickets = "", .arguments = {"reconcile", "--since", "2026-01-01", "--state", "state", "--json"}},
};
const size_t scenario_count = sizeof scenarios / sizeof scenarios[0];
