#include "build.h"

#include "twilio/join_step.h"

enum {
    FAILURES_LIMIT = 8,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_LONGEST_MS = 1000,
    INITIALIZING_LONGEST_MS = 500, /* it takes 700 ms, and then the bot is to be in soon */
    NOT_FOUND_WAIT_MS = 200,
    SHORTEST_REQUEST_MS = 50, /* less time than that is not worth a request */
};

static struct join_action settle(struct join_machine *machine, enum join_result result,
                                 const char *reason)
{
    machine->state = JOIN_STATE_SETTLED;
    return (struct join_action){.act = JOIN_ACT_SETTLE, .result = result, .reason = reason};
}

static struct join_action refuse(struct join_machine *machine, const char *reason, bool account_wide)
{
    struct join_action action = settle(machine, JOIN_REFUSED, reason);

    action.account_wide = account_wide;
    return action;
}

static struct join_action ask(struct join_machine *machine, enum join_state state,
                              struct join_action action, const struct join_facts *facts)
{
    if (facts->left_ms < SHORTEST_REQUEST_MS)
        return settle(machine, JOIN_RETRY_LATER, "the deadline is over");
    if (machine->requests == JOIN_REQUESTS_LIMIT)
        return settle(machine, JOIN_RETRY_LATER, "more requests than one join may take");
    machine->requests++;
    machine->state = state;
    action.act = JOIN_ACT_SEND;
    return action;
}

static struct join_action wait(struct join_machine *machine, enum join_state resume, int64_t wait_ms,
                               const char *reason, const struct join_facts *facts)
{
    if (wait_ms + SHORTEST_REQUEST_MS > facts->left_ms)
        return settle(machine, JOIN_RETRY_LATER, reason);
    machine->state = JOIN_STATE_WAITING;
    machine->resume = resume;
    return (struct join_action){.act = JOIN_ACT_WAIT, .wait_ms = wait_ms};
}

/* The first in order that is not full; `count` if all are. */
static unsigned first_free(const struct join_machine *machine)
{
    unsigned turn = 0;

    while (turn < machine->count && machine->full & UINT32_C(1) << turn)
        turn++;
    return turn;
}

static struct join_action look(struct join_machine *machine, const struct join_facts *facts)
{
    return ask(machine, JOIN_STATE_LOOKING, (struct join_action){.call = CALL_LIST}, facts);
}

static struct join_action add(struct join_machine *machine, const struct join_facts *facts)
{
    machine->turn = first_free(machine);
    if (machine->turn == machine->count) {
        if (!machine->looked) /* one that is full may be in */
            return look(machine, facts);
        return refuse(machine,
                      "each of the bot's identities is in too many conversations (Twilio's limit is "
                      "1000): let old ones close, or add one to AUTOJOIN_IDENTITIES",
                      true);
    }
    if (machine->way == JOIN_WAY_NUMBER)
        return ask(machine, JOIN_STATE_UPDATING,
                   (struct join_action){.call = CALL_UPDATE, .turn = machine->turn}, facts);
    return ask(machine, JOIN_STATE_ADDING,
                (struct join_action){.call = CALL_ADD, .turn = machine->turn,
                                     .projected = machine->way == JOIN_WAY_PROJECTED},
                facts);
}

static struct join_action check(struct join_machine *machine, const struct join_facts *facts)
{
    return ask(machine, JOIN_STATE_CHECKING,
                (struct join_action){.call = CALL_FETCH, .turn = machine->turn}, facts);
}

static struct join_action seek_service(struct join_machine *machine, const struct join_facts *facts)
{
    return ask(machine, JOIN_STATE_SEEKING, (struct join_action){.call = CALL_SERVICE}, facts);
}

/* All but one go, one after the other. */
static struct join_action remove_others(struct join_machine *machine, const struct join_facts *facts)
{
    unsigned turn = 0;

    if (machine->to_remove == 0)
        return settle(machine, machine->result, NULL);
    while (!(machine->to_remove & UINT32_C(1) << turn))
        turn++;
    machine->to_remove &= ~(UINT32_C(1) << turn);
    return ask(machine, JOIN_STATE_REMOVING,
                (struct join_action){.call = CALL_REMOVE, .turn = turn}, facts);
}

static struct join_action begin(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->count > 1 && machine->existed)
        return look(machine, facts);
    return add(machine, facts);
}

static struct join_action resume(struct join_machine *machine, const struct join_facts *facts)
{
    switch (machine->resume) {
    case JOIN_STATE_LOOKING:
        return look(machine, facts);
    case JOIN_STATE_CHECKING:
        return check(machine, facts);
    case JOIN_STATE_SEEKING:
        return seek_service(machine, facts);
    default:
        break;
    }
    return add(machine, facts);
}

/* What is said of a request that did not come to its end. */
static const char *what_failed(const struct join_machine *machine, const struct join_facts *facts)
{
    switch (machine->state) {
    case JOIN_STATE_LOOKING:
        return machine->group ? "who stands for the numbers of the group text could not be asked"
                              : "which of AUTOJOIN_IDENTITIES is in could not be asked";
    case JOIN_STATE_CHECKING:
        return "not found, and whether it was created could not be asked";
    case JOIN_STATE_SEEKING:
        return "not found, and whether the service exists could not be asked";
    case JOIN_STATE_REMOVING:
        return "a second identity could not be taken out";
    default:
        break;
    }
    return facts->reason;
}

/* Full jitter: anything from nothing to the doubled step, so that what failed together does
 * not come back together. What Twilio asks for is honoured on top of it. */
static struct join_action back_off(struct join_machine *machine, const struct join_facts *facts)
{
    int64_t step = (int64_t)BACKOFF_FIRST_MS << machine->failures++, delay;
    int64_t longest =
        facts->verdict == VERDICT_INITIALIZING ? INITIALIZING_LONGEST_MS : BACKOFF_LONGEST_MS;

    /* Who was in when we looked may have been removed since: the next join looks anew. */
    if (machine->failures == FAILURES_LIMIT || machine->state == JOIN_STATE_REMOVING)
        return settle(machine, JOIN_RETRY_LATER, what_failed(machine, facts));
    /* Not longer than that: what is left of the deadline is for attempts, not for one long wait. */
    if (step > longest)
        step = longest;
    delay = (int64_t)(facts->chance % (uint64_t)step);
    if (facts->retry_after_s > 0)
        delay += facts->retry_after_s * 1000;
    return wait(machine, machine->state, delay, what_failed(machine, facts), facts);
}

/* One identity is in: with several, is it the only one? Of a number it is. */
static struct join_action added(struct join_machine *machine, enum join_result result,
                                const struct join_facts *facts)
{
    machine->is_in = true;
    machine->result = result;
    if (machine->count > 1 && machine->way == JOIN_WAY_PLAIN)
        return look(machine, facts);
    return settle(machine, result, NULL);
}

static const char *why_no_number(const struct join_machine *machine)
{
    switch (machine->number) {
    case JOIN_NUMBER_SEVERAL:
        return "several of the account's numbers are in the group text: AUTOJOIN_PROJECTED_ADDRESS says which "
               "is the bot's";
    case JOIN_NUMBER_HELD:
        return "another identity holds the account's number in the group text";
    case JOIN_NUMBER_FREE:
        return "the account's number in the group text takes no identity";
    default:
        return "no number of the account's is in the group text: AUTOJOIN_PROJECTED_ADDRESS could be brought";
    }
}

/* A group, none of ours in it, and what its numbers are. */
static struct join_action enter_group(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->taken)
        return refuse(machine, why_no_number(machine), false);
    if (machine->number == JOIN_NUMBER_FREE)
        machine->way = JOIN_WAY_NUMBER;
    else if (machine->number == JOIN_NUMBER_NONE && machine->has_address)
        machine->way = JOIN_WAY_PROJECTED;
    else
        return refuse(machine, why_no_number(machine), false);
    return add(machine, facts);
}

/* The number is not as we saw it. */
static struct join_action look_again(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->again)
        return settle(machine, JOIN_RETRY_LATER, facts->reason);
    machine->again = true;
    machine->way = JOIN_WAY_PLAIN;
    return look(machine, facts);
}

/* A whole list of participants. */
static struct join_action looked(struct join_machine *machine, const struct join_facts *facts)
{
    if (facts->more)
        return ask(machine, JOIN_STATE_LOOKING,
                    (struct join_action){.call = CALL_LIST, .next_page = true}, facts);
    if (facts->present == 0) {
        if (machine->is_in)
            return settle(machine, machine->result, NULL);
        machine->looked = true;
        machine->number = facts->number;
        if (machine->group || machine->number == JOIN_NUMBER_FREE)
            return enter_group(machine, facts);
        return add(machine, facts);
    }
    if (!machine->is_in || facts->longest != machine->turn)
        machine->result = JOIN_ALREADY_JOINED;
    machine->is_in = true;
    machine->to_remove = facts->present & ~facts->at_numbers & ~(UINT32_C(1) << facts->longest);
    return remove_others(machine, facts);
}

/* The service can be seen, and the conversation is not in it. */
static struct join_action not_there(struct join_machine *machine, const struct join_facts *facts)
{
    if (facts->event_is_old)
        return settle(machine, JOIN_GONE, "no such conversation in its service");
    return settle(machine, JOIN_RETRY_LATER, "not found: as new as it is, it may not be known yet");
}

static struct join_action not_in_default_service(struct join_machine *machine,
                                                 const struct join_facts *facts)
{
    if (facts->event_is_old)
        return refuse(machine,
                      "not in the account's default service: set TWILIO_CHAT_SERVICE_SID", false);
    return settle(machine, JOIN_RETRY_LATER,
                  "not found in the account's default service, perhaps for being new: if it stays so, "
                  "set TWILIO_CHAT_SERVICE_SID");
}

static struct join_action not_found(struct join_machine *machine, const struct join_facts *facts)
{
    switch (machine->state) {
    case JOIN_STATE_ADDING:
        return check(machine, facts);
    case JOIN_STATE_UPDATING: /* or it was done all the same */
        return look_again(machine, facts);
    case JOIN_STATE_REMOVING: /* somebody else has */
        return remove_others(machine, facts);
    case JOIN_STATE_LOOKING:
        if (machine->is_in || (machine->group && !machine->again)) /* it was there a moment ago */
            return back_off(machine, facts);
        machine->looked = true;
        return add(machine, facts); /* which is what tells */
    case JOIN_STATE_SEEKING:
        return refuse(machine,
                      "neither the conversation nor its service can be seen: check account and service",
                      false);
    default:
        break;
    }
    if (!machine->not_found) {
        machine->not_found = true;
        return wait(machine, JOIN_STATE_ADDING, NOT_FOUND_WAIT_MS, facts->reason, facts);
    }
    if (!machine->service_known)
        return not_in_default_service(machine, facts);
    if (facts->service_seen)
        return not_there(machine, facts);
    return seek_service(machine, facts);
}

static struct join_action done(struct join_machine *machine, const struct join_facts *facts)
{
    switch (machine->state) {
    case JOIN_STATE_LOOKING:
        return looked(machine, facts);
    case JOIN_STATE_REMOVING:
        return remove_others(machine, facts);
    case JOIN_STATE_SEEKING:
        return not_there(machine, facts);
    default:
        break;
    }
    return added(machine, JOIN_JOINED, facts);
}

/* A conversation that is a group. */
static struct join_action needs_address(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->way != JOIN_WAY_PLAIN)
        return refuse(machine, facts->reason, false);
    machine->group = true;
    if (machine->number == JOIN_NUMBER_UNKNOWN)
        return look(machine, facts);
    return enter_group(machine, facts);
}

/* Somebody was quicker: one of ours, perhaps. */
static struct join_action taken(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->state != JOIN_STATE_UPDATING)
        return refuse(machine, facts->reason, false);
    machine->group = true;
    machine->taken = true;
    return look_again(machine, facts);
}

static struct join_action full(struct join_machine *machine, const struct join_facts *facts)
{
    if (machine->count == 1)
        return refuse(machine, facts->reason, true);
    machine->full |= UINT32_C(1) << machine->turn;
    return add(machine, facts);
}

static struct join_action answered(struct join_machine *machine, const struct join_facts *facts)
{
    bool of_all = machine->state == JOIN_STATE_ADDING ||
                  (machine->state == JOIN_STATE_LOOKING && !machine->group);

    switch (facts->verdict) {
    case VERDICT_DONE:
        return done(machine, facts);
    case VERDICT_ALREADY_JOINED:
        return added(machine, JOIN_ALREADY_JOINED, facts);
    case VERDICT_FULL:
        return full(machine, facts);
    case VERDICT_NEEDS_ADDRESS:
        return needs_address(machine, facts);
    case VERDICT_TAKEN:
        return taken(machine, facts);
    case VERDICT_NOT_FOUND:
        return not_found(machine, facts);
    case VERDICT_INITIALIZING:
    case VERDICT_TRY_AGAIN:
        return back_off(machine, facts);
    case VERDICT_LATER:
        return settle(machine, JOIN_RETRY_LATER, what_failed(machine, facts));
    case VERDICT_GONE:
        return settle(machine, JOIN_GONE, facts->reason);
    case VERDICT_REFUSED:
        break;
    }
    /* The other requests are made for few conversations only. */
    return refuse(machine, facts->reason, facts->account_wide && of_all);
}

static bool is_asking(const struct join_machine *machine)
{
    return machine->state != JOIN_STATE_NEW && machine->state != JOIN_STATE_WAITING &&
           machine->state != JOIN_STATE_SETTLED;
}

struct join_action join_step(struct join_machine *machine, enum join_event event,
                             const struct join_facts *facts)
{
    switch (event) {
    case JOIN_EVENT_BEGIN:
        if (machine->state == JOIN_STATE_NEW)
            return begin(machine, facts);
        break;
    case JOIN_EVENT_ANSWER:
        if (is_asking(machine))
            return answered(machine, facts);
        break;
    case JOIN_EVENT_TIME:
        if (machine->state == JOIN_STATE_WAITING)
            return resume(machine, facts);
        break;
    case JOIN_EVENT_UNSENT:
        if (is_asking(machine) || machine->state == JOIN_STATE_WAITING)
            return settle(machine, JOIN_RETRY_LATER, facts->reason);
        break;
    }
    return (struct join_action){.act = JOIN_ACT_NONE};
}
