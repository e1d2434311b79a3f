/*
 * gateway/connections: requests that come whole, in pieces, slowly, not at all or as nonsense; kept
 * connections; answers that come later; the stop.
 */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frontpeer.h"
#include "gateway/connections.h"
#include "gateway/libfcgi.h"
#include "gateway/intake.h"
#include "gateway/records.h"
#include "support/clock.h"
#include "support/jitter.h"

enum { BODY_LIMIT = 4096, SOON_MS = 1500 };

#define URI "/webhooks/twilio"

static struct connections set;
static unsigned gone;

static void count_gone(struct connections *connections)
{
    assert_ptr_equal(connections, &set);
    gone++;
}

static void begin(void)
{
    struct connections_options options;

    frontpeer_begin();
    options = (struct connections_options){.base = frontpeer_world.base,
                                           .body_limit = BODY_LIMIT,
                                           .requests_limit = 512,
                                           .serve = frontpeer_serve,
                                           .application = &frontpeer_world,
                                           .log = &frontpeer_world.log,
                                           .changed = count_gone};
    assert_true(connections_open(&set, &options));
    gone = 0;
}

static void end(void)
{
    connections_close(&set);
    frontpeer_end();
}

static void join(struct frontpeer *peer)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    frontpeer_connect(peer, ends[0]);
    connections_add(&set, ends[1]);
}

static void send_request(struct frontpeer *peer, unsigned id, unsigned flags)
{
    const struct buffer *request = frontpeer_request(id, flags, URI, 11);

    frontpeer_send(peer, request->data, request->length);
}

static void a_whole_request_is_answered_and_the_connection_closed(void **state)
{
    struct frontpeer peer;
    struct fcgireply reply;

    (void)state;
    begin();
    join(&peer);
    send_request(&peer, 7, 0);
    assert_true(frontpeer_await_reply(&peer, 7, &reply));
    assert_memory_equal(buffer_string(&reply.output), "Status: 200 OK\r\n", 16);
    assert_string_equal(buffer_string(&reply.errors), "a log line\n");
    assert_int_equal(frontpeer_world.body_state, REQUEST_BODY_WHOLE);
    assert_int_equal(frontpeer_world.body_length, 11);
    assert_memory_equal(frontpeer_world.body, "abcdefghijk", 11);
    assert_string_equal(frontpeer_world.uri, URI);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(set.count, 0);
    assert_int_equal(gone, 1);
    fcgireply_free(&reply);
    frontpeer_close(&peer);
    end();
}

static void a_request_that_is_there_already_is_seen_at_once(void **state)
{
    const struct buffer *request = frontpeer_request(1, 0, URI, 0);
    struct frontpeer peer;
    int ends[2];

    (void)state;
    begin();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    frontpeer_connect(&peer, ends[0]);
    frontpeer_send(&peer, request->data, request->length);
    connections_add(&set, ends[1]);
    assert_int_equal(frontpeer_world.served, 1);
    assert_true(frontpeer_has_reply(&peer, 1));
    frontpeer_close(&peer);
    end();
}

static void byte_by_byte_it_is_answered(void **state)
{
    const struct buffer *request;
    struct frontpeer peer;
    size_t i;

    (void)state;
    begin();
    join(&peer);
    request = frontpeer_request(1, 0, URI, 11);
    for (i = 0; i < request->length; i++) {
        assert_int_equal(frontpeer_world.served, 0);
        frontpeer_send(&peer, request->data + i, 1);
        frontpeer_turn_once();
    }
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    assert_memory_equal(frontpeer_world.body, "abcdefghijk", 11);
    frontpeer_close(&peer);
    end();
}

/* Kept, in pieces of random lengths: each takes up where the other ended. */
static void in_pieces_and_kept_each_is_answered(void **state)
{
    struct frontpeer peer;
    struct jitter jitter;
    unsigned id;

    (void)state;
    jitter_init(&jitter);
    print_message("seed %016llx\n", (unsigned long long)jitter.state);
    begin();
    join(&peer);
    for (id = 1; id <= 30; id++) {
        size_t length = (size_t)jitter_below(&jitter, BODY_LIMIT + 1), at = 0;
        const struct buffer *request = frontpeer_request(id, FCGI_KEEP, URI, length);

        while (at < request->length) {
            size_t part = 1 + (size_t)jitter_below(&jitter, 1500);

            if (part > request->length - at)
                part = request->length - at;
            frontpeer_send(&peer, request->data + at, part);
            frontpeer_turn_once();
            at += part;
        }
        assert_true(frontpeer_await_reply(&peer, id, NULL));
        assert_int_equal(frontpeer_world.body_length, length);
        assert_int_equal(frontpeer_world.served, id);
    }
    assert_int_equal(set.count, 1);
    frontpeer_close(&peer);
    end();
}

static void a_kept_connection_is_watched_for_its_next_request(void **state)
{
    struct frontpeer peer;
    unsigned id;

    (void)state;
    begin();
    join(&peer);
    for (id = 1; id <= 40; id++) {
        send_request(&peer, id, FCGI_KEEP);
        assert_true(frontpeer_await_reply(&peer, id, NULL));
    }
    assert_false(frontpeer_await_close(&peer, 50));
    send_request(&peer, 99, 0); /* the last of them is not kept */
    assert_true(frontpeer_await_reply(&peer, 99, NULL));
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(frontpeer_world.served, 41);
    frontpeer_close(&peer);
    end();
}

static bool is_held(void *count)
{
    return frontpeer_world.held_count == *(const unsigned *)count;
}

static void await_held(unsigned count)
{
    assert_true(frontpeer_turn(is_held, &count, SOON_MS));
}

static void an_answer_may_come_later(void **state)
{
    struct frontpeer slow, quick;

    (void)state;
    begin();
    frontpeer_world.deferred = true;
    join(&slow);
    send_request(&slow, 1, 0);
    await_held(1);
    frontpeer_world.deferred = false;
    join(&quick);
    send_request(&quick, 2, 0);
    assert_true(frontpeer_await_reply(&quick, 2, NULL)); /* nobody waits for anybody */
    assert_false(frontpeer_has_reply(&slow, 1));
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&slow, 1, NULL));
    frontpeer_close(&slow);
    frontpeer_close(&quick);
    end();
}

static void what_comes_before_the_answer_is_looked_at_after_it(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    frontpeer_world.deferred = true;
    join(&peer);
    send_request(&peer, 1, FCGI_KEEP);
    await_held(1);
    send_request(&peer, 2, FCGI_KEEP);
    frontpeer_turn_once();
    assert_int_equal(frontpeer_world.served, 1);
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    await_held(1);
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&peer, 2, NULL));
    assert_int_equal(frontpeer_world.served, 2);
    frontpeer_close(&peer);
    end();
}

static void a_peer_that_left_before_its_answer_does_no_harm(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    frontpeer_world.deferred = true;
    join(&peer);
    send_request(&peer, 1, FCGI_KEEP);
    await_held(1);
    frontpeer_close(&peer);
    frontpeer_turn_once();
    frontpeer_answer(); /* no SIGPIPE, nothing kept */
    frontpeer_turn_once();
    assert_int_equal(set.count, 0);
    end();
}

static const struct nonsense {
    const char *name;
    const char *bytes;
    size_t length;
} nonsense_rows[] = {
    {"HTTP", "GET / HTTP/1.1\r\n\r\n", 18},
    {"FCGI_GET_VALUES with an id", "\1\11\0\1\0\20\0\0\16\0FCGI_MAX_CONNS", 24},
    {"a parameter of 2 GiB",
     "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\4\0\1\0\7\0\0\377\377\377\376\1AB", 31},
    {"an abort", "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0\1\2\0\1\0\0\0\0", 24},
    {"role 3", "\1\1\0\1\0\10\0\0\0\3\0\0\0\0\0\0", 16},
};

static void nonsense_is_closed_unserved(void **state)
{
    const struct nonsense *row = *state;
    struct frontpeer peer;

    begin();
    join(&peer);
    frontpeer_send(&peer, row->bytes, row->length);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(frontpeer_world.served, 0);
    assert_int_equal(peer.got.length, 0);
    assert_non_null(strstr(frontpeer_logged(), "closed a gateway connection"));
    frontpeer_close(&peer);
    end();
}

static void nonsense_in_pieces_is_closed_too(void **state)
{
    const struct nonsense *row = *state;
    struct frontpeer peer;
    size_t i;

    begin();
    join(&peer);
    for (i = 0; i < row->length; i++) {
        frontpeer_send(&peer, row->bytes + i, 1);
        frontpeer_turn_once();
    }
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(frontpeer_world.served, 0);
    frontpeer_close(&peer);
    end();
}

#define QUESTION "\1\11\0\0\0\20\0\0\16\0FCGI_MAX_CONNS"
#define VALUES "\1\12\0\0\0\23\5\0\16\3FCGI_MAX_CONNS512\0\0\0\0\0"
enum { QUESTION_LENGTH = sizeof QUESTION - 1, VALUES_LENGTH = sizeof VALUES - 1 };

static bool has_values(void *argument)
{
    struct frontpeer *peer = argument;

    frontpeer_has_reply(peer, 0); /* takes what came */
    return peer->got.length >= VALUES_LENGTH;
}

/* ... and takes them away. */
static void await_values(struct frontpeer *peer)
{
    assert_true(frontpeer_turn(has_values, peer, SOON_MS));
    assert_memory_equal(peer->got.data, VALUES, VALUES_LENGTH);
    memmove(peer->got.data, peer->got.data + VALUES_LENGTH, peer->got.length - VALUES_LENGTH);
    peer->got.length -= VALUES_LENGTH;
}

/* A question and a request in one stream, cut at any place; twice, since the connection is kept. */
static void values_are_told_before_a_request(void **state)
{
    const struct buffer *request = frontpeer_request(5, FCGI_KEEP, URI, 40);
    struct buffer both;
    struct frontpeer peer;
    size_t cut;

    (void)state;
    begin();
    join(&peer);
    buffer_init(&both, 64 * 1024);
    buffer_append(&both, QUESTION, QUESTION_LENGTH);
    buffer_append(&both, request->data, request->length);
    for (cut = 1; cut <= both.length; cut++) {
        frontpeer_send(&peer, both.data, cut);
        frontpeer_turn_once();
        frontpeer_send(&peer, both.data + cut, both.length - cut);
        await_values(&peer);
        assert_true(frontpeer_await_reply(&peer, 5, NULL));
    }
    assert_int_equal(frontpeer_world.served, both.length);
    assert_string_equal(frontpeer_logged(), "");
    buffer_free(&both);
    frontpeer_close(&peer);
    end();
}

/* More of them than have their turn at once. */
static void values_are_told_as_often_as_asked(void **state)
{
    struct frontpeer peer;
    unsigned i;

    (void)state;
    begin();
    join(&peer);
    for (i = 0; i < 100; i++)
        frontpeer_send(&peer, QUESTION, QUESTION_LENGTH);
    for (i = 0; i < 100; i++)
        await_values(&peer);
    frontpeer_send(&peer, frontpeer_request(1, 0, URI, 0)->data, frontpeer_request(1, 0, URI, 0)->length);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    frontpeer_close(&peer);
    end();
}

/* On a kept connection nobody waits for a request behind them. */
static void a_kept_connection_is_idle_after_values(void **state)
{
    struct frontpeer peer;
    unsigned i;

    (void)state;
    begin();
    join(&peer);
    send_request(&peer, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    for (i = 0; i < QUESTION_LENGTH; i++) {
        frontpeer_send(&peer, &QUESTION[i], 1);
        frontpeer_turn_once();
    }
    await_values(&peer);
    assert_true(TAILQ_EMPTY(&set.waiting));
    assert_true(connections_close_oldest_idle(&set));
    frontpeer_close(&peer);
    end();
}

static void a_line_goes_to_the_front_or_to_our_own_log(void **state)
{
    struct frontpeer peer;
    struct fcgireply reply;
    unsigned own;

    (void)state;
    for (own = 0; own < 2; own++) {
        begin();
        set.options.log_requests = own == 1;
        join(&peer);
        send_request(&peer, 1, 0);
        assert_true(frontpeer_await_reply(&peer, 1, &reply));
        assert_int_equal(reply.errors.length > 0, own == 0);
        assert_int_equal(strlen(frontpeer_logged()) > 0, own == 1);
        fcgireply_free(&reply);
        frontpeer_close(&peer);
        end();
    }
}

static void complaints_are_one_a_second(void **state)
{
    const char *log;
    unsigned i;

    (void)state;
    begin();
    for (i = 0; i < 20; i++) {
        struct frontpeer peer;

        join(&peer);
        frontpeer_send(&peer, "nonsense", 8);
        assert_true(frontpeer_await_close(&peer, SOON_MS));
        frontpeer_close(&peer);
    }
    log = frontpeer_logged();
    assert_non_null(strchr(log, '\n'));
    assert_int_equal(strlen(strchr(log, '\n')), 1);
    end();
}

static void two_requests_at_once_close_the_connection(void **state)
{
    char both[2048];
    const struct buffer *request = frontpeer_request(1, FCGI_KEEP, URI, 0);
    struct frontpeer peer;

    (void)state;
    begin();
    assert_true(2 * request->length <= sizeof both);
    memcpy(both, request->data, request->length);
    memcpy(both + request->length, request->data, request->length);
    join(&peer);
    frontpeer_send(&peer, both, 2 * request->length);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(frontpeer_world.served, 0);
    frontpeer_close(&peer);
    end();
}

static void half_a_request_and_the_end_is_closed(void **state)
{
    const struct buffer *request = frontpeer_request(1, 0, URI, 11);
    struct frontpeer peer;

    (void)state;
    begin();
    join(&peer);
    frontpeer_send(&peer, request->data, request->length / 2);
    frontpeer_turn_once();
    shutdown(peer.descriptor, SHUT_WR);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_int_equal(frontpeer_world.served, 0);
    assert_int_equal(set.count, 0);
    frontpeer_close(&peer);
    end();
}

static void five_seconds_are_given_for_a_whole_request(void **state)
{
    (void)state;
    begin();
    assert_int_equal(set.whole_within_ms, 5000);
    end();
}

static const struct silence {
    const char *name;
    size_t parts; /* of 8 of a request are said first */
} silences[] = {
    {"says nothing", 0},
    {"says a little", 1},
    {"says half", 4},
    {"says nearly all", 7},
};

static void silence_is_closed_in_time(void **state)
{
    const struct silence *row = *state;
    const struct buffer *request = frontpeer_request(1, 0, URI, 11);
    int64_t begun = clock_monotonic_ms();
    struct frontpeer peer;

    begin();
    set.whole_within_ms = 200; /* as five seconds, but sooner */
    join(&peer);
    frontpeer_send(&peer, request->data, request->length * row->parts / 8);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    assert_true(clock_monotonic_ms() - begun >= 200);
    assert_int_equal(frontpeer_world.served, 0);
    frontpeer_close(&peer);
    end();
}

/* A peer that says a byte now and then gains no time by it. */
static void dripping_is_closed_in_time(void **state)
{
    const struct buffer *request = frontpeer_request(1, 0, URI, 4000);
    struct frontpeer peer;
    size_t sent = 0;

    (void)state;
    begin();
    set.whole_within_ms = 200;
    join(&peer);
    while (sent < 300 && !frontpeer_await_close(&peer, 10))
        frontpeer_send(&peer, request->data + sent++, 1);
    assert_true(peer.closed);
    assert_int_equal(frontpeer_world.served, 0);
    frontpeer_close(&peer);
    end();
}

static void a_kept_idle_connection_is_not_overdue(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    set.whole_within_ms = 100;
    join(&peer);
    send_request(&peer, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    assert_false(frontpeer_await_close(&peer, 700));
    send_request(&peer, 2, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&peer, 2, NULL));
    frontpeer_close(&peer);
    end();
}

static void a_join_under_way_is_not_overdue(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    set.whole_within_ms = 100;
    frontpeer_world.deferred = true;
    join(&peer);
    send_request(&peer, 1, 0);
    await_held(1);
    assert_false(frontpeer_await_close(&peer, 700));
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    frontpeer_close(&peer);
    end();
}

static const struct oversize {
    const char *name;
    size_t length;
    size_t piece; /* is sent at once */
} oversizes[] = {
    {"by one byte", BODY_LIMIT + 1, 1024 * 1024},
    {"by much", 100 * 1024, 1024 * 1024},
    {"in pieces", 100 * 1024, 1000},
};

/* Its answer must arrive, so the rest is taken before the connection closes. */
static void an_oversize_body_is_answered_and_thrown_away(void **state)
{
    const struct oversize *row = *state;
    const struct buffer *request;
    struct frontpeer peer;
    size_t at = 0;

    begin();
    join(&peer);
    request = frontpeer_request(1, FCGI_KEEP, URI, row->length);
    while (at < request->length) {
        size_t part = request->length - at < row->piece ? request->length - at : row->piece;

        frontpeer_send(&peer, request->data + at, part);
        frontpeer_turn_once();
        at += part;
    }
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    assert_int_equal(frontpeer_world.body_state, REQUEST_BODY_TOO_LARGE);
    assert_int_equal(frontpeer_world.body_length, 0);
    assert_int_equal(frontpeer_world.served, 1);
    assert_true(frontpeer_await_close(&peer, SOON_MS)); /* no next request on this one */
    frontpeer_close(&peer);
    frontpeer_turn_once();
    assert_int_equal(set.count, 0);
    end();
}

static const struct long_body {
    const char *name;
    size_t length;
} long_bodies[] = {
    {"a body of 64 KiB", 64 * 1024},
    {"a body of 1 MiB", RECORDS_BODY_LIMIT},
};

static void a_long_body_comes_through_a_small_socket_buffer(void **state)
{
    const struct long_body *row = *state;
    int small = 4096;
    const struct buffer *request;
    struct frontpeer peer;

    begin();
    set.options.body_limit = RECORDS_BODY_LIMIT;
    join(&peer);
    setsockopt(peer.descriptor, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    request = frontpeer_request(1, 0, URI, row->length);
    frontpeer_send(&peer, request->data, request->length);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    assert_int_equal(frontpeer_world.body_length, row->length);
    assert_int_equal(set.long_ones, 0);
    frontpeer_close(&peer);
    end();
}

/* Nobody has been proved yet: what all of them hold is bounded. */
static void only_so_many_long_bodies_are_taken_at_once(void **state)
{
    struct frontpeer peers[INTAKE_LONG_AT_ONCE + 1];
    const struct buffer *request;
    size_t part = 300 * 1024;
    unsigned i;

    (void)state;
    begin();
    set.options.body_limit = RECORDS_BODY_LIMIT;
    request = frontpeer_request(1, 0, URI, RECORDS_BODY_LIMIT);
    for (i = 0; i <= INTAKE_LONG_AT_ONCE; i++) {
        join(&peers[i]);
        frontpeer_send(&peers[i], request->data, part);
        frontpeer_turn_once();
    }
    assert_true(frontpeer_await_reply(&peers[INTAKE_LONG_AT_ONCE], 1, NULL));
    assert_int_equal(frontpeer_world.body_state, REQUEST_BODY_CROWDED);
    assert_int_equal(frontpeer_world.body_length, 0);
    assert_int_equal(set.long_ones, INTAKE_LONG_AT_ONCE);
    frontpeer_close(&peers[0]); /* makes room, and so does who is answered */
    frontpeer_send(&peers[1], request->data + part, request->length - part);
    assert_true(frontpeer_await_reply(&peers[1], 1, NULL));
    assert_int_equal(frontpeer_world.body_state, REQUEST_BODY_WHOLE);
    assert_int_equal(set.long_ones, INTAKE_LONG_AT_ONCE - 2);
    for (i = 1; i <= INTAKE_LONG_AT_ONCE; i++)
        frontpeer_close(&peers[i]);
    end();
}

static void the_connection_idle_longest_makes_room(void **state)
{
    struct frontpeer first, second;

    (void)state;
    begin();
    assert_false(connections_close_oldest_idle(&set));
    join(&first);
    send_request(&first, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&first, 1, NULL));
    join(&second);
    send_request(&second, 2, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&second, 2, NULL));
    assert_true(connections_close_oldest_idle(&set));
    assert_true(frontpeer_await_close(&first, SOON_MS));
    assert_false(frontpeer_await_close(&second, 20));
    frontpeer_close(&first);
    frontpeer_close(&second);
    end();
}

static void the_stop_lets_requests_in_hand_finish(void **state)
{
    struct frontpeer idle, serving, waiting;
    const struct buffer *request;

    (void)state;
    begin();
    join(&idle);
    send_request(&idle, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&idle, 1, NULL));
    frontpeer_world.deferred = true;
    join(&serving);
    send_request(&serving, 2, FCGI_KEEP);
    await_held(1);
    join(&waiting);
    request = frontpeer_request(3, FCGI_KEEP, URI, 11);
    frontpeer_send(&waiting, request->data, 20);
    frontpeer_turn_once();

    connections_stop(&set, 1000);
    assert_true(frontpeer_await_close(&idle, SOON_MS));
    frontpeer_world.deferred = false;
    frontpeer_send(&waiting, request->data + 20, request->length - 20);
    assert_true(frontpeer_await_reply(&waiting, 3, NULL)); /* whole in time: answered */
    assert_true(frontpeer_await_close(&waiting, SOON_MS));
    assert_false(frontpeer_has_reply(&serving, 2));
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&serving, 2, NULL));
    assert_true(frontpeer_await_close(&serving, SOON_MS)); /* kept no longer */
    assert_int_equal(set.count, 0);
    frontpeer_close(&idle);
    frontpeer_close(&serving);
    frontpeer_close(&waiting);
    end();
}

static void a_request_not_whole_at_the_stop_gets_little_time(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    join(&peer);
    frontpeer_turn_once();
    connections_stop(&set, 100);
    assert_true(frontpeer_await_close(&peer, SOON_MS));
    frontpeer_close(&peer);
    end();
}

static void closing_drops_what_is_unanswered(void **state)
{
    struct frontpeer peer;

    (void)state;
    begin();
    frontpeer_world.deferred = true;
    join(&peer);
    send_request(&peer, 1, 0);
    await_held(1);
    connections_close(&set);
    assert_int_equal(set.count, 0);
    frontpeer_close(&peer);
    frontpeer_end();
}

int main(void)
{
    static struct cases cases;

    if (!libfcgi_prepare())
        return 99;
    CASES_ADD(&cases, a_whole_request_is_answered_and_the_connection_closed);
    CASES_ADD(&cases, a_request_that_is_there_already_is_seen_at_once);
    CASES_ADD(&cases, byte_by_byte_it_is_answered);
    CASES_ADD(&cases, in_pieces_and_kept_each_is_answered);
    CASES_ADD(&cases, a_kept_connection_is_watched_for_its_next_request);
    CASES_ADD(&cases, an_answer_may_come_later);
    CASES_ADD(&cases, what_comes_before_the_answer_is_looked_at_after_it);
    CASES_ADD(&cases, a_peer_that_left_before_its_answer_does_no_harm);
    CASES_ADD_TABLE(&cases, nonsense_is_closed_unserved, nonsense_rows);
    CASES_ADD_TABLE(&cases, nonsense_in_pieces_is_closed_too, nonsense_rows);
    CASES_ADD(&cases, values_are_told_before_a_request);
    CASES_ADD(&cases, values_are_told_as_often_as_asked);
    CASES_ADD(&cases, a_kept_connection_is_idle_after_values);
    CASES_ADD(&cases, a_line_goes_to_the_front_or_to_our_own_log);
    CASES_ADD(&cases, complaints_are_one_a_second);
    CASES_ADD(&cases, two_requests_at_once_close_the_connection);
    CASES_ADD(&cases, half_a_request_and_the_end_is_closed);
    CASES_ADD(&cases, five_seconds_are_given_for_a_whole_request);
    CASES_ADD_TABLE(&cases, silence_is_closed_in_time, silences);
    CASES_ADD(&cases, dripping_is_closed_in_time);
    CASES_ADD(&cases, a_kept_idle_connection_is_not_overdue);
    CASES_ADD(&cases, a_join_under_way_is_not_overdue);
    CASES_ADD_TABLE(&cases, an_oversize_body_is_answered_and_thrown_away, oversizes);
    CASES_ADD_TABLE(&cases, a_long_body_comes_through_a_small_socket_buffer, long_bodies);
    CASES_ADD(&cases, only_so_many_long_bodies_are_taken_at_once);
    CASES_ADD(&cases, the_connection_idle_longest_makes_room);
    CASES_ADD(&cases, the_stop_lets_requests_in_hand_finish);
    CASES_ADD(&cases, a_request_not_whole_at_the_stop_gets_little_time);
    CASES_ADD(&cases, closing_drops_what_is_unanswered);
    return cases_run(&cases, "connection");
}
