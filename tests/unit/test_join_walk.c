/*
 * twilio/join_step, walked through: every sequence of answers to seven deep, for one, two and three identities.
 * First any answers whatever; then such as a Twilio could give that keeps who is in, with every request done
 * or not done whatever is answered; then two joins of one conversation, a step of one or of the other at a
 * time. The last two in plain conversations and in group texts, where an identity needs a number.
 *
 * What was walked to before from the same state, with as many answers left, is not walked again: nothing but
 * the state counts.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "twilio/join_step.h"

enum {
    DEPTH = 7,
    SEEN_SLOTS = 1 << 22,
    IDENTITIES = 3,
    PLENTY_MS = 4000,
    NOT_ENOUGH_MS = 49,
    JUST_ENOUGH_MS = 50,
    HARDLY_ENOUGH_MS = 300,
};

/* ---- What was seen */

/* Twilio's: who is in, and since when, by number. */
struct model {
    uint32_t in;
    unsigned char since[IDENTITIES];
    unsigned char next;
    uint32_t longest_at_first; /* a bit for who was in before all others, if anybody was */
    uint32_t in_at_first;
    bool group;                /* who is in stands for a number */
    unsigned char number;      /* what else there is: enum join_number */
};

struct state {
    _Alignas(8) struct model model; /* also where 64 bits lie on multiples of four bytes */
    struct join_machine machines[2];
    struct join_action actions[2]; /* what each of them does */
    unsigned left;                 /* answers */
    uint32_t failed;               /* of two that race: which has had its failure */
};

/* Of each state its hash: that two of a million have the same one would happen once in ten million runs. */
static struct {
    uint64_t slots[SEEN_SLOTS]; /* 0: free */
    size_t count;
    unsigned long steps;
} seen;

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t hash(const struct state *state)
{
    /* Where it is no whole number of words (i386), zeros follow it. */
    uint64_t words[(sizeof *state + sizeof(uint64_t) - 1) / sizeof(uint64_t)] = {0}, sum = 0;
    size_t i;

    memcpy(words, state, sizeof *state);
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        sum = mix(sum + words[i] + UINT64_C(0x9e3779b97f4a7c15));
    return sum ? sum : 1;
}

static void forget_all(void)
{
    memset(&seen, 0, sizeof seen);
}

/* Whether that is a new one. */
static bool note(const struct state *state)
{
    uint64_t sum = hash(state);
    size_t slot = sum % SEEN_SLOTS;

    while (seen.slots[slot] && seen.slots[slot] != sum)
        slot = (slot + 1) % SEEN_SLOTS;
    if (seen.slots[slot])
        return false;
    assert_true(seen.count < SEEN_SLOTS / 2);
    seen.slots[slot] = sum;
    seen.count++;
    return true;
}

/* ---- Steps */

static unsigned count_bits(uint32_t bits)
{
    unsigned count = 0;

    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static bool is_success(enum join_result result)
{
    return result == JOIN_JOINED || result == JOIN_ALREADY_JOINED;
}

/* What holds of every action, whoever answers. */
static void check_action(const struct join_machine *machine, const struct join_action *action,
                         const struct join_facts *facts)
{
    struct join_machine settled = *machine;
    struct join_facts any = {.left_ms = PLENTY_MS, .reason = "why"};
    int event;

    switch (action->act) {
    case JOIN_ACT_NONE:
        fail_msg("a join that neither goes on nor ends");
        break;
    case JOIN_ACT_SEND:
        assert_true(facts->left_ms >= JUST_ENOUGH_MS);
        assert_true(machine->requests <= JOIN_REQUESTS_LIMIT);
        assert_true(action->turn < machine->count);
        if (action->call == CALL_ADD)
            assert_false(machine->full & 1u << action->turn);
        break;
    case JOIN_ACT_WAIT:
        assert_true(action->wait_ms >= 0);
        assert_true(action->wait_ms + JUST_ENOUGH_MS <= facts->left_ms);
        break;
    case JOIN_ACT_SETTLE:
        assert_int_equal(action->reason == NULL, is_success(action->result));
        assert_true(!is_success(action->result) || machine->is_in);
        for (event = JOIN_EVENT_BEGIN; event <= JOIN_EVENT_UNSENT; event++)
            assert_int_equal(join_step(&settled, (enum join_event)event, &any).act, JOIN_ACT_NONE);
        assert_memory_equal(&settled, machine, sizeof settled);
        break;
    }
}

/* How many requests there may have been without a failure: each identity full once, and added; twice "not found"
 * and two looks at each; the service; pages; removals; in a group one that was in vain, a look and another one, and a
 * number that was not as it was seen. */
static void check_requests(const struct join_machine *machine, unsigned pages)
{
    unsigned most = machine->count + 2 + 4 + 1 + 2 + (machine->count - 1) + pages + (machine->group ? 4 : 0);

    assert_true(machine->requests <= most + machine->failures);
    assert_true(machine->failures <= 8);
}

/* Member by member: what lies between them would be compared, too. */
static void copy_action(struct join_action *to, const struct join_action *from)
{
    memset(to, 0, sizeof *to);
    to->act = from->act;
    to->call = from->call;
    to->turn = from->turn;
    to->next_page = from->next_page;
    to->projected = from->projected;
    to->wait_ms = from->wait_ms;
    to->result = from->result;
    to->reason = from->reason;
    to->account_wide = from->account_wide;
}

typedef void walk_fn(const struct state *state, unsigned who);

/* One step of one of the joins, and on. */
static void step(const struct state *from, unsigned who, enum join_event event,
                 const struct join_facts *facts, walk_fn *walk)
{
    struct join_action action;
    struct state state;

    memcpy(&state, from, sizeof state);
    action = join_step(&state.machines[who], event, facts);
    copy_action(&state.actions[who], &action);
    seen.steps++;
    check_action(&state.machines[who], &state.actions[who], facts);
    check_requests(&state.machines[who], DEPTH);
    if (event == JOIN_EVENT_ANSWER)
        state.left--;
    if (note(&state))
        walk(&state, who);
}

static void answer(const struct state *state, unsigned who, enum verdict verdict, walk_fn *walk)
{
    struct join_facts facts = {.left_ms = PLENTY_MS, .reason = "why", .verdict = verdict,
                               .service_seen = true, .event_is_old = true};

    step(state, who, JOIN_EVENT_ANSWER, &facts, walk);
}

/* ---- Any answers */

static void walk_lists(const struct state *state, struct join_facts *facts, walk_fn *walk)
{
    unsigned count = state->machines[0].count, first, second;
    int number;

    facts->verdict = VERDICT_DONE;
    facts->more = true;
    step(state, 0, JOIN_EVENT_ANSWER, facts, walk);
    facts->more = false;
    facts->present = facts->at_numbers = 0;
    for (number = JOIN_NUMBER_NONE; number <= JOIN_NUMBER_HELD; number++) {
        facts->number = (enum join_number)number;
        step(state, 0, JOIN_EVENT_ANSWER, facts, walk);
    }
    for (first = 0; first < count; first++)
        for (second = 0; second < count; second++) {
            facts->present = 1u << first | 1u << second;
            facts->longest = first;
            facts->at_numbers = 0;
            step(state, 0, JOIN_EVENT_ANSWER, facts, walk);
            facts->at_numbers = facts->present;
            step(state, 0, JOIN_EVENT_ANSWER, facts, walk);
        }
}

/* How many kinds of such an answer differ in what follows. */
static unsigned count_kinds(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_DONE:
    case VERDICT_NOT_FOUND:
    case VERDICT_TRY_AGAIN:
        return 4;
    case VERDICT_REFUSED:
        return 2;
    default:
        return 1;
    }
}

static void walk_answers(const struct state *state, int64_t left_ms, walk_fn *walk)
{
    struct join_facts facts = {.left_ms = left_ms, .reason = "why"};
    int verdict;
    unsigned bits;

    for (verdict = VERDICT_DONE; verdict <= VERDICT_NOT_FOUND; verdict++) {
        facts.verdict = (enum verdict)verdict;
        if (verdict == VERDICT_DONE && state->actions[0].call == CALL_LIST)
            continue;
        for (bits = 0; bits < count_kinds((enum verdict)verdict); bits++) {
            facts.service_seen = facts.account_wide = bits & 1;
            facts.event_is_old = bits & 2;
            facts.retry_after_s = bits & 1 ? -1 : bits & 2 ? 1 : 120;
            step(state, 0, JOIN_EVENT_ANSWER, &facts, walk);
        }
    }
    if (state->actions[0].call == CALL_LIST)
        walk_lists(state, &facts, walk);
}

static void walk_anything(const struct state *state, unsigned who)
{
    static const int64_t times[] = {PLENTY_MS, HARDLY_ENOUGH_MS, JUST_ENOUGH_MS, NOT_ENOUGH_MS};
    const struct join_action *action = &state->actions[0];
    unsigned i;

    (void)who;
    if (action->act == JOIN_ACT_SETTLE || (action->act == JOIN_ACT_SEND && state->left == 0))
        return;
    for (i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct join_facts facts = {.left_ms = times[i], .reason = "why"};

        step(state, 0, JOIN_EVENT_UNSENT, &facts, walk_anything);
        if (action->act == JOIN_ACT_WAIT)
            step(state, 0, JOIN_EVENT_TIME, &facts, walk_anything);
        else
            walk_answers(state, times[i], walk_anything);
    }
}

/* ---- Twilio that keeps who is in */

static void put_in(struct model *model, unsigned turn)
{
    if (!(model->in & 1u << turn))
        model->since[turn] = model->next++;
    model->in |= 1u << turn;
}

/* So that models that differ in nothing that counts are the same. */
static void take_out(struct model *model, unsigned turn)
{
    model->in &= ~(1u << turn);
    model->since[turn] = 0;
}

static unsigned longest_in(const struct model *model)
{
    unsigned turn, longest = 0;

    for (turn = 0; turn < IDENTITIES; turn++)
        if (model->in & 1u << turn &&
            (!(model->in & 1u << longest) || model->since[turn] < model->since[longest]))
            longest = turn;
    return longest;
}

static void check_end(const struct state *state, unsigned who)
{
    if (is_success(state->actions[who].result) && state->model.group) {
        assert_true(count_bits(state->model.in) == 1 || state->model.in == state->model.in_at_first);
        assert_true(!state->model.in_at_first || state->model.in == state->model.in_at_first);
    } else if (is_success(state->actions[who].result)) {
        assert_int_equal(count_bits(state->model.in), 1);
        if (state->model.longest_at_first)
            assert_int_equal(state->model.in, state->model.longest_at_first);
    }
    assert_true(!state->machines[who].is_in || state->model.in);
}

static void walk_with_twilio(const struct state *state, unsigned who);

/* The request is done, whatever is answered. */
static void do_it(struct state *after, const struct state *before)
{
    const struct join_action *action = &before->actions[0];

    memcpy(after, before, sizeof *after);
    if (action->call == CALL_ADD || action->call == CALL_UPDATE)
        put_in(&after->model, action->turn);
    if (action->call == CALL_UPDATE)
        after->model.number = JOIN_NUMBER_NONE;
    if (action->call == CALL_REMOVE)
        take_out(&after->model, action->turn);
}

static void walk_add(const struct state *state)
{
    bool in = state->model.in & 1u << state->actions[0].turn;
    struct state after;

    if (state->model.group && !state->actions[0].projected) {
        answer(state, 0, VERDICT_NEEDS_ADDRESS, walk_with_twilio);
        return;
    }
    if (state->model.group && state->model.in && !in) {
        answer(state, 0, VERDICT_REFUSED, walk_with_twilio); /* the number is there already */
        return;
    }
    do_it(&after, state);
    answer(&after, 0, in ? VERDICT_ALREADY_JOINED : VERDICT_DONE, walk_with_twilio);
    answer(&after, 0, VERDICT_TRY_AGAIN, walk_with_twilio);
    answer(&after, 0, VERDICT_LATER, walk_with_twilio);
    answer(&after, 0, VERDICT_NOT_FOUND, walk_with_twilio); /* as Twilio does */
    answer(state, 0, VERDICT_FULL, walk_with_twilio); /* ... and it may be in all the same */
}

/* The number may be taken, or go, while we look. */
static void walk_update(const struct state *state)
{
    struct state after;
    unsigned turn;

    memcpy(&after, state, sizeof after);
    if (state->model.number == JOIN_NUMBER_FREE) {
        do_it(&after, state);
        answer(&after, 0, VERDICT_DONE, walk_with_twilio);
        answer(&after, 0, VERDICT_TRY_AGAIN, walk_with_twilio);
        answer(&after, 0, VERDICT_LATER, walk_with_twilio);
        answer(&after, 0, VERDICT_NOT_FOUND, walk_with_twilio);
        answer(state, 0, VERDICT_FULL, walk_with_twilio);
        memcpy(&after, state, sizeof after);
        after.model.number = JOIN_NUMBER_HELD;
    }
    if (state->model.in || after.model.number == JOIN_NUMBER_HELD)
        answer(&after, 0, VERDICT_TAKEN, walk_with_twilio);
    for (turn = 0; turn < state->machines[0].count && !state->model.in; turn++) {
        memcpy(&after, state, sizeof after);
        put_in(&after.model, turn);
        after.model.number = JOIN_NUMBER_NONE;
        answer(&after, 0, VERDICT_TAKEN, walk_with_twilio);
    }
    memcpy(&after, state, sizeof after);
    after.model.number = JOIN_NUMBER_NONE;
    answer(&after, 0, VERDICT_NOT_FOUND, walk_with_twilio);
}

static void walk_list(const struct state *state)
{
    struct join_facts facts = {.left_ms = PLENTY_MS, .verdict = VERDICT_DONE, .more = true};

    facts.number = (enum join_number)state->model.number;
    facts.at_numbers = state->model.group ? state->model.in : 0;
    step(state, 0, JOIN_EVENT_ANSWER, &facts, walk_with_twilio);
    facts.more = false;
    facts.present = state->model.in;
    facts.longest = longest_in(&state->model);
    step(state, 0, JOIN_EVENT_ANSWER, &facts, walk_with_twilio);
}

static void walk_remove(const struct state *state)
{
    unsigned turn = state->actions[0].turn;
    struct state after;

    do_it(&after, state);
    assert_false(state->model.group); /* where the number would go as well */
    assert_true(state->model.in & 1u << turn);
    assert_true(count_bits(state->model.in) >= 2); /* nobody who is in alone */
    assert_int_not_equal(turn, longest_in(&state->model));
    answer(&after, 0, VERDICT_DONE, walk_with_twilio);
    answer(&after, 0, VERDICT_NOT_FOUND, walk_with_twilio);
    answer(&after, 0, VERDICT_TRY_AGAIN, walk_with_twilio);
    answer(&after, 0, VERDICT_LATER, walk_with_twilio);
}

static void walk_with_twilio(const struct state *state, unsigned who)
{
    static const struct join_facts plenty = {.left_ms = PLENTY_MS, .reason = "why"};
    const struct join_action *action = &state->actions[0];
    bool there = state->model.in & 1u << action->turn;
    int verdict;

    if (action->act == JOIN_ACT_SETTLE) {
        check_end(state, who);
        return;
    }
    if (action->act == JOIN_ACT_WAIT) {
        step(state, 0, JOIN_EVENT_TIME, &plenty, walk_with_twilio);
        return;
    }
    if (state->left == 0)
        return;
    if (action->call == CALL_ADD)
        walk_add(state);
    else if (action->call == CALL_LIST)
        walk_list(state);
    else if (action->call == CALL_UPDATE)
        walk_update(state);
    else if (action->call == CALL_REMOVE)
        walk_remove(state);
    else if (action->call == CALL_SERVICE || there)
        answer(state, 0, VERDICT_DONE, walk_with_twilio);
    /* Nothing is done. A conversation that is not known everywhere yet has no participants either. */
    for (verdict = VERDICT_GONE; verdict <= VERDICT_NOT_FOUND; verdict++)
        if ((action->call != CALL_REMOVE && action->call != CALL_UPDATE) || verdict != VERDICT_NOT_FOUND)
            answer(state, 0, (enum verdict)verdict, walk_with_twilio);
}

/* ---- Two that race */

static void walk_race(const struct state *state, unsigned who);

/* The one number of a group, which one of the two gets, or brings. */
static void race_for_number(const struct state *from, unsigned who)
{
    const struct join_action *action = &from->actions[who];
    bool update = action->call == CALL_UPDATE;
    struct state state;

    if (!update && !action->projected) {
        answer(from, who, VERDICT_NEEDS_ADDRESS, walk_race);
        return;
    }
    if (from->model.in) { /* of another identity that cannot be told is documented for the update alone */
        answer(from, who, update ? VERDICT_TAKEN : from->model.in & 1u << action->turn ? VERDICT_ALREADY_JOINED : VERDICT_REFUSED,
               walk_race);
        return;
    }
    memcpy(&state, from, sizeof state);
    answer(&state, who, VERDICT_FULL, walk_race);
    put_in(&state.model, action->turn);
    state.model.number = JOIN_NUMBER_NONE;
    answer(&state, who, VERDICT_DONE, walk_race);
    if (!(from->failed & 1u << who)) {
        state.failed |= 1u << who;
        answer(&state, who, VERDICT_TRY_AGAIN, walk_race);
    }
}

static void race_add(const struct state *from, unsigned who)
{
    unsigned turn = from->actions[who].turn;
    bool in = from->model.in & 1u << turn;
    struct state state;

    if (from->model.group) {
        race_for_number(from, who);
        return;
    }
    memcpy(&state, from, sizeof state);
    if (!in)
        answer(&state, who, VERDICT_FULL, walk_race); /* a place may be free for the other one */
    put_in(&state.model, turn);
    answer(&state, who, in ? VERDICT_ALREADY_JOINED : VERDICT_DONE, walk_race);
    if (!(from->failed & 1u << who)) {
        state.failed |= 1u << who;
        answer(&state, who, VERDICT_TRY_AGAIN, walk_race); /* done, and not told */
    }
}

static void race_list(const struct state *state, unsigned who)
{
    struct join_facts facts = {.left_ms = PLENTY_MS, .verdict = VERDICT_DONE};

    facts.present = state->model.in;
    facts.longest = longest_in(&state->model);
    facts.at_numbers = state->model.group ? state->model.in : 0;
    facts.number = (enum join_number)state->model.number;
    step(state, who, JOIN_EVENT_ANSWER, &facts, walk_race);
}

static void race_remove(const struct state *from, unsigned who)
{
    unsigned turn = from->actions[who].turn;
    bool in = from->model.in & 1u << turn;
    struct state state;

    assert_false(from->model.group);
    memcpy(&state, from, sizeof state);
    assert_true(!in || count_bits(state.model.in) >= 2);
    take_out(&state.model, turn);
    answer(&state, who, in ? VERDICT_DONE : VERDICT_NOT_FOUND, walk_race);
}

static void check_race_end(const struct state *state)
{
    if (is_success(state->actions[0].result) || is_success(state->actions[1].result))
        assert_int_equal(count_bits(state->model.in), 1);
}

/* Each of the two does its next step, now. */
static void walk_race(const struct state *state, unsigned last)
{
    static const struct join_facts plenty = {.left_ms = PLENTY_MS, .reason = "why"};
    unsigned who;

    (void)last;
    if (state->actions[0].act == JOIN_ACT_SETTLE && state->actions[1].act == JOIN_ACT_SETTLE) {
        check_race_end(state);
        return;
    }
    for (who = 0; who < 2; who++) {
        const struct join_action *action = &state->actions[who];

        if (action->act == JOIN_ACT_SETTLE)
            continue;
        if (action->act == JOIN_ACT_WAIT)
            step(state, who, JOIN_EVENT_TIME, &plenty, walk_race);
        else if (action->call == CALL_ADD || action->call == CALL_UPDATE)
            race_add(state, who);
        else if (action->call == CALL_LIST)
            race_list(state, who);
        else if (action->call == CALL_REMOVE)
            race_remove(state, who);
        else
            fail_msg("nobody said \"not found\"");
    }
}

/* ---- From where it is walked */

static void set_up(struct state *state, unsigned who, unsigned count, unsigned full, unsigned bits)
{
    state->machines[who].count = count;
    state->machines[who].full = full;
    state->machines[who].existed = bits & 1;
    state->machines[who].service_known = bits & 2;
    state->machines[who].has_address = bits & 4;
    state->actions[who].act = JOIN_ACT_NONE;
}

static void begin(const struct state *state, walk_fn *walk)
{
    static const struct join_facts plenty = {.left_ms = PLENTY_MS, .reason = "why"};

    step(state, 0, JOIN_EVENT_BEGIN, &plenty, walk);
}

static void tell(const char *what, unsigned count)
{
    print_message("%s, %u of the bot's identities: %zu states, %lu steps\n", what, count, seen.count,
                  seen.steps);
}

static const struct walk {
    const char *name;
    unsigned count;
} walks[] = {{"one identity", 1}, {"two identities", 2}, {"three identities", 3}};

static void any_answers_lead_to_one_end(void **cases_state)
{
    const struct walk *row = *cases_state;
    unsigned full, bits;

    forget_all();
    for (full = 0; full < 1u << row->count; full++)
        for (bits = 0; bits < 8; bits++) {
            struct state state;

            if (row->count == 1 && full) /* which is known only where there are others */
                continue;
            memset(&state, 0, sizeof state);
            state.left = DEPTH;
            set_up(&state, 0, row->count, full, bits);
            begin(&state, walk_anything);
        }
    tell("any answers", row->count);
}

/* Nobody, one or two of them in, in any order. */
static void twilio_is_left_with_one_of_them(void **cases_state)
{
    const struct walk *row = *cases_state;
    unsigned full, bits, first, second;

    forget_all();
    for (full = 0; full < 1u << row->count; full++)
        for (bits = 0; bits < 8; bits++)
            for (first = 0; first <= row->count; first++)
                for (second = 0; second < row->count; second++) {
                    struct state state;

                    if (row->count == 1 && full)
                        continue;
                    memset(&state, 0, sizeof state);
                    state.left = DEPTH;
                    state.model.number = JOIN_NUMBER_NONE;
                    if (first < row->count) {
                        put_in(&state.model, first);
                        put_in(&state.model, second);
                        state.model.longest_at_first = 1u << first;
                    }
                    set_up(&state, 0, row->count, full, bits);
                    begin(&state, walk_with_twilio);
                }
    tell("a Twilio that keeps who is in", row->count);
}

/* A number that could be ours or not, or one or two of ours at numbers of theirs. */
static void a_group_is_left_with_one_of_them(void **cases_state)
{
    const struct walk *row = *cases_state;
    unsigned full, bits, first, second;
    int number;

    forget_all();
    for (full = 0; full < 1u << row->count; full++)
        for (bits = 0; bits < 8; bits++)
            for (number = JOIN_NUMBER_NONE; number <= JOIN_NUMBER_HELD; number++)
                for (first = 0; first <= row->count; first++)
                    for (second = 0; second < row->count; second++) {
                        struct state state;

                        if ((row->count == 1 && full) || (first == row->count && second > 0) ||
                            number == JOIN_NUMBER_SEVERAL) /* which is refused as one that is held */
                            continue;
                        memset(&state, 0, sizeof state);
                        state.left = DEPTH;
                        state.model.group = true;
                        state.model.number = (unsigned char)number;
                        if (first < row->count) {
                            put_in(&state.model, first);
                            put_in(&state.model, second);
                            state.model.in_at_first = state.model.in;
                        }
                        set_up(&state, 0, row->count, full, bits);
                        begin(&state, walk_with_twilio);
                    }
    tell("a group", row->count);
}

/* `given`: 2 the service is known, 4 the projected address is. */
static void race_from(const struct walk *row, const struct model *model, unsigned given)
{
    static const struct join_facts plenty = {.left_ms = PLENTY_MS, .reason = "why"};
    unsigned known, bits, mask = (1u << row->count) - 1;

    for (known = 0; known < 1u << 2 * row->count; known++)
        for (bits = 0; bits < 4; bits++) {
            struct join_action action;
            struct state state;

            memset(&state, 0, sizeof state);
            memcpy(&state.model, model, sizeof state.model);
            state.left = 1000; /* failures apart, nothing can go on without an end */
            if (row->count > 1) {
                set_up(&state, 0, row->count, known & mask, (bits & 1) | given);
                set_up(&state, 1, row->count, known >> row->count, bits >> 1 | given);
            } else {
                set_up(&state, 0, 1, 0, given);
                set_up(&state, 1, 1, 0, given);
            }
            action = join_step(&state.machines[1], JOIN_EVENT_BEGIN, &plenty);
            copy_action(&state.actions[1], &action);
            begin(&state, walk_race);
        }
}

static void two_that_race_leave_one_in(void **cases_state)
{
    const struct walk *row = *cases_state;
    struct model model;

    forget_all();
    memset(&model, 0, sizeof model);
    model.number = JOIN_NUMBER_NONE;
    race_from(row, &model, 2);
    tell("two that race", row->count);
}

/* For the number that is there, or to bring one. */
static void two_that_race_in_a_group_leave_one_in(void **cases_state)
{
    const struct walk *row = *cases_state;
    struct model model;

    forget_all();
    memset(&model, 0, sizeof model);
    model.group = true;
    model.number = JOIN_NUMBER_FREE;
    race_from(row, &model, 2);
    model.number = JOIN_NUMBER_NONE;
    race_from(row, &model, 2 | 4);
    tell("two that race in a group", row->count);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, any_answers_lead_to_one_end, walks);
    CASES_ADD_TABLE(&cases, twilio_is_left_with_one_of_them, walks);
    CASES_ADD_TABLE(&cases, a_group_is_left_with_one_of_them, walks);
    CASES_ADD_TABLE(&cases, two_that_race_leave_one_in, walks);
    CASES_ADD_TABLE(&cases, two_that_race_in_a_group_leave_one_in, walks);
    return cases_run(&cases, "join_walk");
}
