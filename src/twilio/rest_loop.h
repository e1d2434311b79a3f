/*
 * libcurl's multi handle on libevent's loop: what libcurl waits for is watched, what is done is told.
 *
 * Connections are kept between exchanges, the oldest taken first, so that those beyond need go idle; one
 * that idled for two minutes is not used again. Their sockets stay watched meanwhile: telling the kernel
 * twice for each exchange costs more than a look at one that Twilio has closed.
 */
#ifndef AUTOJOIN_TWILIO_REST_LOOP_H
#define AUTOJOIN_TWILIO_REST_LOOP_H

#include <stdbool.h>

#include <curl/curl.h>
#include <event2/event.h>

struct rest_loop;

/* Called once for each transfer that ended, from the event loop; the handle is out of libcurl's hands. */
typedef void rest_loop_done_fn(void *argument, CURL *easy, CURLcode code);

/* `connections` are kept at most. After curl_global_init(); NULL if memory ran out. `base` must outlive
 * it. Not thread-safe, like all of it. */
struct rest_loop *rest_loop_new(struct event_base *base, long connections, rest_loop_done_fn *done,
                              void *argument);

/* Closes the connections. No transfer may be under way; handles prepared for it may outlive it, to be
 * cleaned up. */
void rest_loop_free(struct rest_loop *loop);

/* Sets the options by which the loop learns of a handle's sockets. False if memory ran out. */
bool rest_loop_prepare(struct rest_loop *loop, CURL *easy);

/* Starts a transfer at once, as far as it goes without waiting; `done` comes later even if it ends here.
 * False if memory ran out. */
bool rest_loop_add(struct rest_loop *loop, CURL *easy);

/* Gives up a transfer that is under way. */
void rest_loop_remove(struct rest_loop *loop, CURL *easy);

#endif
