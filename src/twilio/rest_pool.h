/*
 * Connections kept between exchanges: the last used is taken first, so that those beyond need go idle and are
 * closed; one that its server closes, or that says something unasked, is let go at once.
 *
 * Who finds none waits with a claim of his own: each claim has a connection on the way, and gets whichever is
 * there first, its own, one that another claim no longer needs, or one that is given back. Not thread-safe.
 */
#ifndef AUTOJOIN_TWILIO_REST_POOL_H
#define AUTOJOIN_TWILIO_REST_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include <event2/event.h>

#include "support/config.h"
#include "twilio/rest_connection.h"

struct rest_pool;

/* The claim is over: here is a connection, or, if it is NULL, why there is none. Called from the event loop, or
 * from within rest_pool_give_back(). */
typedef void rest_pool_given_fn(void *argument, struct rest_connection *connection, CURLcode code);

/* A place in the queue, in the memory of who waits. */
struct rest_claim {
    TAILQ_ENTRY(rest_claim) entry;
    const char *origin; /* must outlive the claim */
    bool fresh;         /* only a connection that nobody has used will do */
    rest_pool_given_fn *given;
    void *argument;
    struct rest_connection *attempt; /* the pool's */
};

/* After curl_global_init(). NULL if memory ran out; `config` and `base` must outlive it. */
struct rest_pool *rest_pool_new(const struct config *config, struct event_base *base);

/* Closes all connections. None may be in use, no claim may wait. NULL is nothing. */
void rest_pool_free(struct rest_pool *pool);

/* The connection to this origin that was used last; NULL if there is none. It is the caller's until it is given back. */
struct rest_connection *rest_pool_take(struct rest_pool *pool, const char *origin);

/* Waits for one. False, and no claim, if memory ran out. */
bool rest_pool_wait(struct rest_pool *pool, struct rest_claim *claim);

/* Waits no longer; the claim must wait. */
void rest_pool_withdraw(struct rest_pool *pool, struct rest_claim *claim);

/* `keeps`: a whole reply has come over it, and the next may; otherwise it is closed. */
void rest_pool_give_back(struct rest_pool *pool, struct rest_connection *connection, bool keeps);

/* Closes those that have idled since then or longer (monotonic time). Whether there is anything left. */
bool rest_pool_close_idle(struct rest_pool *pool, int64_t since_us);

#endif
