/*
 * twilio/join_step: a join's states by a table, one row a story; how the states are walked through
 * exhaustively stands in test_join_walk.c.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "twilio/join_step.h"

enum { TRACE_SIZE = 256, PLENTY_MS = 15000 };

/*
 * Answers, one after the other:
 *   d done, a already a participant, f full, p needs an address, x taken, i initializing, n not found, g gone,
 *   t try again,
 *   T the same after two minutes, l later, r refused, R refused for all, u the request could not be sent,
 *   [AB] a list in which the identities of turns 0 and 1 are, the one that has been longest first; a small letter
 *   is one that stands for a number; of numbers that are none of ours 1 is free, * each of several is, ! is held,
 *   + a page of a list that has another one.
 * Requests, in the trace:
 *   A0 add turn 0, P0 the same with a projected address, U0 give it the number, F0 fetch it, R0 remove it, L list, N the list's next
 *   page, S service, and - for a wait.
 */
static const struct row {
    const char *name;
    unsigned count;
    const char *given; /* e existed, k service known, s seen lately, o event is old, a address configured,
                          digits: turns known to be full */
    const char *answers;
    const char *trace;
    enum join_result result;
    bool is_in, account_wide;
} rows[] = {
    {"201", 1, "k", "d", "A0", JOIN_JOINED, true, false},
    {"already", 1, "k", "a", "A0", JOIN_ALREADY_JOINED, true, false},
    {"gone", 1, "k", "g", "A0", JOIN_GONE, false, false},
    {"refused", 1, "k", "r", "A0", JOIN_REFUSED, false, false},
    {"refused for all", 1, "k", "R", "A0", JOIN_REFUSED, false, true},
    {"no time for more", 1, "k", "l", "A0", JOIN_RETRY_LATER, false, false},
    {"not sent", 1, "k", "u", "A0", JOIN_RETRY_LATER, false, false},
    {"again, then 201", 1, "k", "td", "A0 - A0", JOIN_JOINED, true, false},
    {"again and again: eight times in all", 1, "k", "tttttttt",
     "A0 - A0 - A0 - A0 - A0 - A0 - A0 - A0", JOIN_RETRY_LATER, false, false},
    {"not before the deadline is over", 1, "k", "T", "A0", JOIN_RETRY_LATER, false, false},
    {"the only one is full", 1, "k", "f", "A0", JOIN_REFUSED, false, true},

    {"404, and it is there", 1, "k", "nd", "A0 F0", JOIN_JOINED, true, false},
    {"404, not there, 201", 1, "k", "nnd", "A0 F0 - A0", JOIN_JOINED, true, false},
    {"404 twice, the service is seen, old", 1, "ko", "nnnnd", "A0 F0 - A0 F0 S", JOIN_GONE, false, false},
    {"404 twice, the service was seen, old", 1, "kso", "nnnn", "A0 F0 - A0 F0", JOIN_GONE, false, false},
    {"404 twice, the service is seen, new", 1, "k", "nnnnd", "A0 F0 - A0 F0 S", JOIN_RETRY_LATER, false,
     false},
    {"404 twice, the service was seen, new", 1, "ks", "nnnn", "A0 F0 - A0 F0", JOIN_RETRY_LATER, false,
     false},
    {"404 twice, the service is not seen", 1, "k", "nnnnn", "A0 F0 - A0 F0 S", JOIN_REFUSED, false, false},
    {"404 twice, the service may not be read: of few only", 1, "ko", "nnnnR", "A0 F0 - A0 F0 S",
     JOIN_REFUSED, false, false},
    {"404 twice, the service's answer does not come", 1, "ko", "nnnnl", "A0 F0 - A0 F0 S",
     JOIN_RETRY_LATER, false, false},
    {"404 twice, no service known, old", 1, "o", "nnnn", "A0 F0 - A0 F0", JOIN_REFUSED, false, false},
    {"404 twice, no service known, new", 1, "", "nnnn", "A0 F0 - A0 F0", JOIN_RETRY_LATER, false, false},
    {"404, asked again, there", 1, "k", "ntd", "A0 F0 - F0", JOIN_JOINED, true, false},
    {"404, asking is refused", 1, "k", "nR", "A0 F0", JOIN_REFUSED, false, false},

    {"initializing, then 201", 1, "k", "iid", "A0 - A0 - A0", JOIN_JOINED, true, false},
    {"initializing eight times", 1, "k", "iiiiiiii", "A0 - A0 - A0 - A0 - A0 - A0 - A0 - A0", JOIN_RETRY_LATER,
     false, false},
    {"a group, no number, no address", 1, "k", "p[]", "A0 L", JOIN_REFUSED, false, false},
    {"a group, no number, an address", 1, "ka", "p[]d", "A0 L P0", JOIN_JOINED, true, false},
    {"a group, an address, and again", 1, "ka", "p[]p", "A0 L P0", JOIN_REFUSED, false, false},
    {"a group, an address, a conflict", 1, "ka", "p[]td", "A0 L P0 - P0", JOIN_JOINED, true, false},
    {"a group, an address, already", 1, "ka", "p[]a", "A0 L P0", JOIN_ALREADY_JOINED, true, false},
    {"a group, an address, 404", 1, "ka", "p[]nd", "A0 L P0 F0", JOIN_JOINED, true, false},
    {"a group, a number", 1, "k", "p[1]d", "A0 L U0", JOIN_JOINED, true, false},
    {"a group, a number rather than an address", 1, "ka", "p[1]d", "A0 L U0", JOIN_JOINED, true, false},
    {"a group, we are in", 1, "k", "p[a]", "A0 L", JOIN_ALREADY_JOINED, true, false},
    {"a group, several numbers", 1, "k", "p[*]", "A0 L", JOIN_REFUSED, false, false},
    {"a group, its number is another's", 1, "ka", "p[!]", "A0 L", JOIN_REFUSED, false, false},
    {"a group, a list of two pages", 1, "k", "p+[1]d", "A0 L N U0", JOIN_JOINED, true, false},
    {"a group, the list does not come at first", 1, "k", "pt[1]d", "A0 L - L U0", JOIN_JOINED, true, false},
    {"a group, the list does not come now", 1, "k", "pT", "A0 L", JOIN_RETRY_LATER, false, false},
    {"a group, its list is not found at first", 1, "k", "pn[1]d", "A0 L - L U0", JOIN_JOINED, true, false},
    {"a group, its list may not be read: of few only", 1, "k", "pR", "A0 L", JOIN_REFUSED, false, false},
    {"a group, it may not be updated: of few only", 1, "k", "p[1]R", "A0 L U0", JOIN_REFUSED, false, false},
    {"a group, a conflict", 1, "k", "p[1]td", "A0 L U0 - U0", JOIN_JOINED, true, false},
    {"a group, initializing, then a number", 1, "k", "ip[1]d", "A0 - A0 L U0", JOIN_JOINED, true, false},
    {"a group, initializing once more", 1, "k", "p[1]id", "A0 L U0 - U0", JOIN_JOINED, true, false},
    {"a group, the update says already", 1, "k", "p[1]a", "A0 L U0", JOIN_ALREADY_JOINED, true, false},
    {"a group, one of ours was quicker", 1, "k", "p[1]x[a]", "A0 L U0 L", JOIN_ALREADY_JOINED, true, false},
    {"a group, somebody was quicker", 1, "k", "p[1]x[!]", "A0 L U0 L", JOIN_REFUSED, false, false},
    {"a group, somebody was quicker, and an address is no way out", 1, "ka", "p[1]x[]", "A0 L U0 L", JOIN_REFUSED,
     false, false},
    {"a group, taken, and yet free", 1, "k", "p[1]x[1]", "A0 L U0 L", JOIN_REFUSED, false, false},
    {"a group, the number is gone", 1, "k", "p[1]n[]", "A0 L U0 L", JOIN_REFUSED, false, false},
    {"a group, the number is gone, an address", 1, "ka", "p[1]n[]d", "A0 L U0 L P0", JOIN_JOINED, true, false},
    {"a group, not found, and yet updated", 1, "k", "p[1]n[a]", "A0 L U0 L", JOIN_ALREADY_JOINED, true, false},
    {"a group, not found, and another number", 1, "k", "p[1]n[1]d", "A0 L U0 L U0", JOIN_JOINED, true, false},
    {"a group, not found twice", 1, "k", "p[1]n[1]n", "A0 L U0 L U0", JOIN_RETRY_LATER, false, false},
    {"a group, not found, then taken: by us, perhaps", 1, "k", "p[1]n[1]x", "A0 L U0 L U0", JOIN_RETRY_LATER, false,
     false},
    {"a group that is gone meanwhile", 1, "kso", "p[1]nnnnnn", "A0 L U0 L A0 F0 - A0 F0", JOIN_GONE, false, false},
    {"taken, where nobody is updated", 1, "k", "x", "A0", JOIN_REFUSED, false, false},

    {"several, a group: one look is enough", 3, "k", "p[1]d", "A0 L U0", JOIN_JOINED, true, false},
    {"several, a group: whoever is in stays", 3, "k", "p[c]", "A0 L", JOIN_ALREADY_JOINED, true, false},
    {"several, a group: a number for each of two", 3, "k", "p[cb]", "A0 L", JOIN_ALREADY_JOINED, true, false},
    {"several, a group: the first is full", 3, "k", "fp[1]d", "A0 A1 L U1", JOIN_JOINED, true, false},
    {"several, a group: full where the number is", 3, "k", "p[1]fd", "A0 L U0 U1", JOIN_JOINED, true, false},
    {"several, a group: all are full", 3, "k", "p[1]fff", "A0 L U0 U1 U2", JOIN_REFUSED, false, true},
    {"several, a group: another of ours was quicker", 3, "k", "p[1]x[b]", "A0 L U0 L", JOIN_ALREADY_JOINED, true,
     false},
    {"several, a group with an address: one look", 3, "ka", "p[]d", "A0 L P0", JOIN_JOINED, true, false},
    {"several, a group that existed: nothing is tried in vain", 3, "ke", "[1]d", "L U0", JOIN_JOINED, true, false},
    {"several, a group that existed: whoever is in stays", 3, "ke", "[c]", "L", JOIN_ALREADY_JOINED, true, false},
    {"several, a group that existed: no second look", 3, "ke", "[!]p", "L A0", JOIN_REFUSED, false, false},
    {"several, a group that existed, an address", 3, "kea", "[]pd", "L A0 P0", JOIN_JOINED, true, false},
    {"several, a group that existed: taken", 3, "ke", "[1]x[b]", "L U0 L", JOIN_ALREADY_JOINED, true, false},

    {"several: a look afterwards", 3, "k", "d[A]", "A0 L", JOIN_JOINED, true, false},
    {"several: a list of two pages", 3, "k", "d+[A]", "A0 L N", JOIN_JOINED, true, false},
    {"several: already, and alone", 3, "k", "a[A]", "A0 L", JOIN_ALREADY_JOINED, true, false},
    {"several: two are in, the newcomer goes", 3, "k", "d[CA]d", "A0 L R0", JOIN_ALREADY_JOINED, true,
     false},
    {"several: two are in, ours was first", 3, "k", "d[AC]d", "A0 L R2", JOIN_JOINED, true, false},
    {"several: three are in", 3, "k", "d[BAC]dd", "A0 L R0 R2", JOIN_ALREADY_JOINED, true, false},
    {"several: who is too many is gone already", 3, "k", "d[AB]n", "A0 L R1", JOIN_JOINED, true, false},
    {"several: who is too many cannot be removed now", 3, "k", "d[AB]t", "A0 L R1", JOIN_RETRY_LATER,
     true, false},
    {"several: who is too many may not be removed", 3, "k", "d[AB]R", "A0 L R1", JOIN_REFUSED, true,
     false},
    {"several: we were removed for somebody", 3, "k", "d[B]", "A0 L", JOIN_ALREADY_JOINED, true, false},
    {"several: and nobody is in any more", 3, "k", "d[]", "A0 L", JOIN_JOINED, true, false},
    {"several: looking is refused", 3, "k", "dR", "A0 L", JOIN_REFUSED, true, true},
    {"several: looking takes two minutes", 3, "k", "dT", "A0 L", JOIN_RETRY_LATER, true, false},
    {"several: looking succeeds at the second time", 3, "k", "dt[A]", "A0 L - L", JOIN_JOINED, true, false},
    {"several: a look that does not find the conversation yet", 3, "k", "dn[A]", "A0 L - L", JOIN_JOINED,
     true, false},
    {"several: 404, but there", 3, "k", "nd[A]", "A0 F0 L", JOIN_JOINED, true, false},

    {"full: the next one", 3, "k", "fd[B]", "A0 A1 L", JOIN_JOINED, true, false},
    {"full: known before", 3, "k01", "d[C]", "A2 L", JOIN_JOINED, true, false},
    {"full: known before, and yet it is in", 3, "k0", "d[AB]d", "A1 L R1", JOIN_ALREADY_JOINED, true,
     false},
    {"full: all", 3, "k", "fff[]", "A0 A1 A2 L", JOIN_REFUSED, false, true},
    {"full: all, but one is in", 3, "k", "fff[B]", "A0 A1 A2 L", JOIN_ALREADY_JOINED, true, false},
    {"full: all known before", 3, "k012", "[]", "L", JOIN_REFUSED, false, true},
    {"full: all known before, but one is in", 3, "k012", "[C]", "L", JOIN_ALREADY_JOINED, true, false},
    {"full: twenty of them do not count as attempts", 21, "k", "ffffffffffffffffffffd[U]",
     "A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17 A18 A19 A20 L", JOIN_JOINED, true,
     false},

    {"existed: who is in stays", 3, "ke", "[C]", "L", JOIN_ALREADY_JOINED, true, false},
    {"existed: of two the one that has been longest", 3, "ke", "[CA]d", "L R0", JOIN_ALREADY_JOINED,
     true, false},
    {"existed: nobody is in", 3, "ke", "[]d[A]", "L A0 L", JOIN_JOINED, true, false},
    {"existed: not found", 3, "ke", "nnnnnd", "L A0 F0 - A0 F0 S", JOIN_RETRY_LATER, false, false},
    {"existed: looking is refused, so nobody is added to who may be in", 3, "ke", "R", "L", JOIN_REFUSED,
     false, true},
    {"existed: with one identity no look", 1, "ke", "a", "A0", JOIN_ALREADY_JOINED, true, false},
    {"existed: all full", 3, "ke", "[]fff", "L A0 A1 A2", JOIN_REFUSED, false, true},
};

static void set_up(struct join_machine *machine, struct join_facts *facts, const struct row *row)
{
    const char *given;

    *machine = (struct join_machine){.count = row->count};
    *facts = (struct join_facts){.left_ms = PLENTY_MS, .reason = "why"};
    for (given = row->given; *given; given++)
        switch (*given) {
        case 'e':
            machine->existed = true;
            break;
        case 'k':
            machine->service_known = true;
            break;
        case 's':
            facts->service_seen = true;
            break;
        case 'o':
            facts->event_is_old = true;
            break;
        case 'a':
            machine->has_address = true;
            break;
        default:
            machine->full |= 1u << (*given - '0');
        }
}

/* What stands in brackets. */
static const char *take_list(const char *answers, struct join_facts *facts)
{
    facts->present = facts->at_numbers = 0;
    facts->number = JOIN_NUMBER_NONE;
    facts->longest = (unsigned)(*answers - 'A') % 32; /* the same of a small letter */
    for (; *answers != ']'; answers++) {
        if (*answers == '1')
            facts->number = JOIN_NUMBER_FREE;
        else if (*answers == '*')
            facts->number = JOIN_NUMBER_SEVERAL;
        else if (*answers == '!')
            facts->number = JOIN_NUMBER_HELD;
        else
            facts->present |= 1u << (unsigned)(*answers - 'A') % 32;
        if (*answers >= 'a')
            facts->at_numbers |= 1u << (*answers - 'a');
    }
    return answers + 1;
}

/* Puts the next answer into the facts. Returns what stands behind it. */
static const char *take_answer(const char *answers, struct join_facts *facts, enum join_event *event)
{
    static const char letters[] = "dafpgtlrnxi";
    static const enum verdict verdicts[] = {
        VERDICT_DONE,      VERDICT_ALREADY_JOINED, VERDICT_FULL,    VERDICT_NEEDS_ADDRESS, VERDICT_GONE,
        VERDICT_TRY_AGAIN, VERDICT_LATER,          VERDICT_REFUSED, VERDICT_NOT_FOUND,
        VERDICT_TAKEN,     VERDICT_INITIALIZING,
    };
    char letter = *answers++;

    *event = letter == 'u' ? JOIN_EVENT_UNSENT : JOIN_EVENT_ANSWER;
    facts->reason = "why";
    facts->verdict = VERDICT_DONE;
    facts->retry_after_s = letter == 'T' ? 120 : -1;
    facts->account_wide = letter == 'R';
    facts->more = letter == '+';
    if (letter == '[')
        return take_list(answers, facts);
    if (letter == 'T' || letter == 'R')
        letter = letter == 'T' ? 't' : 'r';
    if (strchr(letters, letter))
        facts->verdict = verdicts[strchr(letters, letter) - letters];
    return answers;
}

static void add_to_trace(char *trace, const struct join_action *action)
{
    static const char calls[] = {
        [CALL_ADD] = 'A', [CALL_UPDATE] = 'U', [CALL_FETCH] = 'F', [CALL_LIST] = 'L', [CALL_REMOVE] = 'R', [CALL_SERVICE] = 'S'};
    size_t length = strlen(trace);
    char call = calls[action->call];

    if (length > 0)
        trace[length++] = ' ';
    if (action->act == JOIN_ACT_WAIT)
        call = '-';
    else if (action->next_page)
        call = 'N';
    else if (action->projected)
        call = 'P';
    trace[length++] = call;
    trace[length] = '\0';
    if (strchr("AFPRU", call))
        snprintf(trace + length, TRACE_SIZE - length, "%u", action->turn);
}

static void goes_its_way(void **state)
{
    const struct row *row = *state;
    struct join_machine machine;
    struct join_facts facts;
    struct join_action action;
    const char *answers = row->answers;
    char trace[TRACE_SIZE] = "";
    enum join_event event = JOIN_EVENT_BEGIN;

    set_up(&machine, &facts, row);
    for (;;) {
        action = join_step(&machine, event, &facts);
        assert_int_not_equal(action.act, JOIN_ACT_NONE);
        if (action.act == JOIN_ACT_SETTLE)
            break;
        add_to_trace(trace, &action);
        event = JOIN_EVENT_TIME;
        if (action.act == JOIN_ACT_SEND)
            answers = take_answer(answers, &facts, &event);
    }
    assert_string_equal(trace, row->trace);
    assert_string_equal(answers, "");
    assert_int_equal(action.result, row->result);
    assert_int_equal(machine.is_in, row->is_in);
    assert_int_equal(action.account_wide, row->account_wide);
    assert_int_equal(action.reason == NULL, row->result == JOIN_JOINED || row->result == JOIN_ALREADY_JOINED);
}

static const struct wait {
    const char *name;
    unsigned failures; /* before */
    uint64_t chance;
    int64_t retry_after_s, left_ms;
    int64_t wait_ms; /* -1: none, it is the end */
    bool initializing;
} waits[] = {
    {"the first wait, at least", 0, 0, -1, 4000, 0, false},
    {"the first wait, at most", 0, 99, -1, 4000, 99, false},
    {"the first wait is one step", 0, 100, -1, 4000, 0, false},
    {"the second wait, at most", 1, 199, -1, 4000, 199, false},
    {"the fifth wait, at most", 4, 999, -1, 4000, 999, false},
    {"the seventh wait is no longer", 6, 1999, -1, 4000, 999, false},
    {"Twilio's wait comes on top", 0, 50, 2, 4000, 2050, false},
    {"a group that initializes is asked again within half a second", 4, 999, -1, 4000, 499, true},
    {"... and at first sooner", 0, 99, -1, 4000, 99, true},
    {"a wait that just fits", 0, 50, 2, 2100, 2050, false},
    {"a wait that does not fit", 0, 50, 2, 2099, -1, false},
    {"a day", 0, 0, 86400, 15000, -1, false},
};

static void waits_in_steps(void **state)
{
    const struct wait *row = *state;
    struct join_machine machine = {.count = 1, .service_known = true};
    struct join_facts facts = {.left_ms = 4000, .reason = "why", .verdict = row->initializing ? VERDICT_INITIALIZING : VERDICT_TRY_AGAIN,
                               .chance = row->chance, .retry_after_s = row->retry_after_s};
    struct join_action action;

    assert_int_equal(join_step(&machine, JOIN_EVENT_BEGIN, &facts).act, JOIN_ACT_SEND);
    machine.failures = row->failures;
    facts.left_ms = row->left_ms;
    action = join_step(&machine, JOIN_EVENT_ANSWER, &facts);
    assert_int_equal(action.act, row->wait_ms < 0 ? JOIN_ACT_SETTLE : JOIN_ACT_WAIT);
    if (row->wait_ms >= 0)
        assert_int_equal(action.wait_ms, row->wait_ms);
    else
        assert_int_equal(action.result, JOIN_RETRY_LATER);
}

static void with_too_little_time_nothing_is_sent(void **state)
{
    struct join_machine machine = {.count = 1};
    struct join_facts facts = {.left_ms = 49};
    struct join_action action = join_step(&machine, JOIN_EVENT_BEGIN, &facts);

    (void)state;
    assert_int_equal(action.act, JOIN_ACT_SETTLE);
    assert_int_equal(action.result, JOIN_RETRY_LATER);
    machine = (struct join_machine){.count = 1};
    facts.left_ms = 50;
    assert_int_equal(join_step(&machine, JOIN_EVENT_BEGIN, &facts).act, JOIN_ACT_SEND);
}

/* A list whose every page names a next one. */
static void a_list_without_an_end_ends(void **state)
{
    struct join_machine machine = {.count = 2, .service_known = true};
    struct join_facts facts = {.left_ms = PLENTY_MS, .verdict = VERDICT_DONE, .more = true};
    struct join_action action = join_step(&machine, JOIN_EVENT_BEGIN, &facts);
    unsigned sent = 0;

    (void)state;
    for (; action.act == JOIN_ACT_SEND; sent++)
        action = join_step(&machine, JOIN_EVENT_ANSWER, &facts);
    assert_int_equal(sent, 100);
    assert_int_equal(action.act, JOIN_ACT_SETTLE);
    assert_int_equal(action.result, JOIN_RETRY_LATER);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, goes_its_way, rows);
    CASES_ADD_TABLE(&cases, waits_in_steps, waits);
    CASES_ADD(&cases, with_too_little_time_nothing_is_sent);
    CASES_ADD(&cases, a_list_without_an_end_ends);
    return cases_run(&cases, "join_step");
}
