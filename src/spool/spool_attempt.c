#include "build.h"

#include "spool/spool_attempt.h"

#include "spool/ticket_schedule.h"

static enum spool_attempt_end unknown(struct spool_attempt *attempt, enum spool_status status)
{
    attempt->status = status;
    return SPOOL_ATTEMPT_UNKNOWN;
}

static enum spool_attempt_end strike(struct spool *spool, struct spool_attempt *attempt,
                                     const struct ticket *ticket)
{
    enum spool_status status = spool_strike(spool, ticket->conversation.text);

    return status == SPOOL_OK || status == SPOOL_ABSENT ? SPOOL_ATTEMPT_SETTLED
                                                        : unknown(attempt, status);
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
    }
    return status == SPOOL_BROKEN || status == SPOOL_UNFINISHED ? SPOOL_OK : status;
}

enum spool_attempt_end spool_attempt_end(struct spool *spool, struct spool_attempt *attempt,
                                         struct ticket *ticket,
                                         const struct join_outcome *outcome)
{
    enum spool_status there, status;
    bool hopeless;

    if (ticket_schedule_is_settled(outcome->result))
        return strike(spool, attempt, ticket);
    there = learn_from_older(spool, ticket);
    if (there == SPOOL_ABSENT && attempt->origin == SPOOL_ATTEMPT_FOUND)
        return SPOOL_ATTEMPT_SETTLED;
    if (there != SPOOL_OK && there != SPOOL_ABSENT)
        return unknown(attempt, there);
    hopeless = ticket_schedule_is_hopeless(ticket, outcome, attempt->give_up_ms);
    ticket_schedule_next(ticket, outcome, attempt->jitter);
    status = there == SPOOL_ABSENT ? spool_add(spool, ticket) : spool_replace(spool, ticket);
    if (status == SPOOL_OK && hopeless)
        status = spool_give_up(spool, ticket->conversation.text);
    if (status != SPOOL_OK && status != SPOOL_EXISTS)
        return unknown(attempt, status);
    return hopeless ? SPOOL_ATTEMPT_GIVEN_UP : SPOOL_ATTEMPT_KEPT;
}
