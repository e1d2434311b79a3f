/*
 * libcurl's multi handle on libevent's loop, for opening connections: names, sockets, proxies and TLS are
 * libcurl's, none of it waits, and what it waits for is watched.
 *
 * A handle with CURLOPT_CONNECT_ONLY stays with libcurl once it is connected, as its connection is found there
 * by curl_easy_send() and curl_easy_recv(); from then on its socket is nobody's here.
 */
#ifndef AUTOJOIN_TWILIO_REST_LOOP_H
#define AUTOJOIN_TWILIO_REST_LOOP_H

#include <stdbool.h>

#include <curl/curl.h>
#include <event2/event.h>

struct rest_loop;

/* Called once for each handle, from the event loop: it is connected, or, if `code` is not CURLE_OK, it is not. */
typedef void rest_loop_done_fn(CURL *easy, CURLcode code);

/* After curl_global_init(); NULL if memory ran out. `base` must outlive it. Not thread-safe, like all of it. */
struct rest_loop *rest_loop_new(struct event_base *base, rest_loop_done_fn *done);

/* No handle may be left in it; those that were may outlive it, to be cleaned up. */
void rest_loop_free(struct rest_loop *loop);

/* Sets the options by which the loop learns of a handle's sockets. False if memory ran out. */
bool rest_loop_prepare(struct rest_loop *loop, CURL *easy);

/* Begins to connect at once, as far as that goes without waiting; `done` comes later even if it ends here.
 * False if memory ran out. */
bool rest_loop_add(struct rest_loop *loop, CURL *easy);

/* Takes a handle out, and closes its connection. `connecting`: `done` was not called. */
void rest_loop_remove(struct rest_loop *loop, CURL *easy, bool connecting);

struct event_base *rest_loop_base(const struct rest_loop *loop);

/* How many handles are in it. */
unsigned rest_loop_count(const struct rest_loop *loop);

#endif
