/*
 * A join's states, and what leads from one to the next; no input, no output, no clock.
 *
 * With one identity: add it. With several every conversation has its own order of them (identities.h): the
 * first one that is not full is added, and then the participants are looked at, because somebody else may
 * have added another one. Of several that are in the one that has been longest stays. In a conversation
 * that was there before, where one of them may be in already, a look comes first; whoever is in stays.
 * That the look comes after the adding is what makes it safe: of two that race, the later one sees both.
 *
 * A group text takes an identity only where it stands for a number of the account's (50434). Then a look tells
 * which number could be ours; its participant is given our identity, or a number is brought that is not there yet.
 * One such look a join; a second one where somebody was quicker (50444) or the number is gone. None follows the
 * adding: a number holds one identity, so that of two that race the later one is told. Whoever stands for a number
 * is never removed, since the number would go as well.
 *
 * "Not found" may mean that Twilio created the participant all the same (Twilio Help, article
 * 50009103572635), that a new conversation is not known everywhere yet, that it is gone, or that we may not
 * see it. It is gone only if the participant is not there, twice, its service can be seen, and the
 * conversation is not new.
 */
#ifndef AUTOJOIN_TWILIO_JOIN_STEP_H
#define AUTOJOIN_TWILIO_JOIN_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "twilio/join_result.h"
#include "twilio/verdict.h"

enum {
    JOIN_IDENTITIES_LIMIT = 32,
    JOIN_REQUESTS_LIMIT = 100, /* of one join; 32 full identities and a list of ten pages fit */
};

enum join_state {
    JOIN_STATE_NEW,
    JOIN_STATE_LOOKING,  /* which of our identities are in? */
    JOIN_STATE_ADDING,
    JOIN_STATE_UPDATING, /* the number of a group gets our identity */
    JOIN_STATE_CHECKING, /* "not found": is the participant there all the same? */
    JOIN_STATE_SEEKING,  /* it is not: can the service be seen at all? */
    JOIN_STATE_REMOVING, /* who is too many */
    JOIN_STATE_WAITING,  /* to go back to `resume` */
    JOIN_STATE_SETTLED
};

enum join_event {
    JOIN_EVENT_BEGIN,
    JOIN_EVENT_ANSWER,  /* to the request that was sent last */
    JOIN_EVENT_TIME,    /* the wait is over */
    JOIN_EVENT_UNSENT   /* the request, or the wait, could not be begun */
};

/* Which of the account's numbers in a group could be ours. */
enum join_number {
    JOIN_NUMBER_UNKNOWN, /* nobody has looked */
    JOIN_NUMBER_NONE,    /* none; AUTOJOIN_PROJECTED_ADDRESS, if it is set, is not there yet */
    JOIN_NUMBER_FREE,    /* one */
    JOIN_NUMBER_SEVERAL, /* each of several */
    JOIN_NUMBER_HELD     /* none: other identities hold them */
};

/* How the bot is put in. */
enum join_way {
    JOIN_WAY_PLAIN,
    JOIN_WAY_PROJECTED, /* it brings AUTOJOIN_PROJECTED_ADDRESS */
    JOIN_WAY_NUMBER     /* it gets a number that is there */
};

/* Identities are named by their turn in the conversation's order. */
struct join_machine {
    /* Before JOIN_EVENT_BEGIN the caller's to set. */
    unsigned count;       /* of identities */
    uint32_t full;        /* which of them are full, a bit for each turn */
    bool existed;         /* the conversation was there before what called for the join */
    bool service_known;
    bool has_address;     /* AUTOJOIN_PROJECTED_ADDRESS is set */
    /* The machine's own. */
    enum join_state state, resume;
    enum join_result result; /* if nothing comes between */
    bool is_in;           /* one of our identities is, whatever the result will be */
    bool looked;          /* and none of them was in */
    bool group;           /* Twilio said that it is one */
    bool taken;           /* ... and then that its number has an identity */
    bool again;           /* looked once more, since the number was not as we had seen it */
    enum join_number number; /* as it was when we looked */
    enum join_way way;
    bool not_found;       /* once already */
    unsigned turn;        /* whose participant is added, or was */
    uint32_t to_remove;   /* who is still to be, a bit for each turn */
    unsigned failures;    /* of requests that were to be tried again */
    unsigned requests;
};

/* What the event tells. */
struct join_facts {
    int64_t left_ms;       /* until the deadline */
    uint64_t chance;       /* a random number */
    const char *reason;    /* of the verdict, or why it is JOIN_EVENT_UNSENT */
    /* Of JOIN_EVENT_ANSWER. */
    enum verdict verdict;
    bool account_wide;     /* a refusal that would meet every other conversation too */
    int64_t retry_after_s; /* that Twilio asks for; 0 or less if it does not */
    bool service_seen;     /* lately */
    bool event_is_old;     /* so that "not found" cannot be for being new */
    bool more;             /* of a list: it has another page */
    uint32_t present;      /* of a list, all pages together: which identities are in */
    unsigned longest;      /* ... and which of these for the longest time */
    uint32_t at_numbers;   /* ... and which of these stand for a number */
    enum join_number number; /* of a list, all pages together */
};

enum join_act { JOIN_ACT_NONE, JOIN_ACT_SEND, JOIN_ACT_WAIT, JOIN_ACT_SETTLE };

struct join_action {
    enum join_act act;
    /* JOIN_ACT_SEND */
    enum resources_call call;
    unsigned turn;         /* of the identity that it is about */
    bool next_page;        /* of the list, not its first one */
    bool projected;        /* with AUTOJOIN_PROJECTED_ADDRESS */
    /* JOIN_ACT_WAIT */
    int64_t wait_ms;
    /* JOIN_ACT_SETTLE */
    enum join_result result;
    const char *reason;    /* NULL for joined */
    bool account_wide;
};

/* Takes the machine one step on. JOIN_ACT_NONE for what the state does not wait for. Thread-safe. */
struct join_action join_step(struct join_machine *machine, enum join_event event,
                             const struct join_facts *facts);

#endif
