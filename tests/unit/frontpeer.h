/*
 * The web server's side of a FastCGI connection, on the event loop of the test: what it sends, what
 * it gets, and a stub of the application behind it.
 */
#ifndef AUTOJOIN_TESTS_UNIT_FRONTPEER_H
#define AUTOJOIN_TESTS_UNIT_FRONTPEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include "fcgibytes.h"
#include "gateway/exchange.h"
#include "support/log.h"

enum { FRONTPEER_HELD_LIMIT = 8 };

/* The loop, and what the stub was asked. */
extern struct frontpeer_world {
    struct event_base *base;
    struct log log; /* into a pipe that nobody has to read */
    int log_ends[2];
    unsigned served;
    enum request_body body_state;
    char body[1024 * 1024 + 1];
    size_t body_length;
    char uri[256];
    bool deferred; /* answers wait in `held` */
    struct exchange *held[FRONTPEER_HELD_LIMIT];
    unsigned held_count;
} frontpeer_world;

void frontpeer_begin(void);
void frontpeer_end(void);

/* An exchange_serve_fn. Answers 200 with {"status":"ok"} and a log line. */
void frontpeer_serve(void *application, struct exchange *exchange);

/* Answers the oldest held exchange. */
void frontpeer_answer(void);

/* What was logged so far about no request. */
const char *frontpeer_logged(void);

/* Turns the loop until the condition holds or the time is over; gives whether it held. */
typedef bool frontpeer_condition(void *argument);
bool frontpeer_turn(frontpeer_condition *condition, void *argument, int64_t within_ms);

/* One turn without waiting. */
void frontpeer_turn_once(void);

/* The front's end of a connection. */
struct frontpeer {
    int descriptor;
    struct buffer got;
    bool closed; /* by us */
};

void frontpeer_connect(struct frontpeer *peer, int descriptor);
void frontpeer_close(struct frontpeer *peer);

/* Sends all of it, turning the loop if the socket is full. */
void frontpeer_send(struct frontpeer *peer, const char *bytes, size_t length);

/* Takes what came; whether a whole reply of that id is there. */
bool frontpeer_has_reply(struct frontpeer *peer, unsigned id);

/* Turns until a reply of that id is there and removes it; false if it does not come in 2 s. Gives
 * the reply back in `reply` if that is not NULL (then to be freed). */
bool frontpeer_await_reply(struct frontpeer *peer, unsigned id, struct fcgireply *reply);

/* Turns until our side has closed the connection; false if it does not within that time. */
bool frontpeer_await_close(struct frontpeer *peer, int64_t within_ms);

/* Bytes of a small request, in static memory. */
const struct buffer *frontpeer_request(unsigned id, unsigned flags, const char *uri,
    size_t body_length);

#endif
