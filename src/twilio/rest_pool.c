#include "build.h"

#include "twilio/rest_pool.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "support/clock.h"
#include "twilio/rest_loop.h"

/* libcurl looks through all of a multi handle's connections for each send and receive: there are several handles
 * rather than many connections in one. Each has read the certificates for itself. */
enum { LOOP_CONNECTIONS = 256 };

TAILQ_HEAD(connection_queue, rest_connection);
TAILQ_HEAD(claim_queue, rest_claim);

struct loop_entry {
    LIST_ENTRY(loop_entry) entry;
    struct rest_loop *loop;
};

struct rest_pool {
    const struct config *config;
    struct event_base *base;
    CURLSH *share; /* TLS sessions, so that a new connection need not begin from nothing */
    LIST_HEAD(loop_list, loop_entry) loops;
    struct connection_queue idle;       /* the last used first */
    struct connection_queue connecting; /* each for a claim */
    struct connection_queue spare;      /* connecting, and nobody waits for it any more; the last begun first */
    struct claim_queue waiting;         /* the first come first */
};

static bool is_to(const struct rest_connection *connection, const char *origin)
{
    return strcasecmp(connection->origin, origin) == 0;
}

/* ---- loops */

static struct rest_loop *add_loop(struct rest_pool *pool)
{
    struct loop_entry *entry = calloc(1, sizeof *entry);

    if (!entry)
        return NULL;
    entry->loop = rest_loop_new(pool->base, rest_connection_on_end);
    if (!entry->loop) {
        free(entry);
        return NULL;
    }
    LIST_INSERT_HEAD(&pool->loops, entry, entry);
    return entry->loop;
}

static struct rest_loop *loop_with_room(struct rest_pool *pool)
{
    struct loop_entry *entry;

    LIST_FOREACH(entry, &pool->loops, entry)
        if (rest_loop_count(entry->loop) < LOOP_CONNECTIONS)
            return entry->loop;
    return add_loop(pool);
}

static void free_empty_loops(struct rest_pool *pool)
{
    struct loop_entry *entry = LIST_FIRST(&pool->loops);

    while (entry) {
        struct loop_entry *next = LIST_NEXT(entry, entry);

        if (rest_loop_count(entry->loop) == 0) {
            LIST_REMOVE(entry, entry);
            rest_loop_free(entry->loop);
            free(entry);
        }
        entry = next;
    }
}

/* ---- connections that are nobody's */

/* TLS may have something to say for itself, such as session tickets. */
static void on_idle_ready(struct rest_connection *connection, void *argument)
{
    struct rest_pool *pool = argument;
    size_t received;
    char byte;

    if (rest_connection_receive(connection, &byte, sizeof byte, &received) == REST_IO_AGAIN)
        return;
    TAILQ_REMOVE(&pool->idle, connection, entry);
    rest_connection_close(connection);
}

static void put_idle(struct rest_pool *pool, struct rest_connection *connection)
{
    connection->used_us = clock_monotonic_us();
    rest_connection_listen(connection, on_idle_ready, pool);
    TAILQ_INSERT_HEAD(&pool->idle, connection, entry);
}

struct rest_connection *rest_pool_take(struct rest_pool *pool, const char *origin)
{
    struct rest_connection *connection;

    TAILQ_FOREACH(connection, &pool->idle, entry) {
        if (is_to(connection, origin)) {
            TAILQ_REMOVE(&pool->idle, connection, entry);
            return connection;
        }
    }
    return NULL;
}

bool rest_pool_close_idle(struct rest_pool *pool, int64_t since_us)
{
    struct rest_connection *connection;

    while ((connection = TAILQ_LAST(&pool->idle, connection_queue)) && connection->used_us <= since_us) {
        TAILQ_REMOVE(&pool->idle, connection, entry);
        rest_connection_close(connection);
    }
    free_empty_loops(pool);
    return !LIST_EMPTY(&pool->loops);
}

/* ---- claims */

static void tie(struct rest_pool *pool, struct rest_claim *claim, struct rest_connection *attempt)
{
    claim->attempt = attempt;
    attempt->claim = claim;
    TAILQ_INSERT_HEAD(&pool->connecting, attempt, entry);
    TAILQ_INSERT_TAIL(&pool->waiting, claim, entry);
}

/* Its connection on the way becomes a spare one. */
static void leave_queue(struct rest_pool *pool, struct rest_claim *claim)
{
    struct rest_connection *attempt = claim->attempt;

    TAILQ_REMOVE(&pool->waiting, claim, entry);
    claim->attempt = NULL;
    if (!attempt)
        return;
    attempt->claim = NULL;
    TAILQ_REMOVE(&pool->connecting, attempt, entry);
    TAILQ_INSERT_HEAD(&pool->spare, attempt, entry);
}

/* Gives it to who waits for it, or for another one to there. */
static void pass_on(struct rest_pool *pool, struct rest_connection *connection, struct rest_claim *claim)
{
    if (!claim)
        TAILQ_FOREACH(claim, &pool->waiting, entry)
            if (is_to(connection, claim->origin) && !(claim->fresh && connection->used))
                break;
    if (!claim) {
        put_idle(pool, connection);
        return;
    }
    leave_queue(pool, claim);
    claim->given(claim->argument, connection, CURLE_OK);
}

static void on_connected(struct rest_connection *connection, CURLcode code)
{
    struct rest_pool *pool = connection->owner;
    struct rest_claim *claim = connection->claim;

    if (claim) {
        claim->attempt = NULL;
        connection->claim = NULL;
        TAILQ_REMOVE(&pool->connecting, connection, entry);
    } else {
        TAILQ_REMOVE(&pool->spare, connection, entry);
    }
    if (code == CURLE_OK) {
        pass_on(pool, connection, claim);
        return;
    }
    rest_connection_close(connection);
    if (!claim)
        return;
    leave_queue(pool, claim);
    claim->given(claim->argument, NULL, code);
}

static struct rest_connection *begin_attempt(struct rest_pool *pool, const char *origin)
{
    struct rest_loop *loop = loop_with_room(pool);

    return loop ? rest_connection_open(loop, pool->config, pool->share, origin, on_connected, pool) : NULL;
}

static struct rest_connection *take_spare(struct rest_pool *pool, const char *origin)
{
    struct rest_connection *connection;

    TAILQ_FOREACH(connection, &pool->spare, entry) {
        if (is_to(connection, origin)) {
            TAILQ_REMOVE(&pool->spare, connection, entry);
            return connection;
        }
    }
    return NULL;
}

bool rest_pool_wait(struct rest_pool *pool, struct rest_claim *claim)
{
    struct rest_connection *attempt = take_spare(pool, claim->origin);

    if (!attempt)
        attempt = begin_attempt(pool, claim->origin);
    if (attempt)
        tie(pool, claim, attempt);
    return attempt != NULL;
}

void rest_pool_withdraw(struct rest_pool *pool, struct rest_claim *claim)
{
    struct rest_connection *attempt = claim->attempt;

    leave_queue(pool, claim);
    if (!attempt)
        return;
    TAILQ_REMOVE(&pool->spare, attempt, entry);
    rest_connection_close(attempt);
}

void rest_pool_give_back(struct rest_pool *pool, struct rest_connection *connection, bool keeps)
{
    if (!keeps) {
        rest_connection_close(connection);
        return;
    }
    connection->used = true;
    pass_on(pool, connection, NULL);
}

/* ---- all of it */

struct rest_pool *rest_pool_new(const struct config *config, struct event_base *base)
{
    struct rest_pool *pool = calloc(1, sizeof *pool);

    if (!pool)
        return NULL;
    pool->config = config;
    pool->base = base;
    LIST_INIT(&pool->loops);
    TAILQ_INIT(&pool->idle);
    TAILQ_INIT(&pool->connecting);
    TAILQ_INIT(&pool->spare);
    TAILQ_INIT(&pool->waiting);
    pool->share = curl_share_init();
    if (pool->share &&
        curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
        return pool;
    rest_pool_free(pool);
    return NULL;
}

static void close_all(struct connection_queue *queue)
{
    struct rest_connection *connection;

    while ((connection = TAILQ_FIRST(queue))) {
        TAILQ_REMOVE(queue, connection, entry);
        rest_connection_close(connection);
    }
}

void rest_pool_free(struct rest_pool *pool)
{
    if (!pool)
        return;
    close_all(&pool->connecting);
    close_all(&pool->spare);
    close_all(&pool->idle);
    free_empty_loops(pool);
    curl_share_cleanup(pool->share);
    free(pool);
}
