#include "build.h"

#include "spool/ticket_schedule.h"

#include "support/clock.h"

enum {
    FIRST_MS = 2000,
    LONGEST_MS = 10 * 60 * 1000,
    REFUSED_FIRST_MS = 60 * 1000,
    REFUSED_LONGEST_MS = 60 * 60 * 1000,
    DOUBLINGS = 12,
};

bool ticket_schedule_is_settled(enum join_result verdict)
{
    return verdict == JOIN_JOINED || verdict == JOIN_ALREADY_JOINED ||
           verdict == JOIN_GONE || verdict == JOIN_UNWANTED;
}

/* Half of the doubled step for certain, the other half by chance. */
static int64_t delay(unsigned attempts, int64_t first, int64_t longest, struct jitter *jitter)
{
    unsigned doublings = attempts > 1 ? attempts - 1 : 0;
    int64_t step = first << (doublings < DOUBLINGS ? doublings : DOUBLINGS);

    if (step > longest)
        step = longest;
    return step / 2 + jitter_below(jitter, step / 2 + 1);
}

enum { STILL_INITIALIZING = 50386 }; /* Twilio's code for a group that is being made */

/* Whether it is this conversation that Twilio refuses: not its own trouble, not a redirect (a wrong
 * AUTOJOIN_API_URL), not what passes by itself, not what meets every conversation, and not one where the bot is in, whatever
 * else could not be done there. */
static bool is_about_it(const struct join_outcome *outcome)
{
    return outcome->rest_status >= 400 && outcome->rest_status < 500 && !outcome->limited &&
           !outcome->account_wide && !outcome->is_in && outcome->rest_code != STILL_INITIALIZING;
}

bool ticket_schedule_is_hopeless(const struct ticket *ticket, const struct join_outcome *outcome,
                          uint64_t give_up_ms)
{
    return is_about_it(outcome) && ticket->refused_s > give_up_ms / 1000;
}

void ticket_schedule_next(struct ticket *ticket, const struct join_outcome *outcome,
                   struct jitter *jitter)
{
    int64_t wait = 0;

    ticket_set_verdict(ticket, ticket_schedule_result_word(outcome->result), outcome->reason);
    if (outcome->attempts > 0)
        ticket->attempts++;
    if (outcome->result == JOIN_REFUSED)
        wait = delay(ticket->attempts, REFUSED_FIRST_MS, REFUSED_LONGEST_MS, jitter);
    else if (outcome->rest_status != 0)
        wait = delay(ticket->attempts, FIRST_MS, LONGEST_MS, jitter);
    if (wait < (int64_t)outcome->retry_after * 1000)
        wait = (int64_t)outcome->retry_after * 1000;
    if (wait > REFUSED_LONGEST_MS)
        wait = REFUSED_LONGEST_MS; /* what lies further ahead counts as a clock set back */
    if (is_about_it(outcome))
        ticket->refused_s += (uint64_t)(wait / 1000);
    ticket->next_attempt_ms = clock_wall_ms() + wait;
}

int64_t ticket_schedule_wait_ms(const struct ticket *ticket)
{
    int64_t wait = ticket->next_attempt_ms - clock_wall_ms();

    return wait > 0 && wait <= REFUSED_LONGEST_MS ? wait : 0;
}

const char *ticket_schedule_result_word(enum join_result verdict)
{
    switch (verdict) {
    case JOIN_JOINED:
        return "joined";
    case JOIN_ALREADY_JOINED:
        return "already-joined";
    case JOIN_GONE:
        return "gone";
    case JOIN_UNWANTED:
        return "left";
    case JOIN_RETRY_LATER:
        return "retry-later";
    case JOIN_REFUSED:
        break;
    }
    return "refused";
}
