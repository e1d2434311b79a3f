/*
 * The table of answers: each one's status, body, result word and log level, and the one log
 * line of a request. The client gets the status, the log gets the reason.
 */
#ifndef AUTOJOIN_WEBHOOK_ANSWER_H
#define AUTOJOIN_WEBHOOK_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/exchange.h"
#include "support/log.h"
#include "support/stats.h"
#include "twilio/join.h"
#include "webhook/event.h"
#include "webhook/public_url.h"

enum answer {
    ANSWER_NONE, /* not decided yet */
    ANSWER_JOINED,
    ANSWER_ALREADY_JOINED,
    ANSWER_GONE,
    ANSWER_IGNORED,
    ANSWER_PRE_EVENT,
    ANSWER_RETRY_LATER,
    ANSWER_REFUSED,
    ANSWER_FORBIDDEN,
    ANSWER_METHOD_NOT_ALLOWED,
    ANSWER_UNSUPPORTED_TYPE,
    ANSWER_TOO_LARGE,
    ANSWER_BAD_REQUEST
};

/* Which key signed, and how: of a signature that holds what proved it, else what the headers say. */
struct answer_signer {
    bool proved;
    enum stats_counter counter; /* if it is proved */
    const char *kind;           /* of the key; NULL unless it is proved */
    const char *key;            /* a SharedKey's id; no secret */
    size_t key_length;
    const char *algorithm;
    size_t algorithm_length;
    const char *header; /* the one that says so; NULL for none */
};

/* How it came. */
enum answer_way {
    ANSWER_WAY_UNKNOWN, /* not looked at yet */
    ANSWER_WAY_WEBHOOK,
    ANSWER_WAY_EVENT_STREAM
};

/* What the log line tells besides. What is NULL or empty is left out. */
struct answer_facts {
    uint64_t id; /* of the request */
    enum answer_way way;
    bool kept;   /* an event that will not be lost, whatever became of its join: its status is 200 */
    const char *reason;
    const char *variable;           /* the name of the variable at fault */
    const struct event *event;
    const struct public_url *url;    /* a failed signature: the first URL tried ... */
    const struct form *form;        /* ... and the parameters, of which only names are shown */
    const struct join_outcome *outcome;
    struct answer_signer signer;
    struct buffer hint;
};

/* Sets the exchange's response, appends its log line, if that level is wanted, and counts it
 * (`stats` may be NULL). */
void answer_write(struct exchange *exchange, const struct log *log, struct stats *stats,
                  enum answer answer, const struct answer_facts *facts);

/* The same in two steps, for a request of several events: appends and counts one of them, any number of times (lines
 * that the exchange's log has no room for go to our own); then sets the response, and counts what is the same of
 * all. */
void answer_tell(struct exchange *exchange, const struct log *log, struct stats *stats,
                 enum answer answer, const struct answer_facts *facts);
void answer_respond(struct exchange *exchange, struct stats *stats, enum answer answer,
                    const struct answer_facts *facts);

enum { ANSWER_HEALTH_SIZE = 80 };

/* Writes what a health check is told while the settings are sound: `settings` is their fingerprint, "" if
 * there is none. */
void answer_health_text(char text[ANSWER_HEALTH_SIZE], const char *settings);

/* Sets the response to a health check, which is not logged. `healthy` is that text, which must outlive the
 * exchange, or NULL with faulty settings. */
void answer_write_health(struct exchange *exchange, const char *healthy);

#endif
