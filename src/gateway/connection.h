/*
 * One FastCGI connection, from its acceptance to its end. Only connections.c, which keeps them all,
 * and connection.c include this.
 */
#ifndef AUTOJOIN_GATEWAY_CONNECTION_H
#define AUTOJOIN_GATEWAY_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event_struct.h>

#include "gateway/connections.h"
#include "gateway/exchange.h"
#include "gateway/intake.h"

enum connection_state { WAITING, IDLE, SERVING, DRAINING, CLOSED };

struct connection {
    struct exchange exchange; /* first: the exchange's address is ours */
    struct connections *set;
    TAILQ_ENTRY(connection) entry;
    enum connection_state state;
    bool watched;   /* `event` is added */
    bool advancing; /* advance() is on the stack and will go on */
    bool keep;      /* FCGI_KEEP_CONN */
    bool oversize;
    uint16_t request_id;
    int64_t since_ms; /* of WAITING and DRAINING */
    size_t drain_left; /* bytes of an oversize body that are put up with */
    struct intake intake;
    FCGX_Request fcgi;
    struct event event;
};

/* Puts an accepted descriptor into the set and looks at it at once; closes it if memory ran out. */
void connection_begin(struct connections *set, int descriptor);

/* Ends a connection that is not being served; its memory goes once nobody on the stack holds it. */
void connection_end(struct connection *connection);

/* Ends any connection, without an answer. */
void connection_drop(struct connection *connection);

/* Logs what is wrong with a peer, at most one line a second for all of them. */
void connection_complain(struct connection *connection, const char *reason);

#endif
