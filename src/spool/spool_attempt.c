#include "build.h"

#include "spool/spool_attempt.h"

#include "support/clock.h"

enum {
    FIRST_MS = 2000,
    LONGEST_MS = 10 * 60 * 1000,
    REFUSED_FIRST_MS = 60 * 1000,
    REFUSED_LONGEST_MS = 60 * 60 * 1000,
    INITIALIZING_MS = 1000, /* a group is being made for less than that; nobody answers its people until then */
    INITIALIZING_LONGEST_MS = 60 * 1000,
    INITIALIZING_YOUNG_MS = 60 * 1000, /* since we heard of it; later something is the matter */
    DOUBLINGS = 12,
};

bool spool_attempt_is_settled(enum join_result verdict)
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

/* Whether Twilio says once more that it cannot be done, after waits of more than `give_up_ms` in all for
 * such answers (before schedule() adds the next one). Other time does not count: without a drainer,
 * without an answer, with one that is not about this conversation (429, 5xx, a redirect, a group that is still
 * initializing, credentials refused). */
static bool is_hopeless(const struct ticket *ticket, const struct join_outcome *outcome,
                          uint64_t give_up_ms)
{
    return is_about_it(outcome) && ticket->refused_s > give_up_ms / 1000;
}

/* Until the next attempt, unless Twilio asks for more; 0 after a failure without any answer. */
static int64_t choose_wait(const struct ticket *ticket, const struct join_outcome *outcome,
                           struct jitter *jitter)
{
    int64_t age = clock_wall_ms() - ticket->first_seen_ms;
    bool young = age > -INITIALIZING_YOUNG_MS && age < INITIALIZING_YOUNG_MS; /* the clock may be set back */

    if (outcome->result == JOIN_REFUSED)
        return delay(ticket->attempts, REFUSED_FIRST_MS, REFUSED_LONGEST_MS, jitter);
    if (outcome->rest_status == 0)
        return 0;
    if (outcome->rest_code == STILL_INITIALIZING)
        return delay(young ? 1 : ticket->attempts, INITIALIZING_MS, INITIALIZING_LONGEST_MS, jitter);
    return delay(ticket->attempts, FIRST_MS, LONGEST_MS, jitter);
}

/* Writes an unsettled outcome into the ticket: verdict, attempts, next attempt, and the wait until then if
 * Twilio said that it cannot be done. An outcome of which nothing was attempted (breaker open, too many under
 * way) does not count as an attempt. */
static void schedule(struct ticket *ticket, const struct join_outcome *outcome,
                   struct jitter *jitter)
{
    int64_t wait;

    ticket_set_verdict(ticket, spool_attempt_result_word(outcome->result), outcome->reason);
    if (outcome->attempts > 0)
        ticket->attempts++;
    wait = choose_wait(ticket, outcome, jitter);
    if (wait < (int64_t)outcome->retry_after * 1000)
        wait = (int64_t)outcome->retry_after * 1000;
    if (wait > REFUSED_LONGEST_MS)
        wait = REFUSED_LONGEST_MS; /* what lies further ahead counts as a clock set back */
    if (is_about_it(outcome))
        ticket->refused_s += (uint64_t)(wait / 1000);
    ticket->next_attempt_ms = clock_wall_ms() + wait;
}

int64_t spool_attempt_wait_ms(const struct ticket *ticket)
{
    int64_t wait = ticket->next_attempt_ms - clock_wall_ms();

    return wait > 0 && wait <= REFUSED_LONGEST_MS ? wait : 0;
}

const char *spool_attempt_result_word(enum join_result verdict)
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

static enum spool_attempt_end unknown(struct spool_attempt *attempt, enum spool_status status)
{
    attempt->status = status;
    return SPOOL_ATTEMPT_UNKNOWN;
}

static enum spool_attempt_end strike(struct spool *spool, struct spool_attempt *attempt,
                                     const struct ticket *ticket)
{
    attempt->status = spool_strike(spool, ticket->conversation.text);
    return attempt->status == SPOOL_OK || attempt->status == SPOOL_ABSENT ? SPOOL_ATTEMPT_SETTLED
                                                                          : SPOOL_ATTEMPT_UNKNOWN;
}

/* SPOOL_ABSENT if there is none; a file that is no ticket counts as one that knows nothing. */
static enum spool_status learn_from_older(struct spool *spool, struct ticket *ticket)
{
    struct ticket older;
    enum spool_status status = spool_read(spool, ticket->conversation.text, &older);

    if (status == SPOOL_OK) {
        ticket->first_seen_ms = older.first_seen_ms;
        ticket->attempts = older.attempts;
        ticket->refused_s = older.refused_s;
        if (!ticket->service.text[0])
            ticket->service = older.service; /* an event names none, where a webhook did */
    }
    return status == SPOOL_BROKEN || status == SPOOL_UNFINISHED ? SPOOL_OK : status;
}

enum spool_attempt_end spool_attempt_end(struct spool *spool, struct spool_attempt *attempt,
                                         struct ticket *ticket,
                                         const struct join_outcome *outcome)
{
    enum spool_status there, status;
    bool hopeless;

    if (spool_attempt_is_settled(outcome->result))
        return strike(spool, attempt, ticket);
    attempt->status = there = learn_from_older(spool, ticket);
    if (there == SPOOL_ABSENT && attempt->origin == SPOOL_ATTEMPT_FOUND)
        return SPOOL_ATTEMPT_SETTLED;
    if (there != SPOOL_OK && there != SPOOL_ABSENT)
        return unknown(attempt, there);
    hopeless = is_hopeless(ticket, outcome, attempt->give_up_ms);
    schedule(ticket, outcome, attempt->jitter);
    status = there == SPOOL_ABSENT ? spool_add(spool, ticket) : spool_replace(spool, ticket);
    if (status == SPOOL_OK && hopeless)
        status = spool_give_up(spool, ticket->conversation.text);
    attempt->status = status;
    if (status == SPOOL_ABSENT) /* another drainer was quicker, to the same end */
        return SPOOL_ATTEMPT_SETTLED;
    if (status != SPOOL_OK && status != SPOOL_EXISTS)
        return unknown(attempt, status);
    return hopeless ? SPOOL_ATTEMPT_GIVEN_UP : SPOOL_ATTEMPT_KEPT;
}
