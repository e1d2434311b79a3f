/* gateway/fastcgi: the listening socket, its limit, and the stop. */
#include "build.h"

#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event_struct.h>

#include "frontpeer.h"
#include "gateway/fastcgi.h"
#include "gateway/listener.h"
#include "support/clock.h"
#include "tempfolder.h"

enum { SOON_MS = 1500 };

#define URI "/webhooks/twilio"

static struct listener listener;
static struct fastcgi *fastcgi;

static void begin(size_t connections_limit)
{
    char address[600];
    struct listener_options listening = {.address = address, .mode = 0600};
    struct fastcgi_options options;
    struct buffer wrong;

    frontpeer_begin();
    snprintf(address, sizeof address, "unix:%s", tempfolder_path("fastcgi"));
    buffer_init(&wrong, 1000);
    assert_true(listener_open(&listener, &listening, &wrong));
    options = (struct fastcgi_options){.base = frontpeer_world.base,
                                       .listener = listener.descriptor,
                                       .body_limit = 4096,
                                       .connections_limit = connections_limit,
                                       .serve = frontpeer_serve,
                                       .application = &frontpeer_world,
                                       .log = &frontpeer_world.log};
    assert_int_equal(fastcgi_open(&fastcgi, &options), FASTCGI_OK);
}

static void end(void)
{
    fastcgi_close(fastcgi);
    listener_close(&listener);
    frontpeer_end();
}

static void join(struct frontpeer *peer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", tempfolder_path("fastcgi"));
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    frontpeer_connect(peer, descriptor);
}

static void send_request(struct frontpeer *peer, unsigned id, unsigned flags)
{
    const struct buffer *request = frontpeer_request(id, flags, URI, 11);

    frontpeer_send(peer, request->data, request->length);
}

static void connections_are_accepted_and_served(void **state)
{
    struct frontpeer peers[20];
    unsigned i;

    (void)state;
    begin(100);
    for (i = 0; i < 20; i++) {
        join(&peers[i]);
        send_request(&peers[i], i + 1, 0);
    }
    for (i = 0; i < 20; i++) {
        assert_true(frontpeer_await_reply(&peers[i], i + 1, NULL));
        frontpeer_close(&peers[i]);
    }
    assert_int_equal(frontpeer_world.served, 20);
    end();
}

static bool has_complained(void *words)
{
    return strstr(frontpeer_logged(), words) != NULL;
}

static bool is_over(void *nothing)
{
    (void)nothing;
    return false;
}

/* No loop at full speed over a connection that cannot be taken: it waits, and is served later. */
static void without_descriptors_it_pauses_and_goes_on(void **state)
{
    char words[] = "out of file descriptors";
    struct rlimit limit, none;
    struct frontpeer peer;
    unsigned complaints = 0;
    const char *said;

    (void)state;
    if (getenv("AUTOJOIN_TEST_VALGRIND")) /* which has limits of its own */
        skip();
    begin(100);
    join(&peer);
    send_request(&peer, 1, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)peer.descriptor + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_true(frontpeer_turn(has_complained, words, SOON_MS));
    assert_false(frontpeer_turn(is_over, NULL, 650));
    for (said = strstr(frontpeer_logged(), words); said; said = strstr(said + 1, words))
        complaints++;
    assert_int_equal(complaints, 0); /* it looks every 100 ms, and has said so within this second */
    assert_int_equal(frontpeer_world.served, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
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

static void beyond_the_limit_they_wait_for_their_turn(void **state)
{
    struct frontpeer first, second, third;

    (void)state;
    begin(2);
    frontpeer_world.deferred = true;
    join(&first);
    send_request(&first, 1, 0);
    join(&second);
    send_request(&second, 2, 0);
    await_held(2);
    join(&third);
    send_request(&third, 3, 0);
    assert_false(frontpeer_await_close(&third, 50));
    assert_int_equal(frontpeer_world.served, 2);
    frontpeer_answer();
    await_held(2); /* the second and the third */
    frontpeer_answer();
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&third, 3, NULL));
    frontpeer_close(&first);
    frontpeer_close(&second);
    frontpeer_close(&third);
    end();
}

static void a_kept_idle_connection_makes_room_for_a_new_one(void **state)
{
    struct frontpeer kept, fresh;

    (void)state;
    begin(1);
    join(&kept);
    send_request(&kept, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&kept, 1, NULL));
    join(&fresh);
    send_request(&fresh, 2, 0);
    assert_true(frontpeer_await_reply(&fresh, 2, NULL));
    assert_true(frontpeer_await_close(&kept, SOON_MS));
    frontpeer_close(&kept);
    frontpeer_close(&fresh);
    end();
}

static void silent_peers_hold_up_nobody(void **state)
{
    struct frontpeer silent[10], peer;
    unsigned i;

    (void)state;
    begin(100);
    for (i = 0; i < 10; i++) {
        join(&silent[i]);
        frontpeer_send(&silent[i], "\1\1\0\1", i % 5);
    }
    join(&peer);
    send_request(&peer, 1, 0);
    assert_true(frontpeer_await_reply(&peer, 1, NULL));
    frontpeer_close(&peer);
    for (i = 0; i < 10; i++)
        frontpeer_close(&silent[i]);
    end();
}

/* The one that waits out the real time: a peer that says half and then nothing. */
static void half_a_request_is_closed_after_five_seconds(void **state)
{
    const struct buffer *request = frontpeer_request(1, 0, URI, 11);
    int64_t begun = clock_monotonic_ms(), took;
    struct frontpeer peer;

    (void)state;
    begin(100);
    join(&peer);
    frontpeer_send(&peer, request->data, request->length / 2);
    assert_true(frontpeer_await_close(&peer, 8000));
    took = clock_monotonic_ms() - begun;
    assert_in_range(took, 4900, 7000);
    frontpeer_close(&peer);
    end();
}

static void stop_now(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    fastcgi_stop(argument, false);
}

static void stop_soon(struct event *event, int milliseconds)
{
    struct timeval delay = {.tv_usec = milliseconds * 1000};

    event_assign(event, frontpeer_world.base, -1, 0, stop_now, fastcgi);
    event_add(event, &delay);
}

static void idle_the_stop_ends_the_loop_at_once(void **state)
{
    struct event event;
    int64_t begun = clock_monotonic_ms();
    struct frontpeer kept;

    (void)state;
    begin(100);
    join(&kept);
    send_request(&kept, 1, FCGI_KEEP);
    assert_true(frontpeer_await_reply(&kept, 1, NULL));
    stop_soon(&event, 1);
    event_base_dispatch(frontpeer_world.base);
    assert_in_range(clock_monotonic_ms() - begun, 0, 1000);
    frontpeer_close(&kept);
    end();
}

static void answer_now(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
    frontpeer_answer();
}

/* SIGTERM while a join is under way: its answer first, then the end. */
static void the_stop_waits_for_the_answer_in_hand(void **state)
{
    struct event event;
    struct event *answering;
    struct timeval delay = {.tv_usec = 200 * 1000};
    struct frontpeer peer;

    (void)state;
    begin(100);
    frontpeer_world.deferred = true;
    join(&peer);
    send_request(&peer, 1, FCGI_KEEP);
    await_held(1);
    stop_soon(&event, 1);
    answering = evtimer_new(frontpeer_world.base, answer_now, NULL);
    event_add(answering, &delay);
    event_base_dispatch(frontpeer_world.base);
    assert_int_equal(frontpeer_world.held_count, 0);
    assert_true(frontpeer_has_reply(&peer, 1));
    event_free(answering);
    frontpeer_close(&peer);
    end();
}

/* A request that the front has sent before the stop must not be lost in the listen queue. */
static void what_is_queued_at_the_stop_is_still_served(void **state)
{
    struct frontpeer peers[5];
    unsigned i;

    (void)state;
    begin(100);
    for (i = 0; i < 5; i++) {
        const struct buffer *request = frontpeer_request(i + 1, 0, URI, 11);

        join(&peers[i]);
        assert_int_equal(send(peers[i].descriptor, request->data, request->length, MSG_NOSIGNAL),
                         request->length);
    }
    fastcgi_stop(fastcgi, false); /* before the loop ever looked */
    event_base_dispatch(frontpeer_world.base);
    for (i = 0; i < 5; i++) {
        assert_true(frontpeer_has_reply(&peers[i], i + 1));
        frontpeer_close(&peers[i]);
    }
    end();
}

static void after_the_stop_nobody_is_accepted(void **state)
{
    struct frontpeer held, late;

    (void)state;
    begin(100);
    frontpeer_world.deferred = true;
    join(&held);
    send_request(&held, 1, 0);
    await_held(1);
    fastcgi_stop(fastcgi, false);
    join(&late);
    send_request(&late, 2, 0);
    assert_false(frontpeer_await_close(&late, 100));
    assert_int_equal(frontpeer_world.served, 1);
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&held, 1, NULL));
    frontpeer_close(&held);
    frontpeer_close(&late);
    end();
}

/* Asked once a turn of the loop. */
static bool count_turn(void *turns)
{
    ++*(unsigned *)turns;
    return false;
}

/* On a web server's socket, where one waits whom nothing can be accepted with: that is not tried without end. */
static void the_stop_without_descriptors_waits_in_peace(void **state)
{
    enum { TURNED_MS = 300 };
    struct rlimit limit, none;
    struct frontpeer held, late;
    unsigned turns = 0;

    (void)state;
    if (getenv("AUTOJOIN_TEST_VALGRIND")) /* which has limits of its own */
        skip();
    begin(100);
    frontpeer_world.deferred = true;
    join(&held);
    send_request(&held, 1, 0);
    await_held(1);
    join(&late);
    send_request(&late, 2, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = (rlim_t)held.descriptor + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    fastcgi_stop(fastcgi, true);
    assert_false(frontpeer_turn(count_turn, &turns, TURNED_MS));
    assert_in_range(turns, 1, TURNED_MS); /* no more than the test's own timer makes */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    frontpeer_world.deferred = false;
    frontpeer_answer();
    assert_true(frontpeer_await_reply(&held, 1, NULL));
    assert_true(frontpeer_await_reply(&late, 2, NULL));
    frontpeer_close(&held);
    frontpeer_close(&late);
    end();
}

int main(void)
{
    static struct cases cases;
    int failed;

    signal(SIGPIPE, SIG_DFL); /* one that is raised ends the test */
    tempfolder_make();
    CASES_ADD(&cases, connections_are_accepted_and_served);
    CASES_ADD(&cases, without_descriptors_it_pauses_and_goes_on);
    CASES_ADD(&cases, beyond_the_limit_they_wait_for_their_turn);
    CASES_ADD(&cases, a_kept_idle_connection_makes_room_for_a_new_one);
    CASES_ADD(&cases, silent_peers_hold_up_nobody);
    CASES_ADD(&cases, half_a_request_is_closed_after_five_seconds);
    CASES_ADD(&cases, idle_the_stop_ends_the_loop_at_once);
    CASES_ADD(&cases, the_stop_waits_for_the_answer_in_hand);
    CASES_ADD(&cases, what_is_queued_at_the_stop_is_still_served);
    CASES_ADD(&cases, after_the_stop_nobody_is_accepted);
    CASES_ADD(&cases, the_stop_without_descriptors_waits_in_peace);
    failed = cases_run(&cases, "fastcgi");
    tempfolder_remove();
    return failed;
}
