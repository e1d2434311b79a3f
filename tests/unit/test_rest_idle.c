/* twilio/rest: what a process gives back that has not called Twilio for a while. */
#define REST_CLOSE_AFTER_IDLE_S 1
#include "../../src/twilio/rest.c"

#include "cases.h"

#include <stdio.h>

#include "../lib/api_server.h"

#define ANSWERS {200, "{}", NULL, API_SERVER_ANSWERS}

static struct {
    struct event_base *base;
    struct config config;
    struct rest *rest;
    char api_url[API_SERVER_URL_SIZE];
    unsigned done;
    enum rest_status status;
} world;

static void begin(const struct api_server_step *script)
{
    memset(&world, 0, sizeof world);
    api_server_open(&world.base, &world.config, world.api_url, script);
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
}

static void end(void)
{
    rest_free(world.rest);
    api_server_close(world.base);
}

static void on_done(void *argument, const struct rest_result *result)
{
    (void)argument;
    world.done++;
    world.status = result->status;
    event_base_loopbreak(world.base);
}

static void start(int64_t timeout_ms)
{
    struct rest_request order = {.method = REST_GET, .path = "/v1/x", .timeout_ms = timeout_ms,
                               .reply_limit = REST_REPLY_LIMIT};

    assert_non_null(rest_start(world.rest, &order, on_done, NULL));
}

static void exchange(void)
{
    start(2000);
    event_base_dispatch(world.base);
    assert_int_equal(world.status, REST_OK);
}

static void let_pass(long milliseconds)
{
    struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};

    event_base_loopexit(world.base, &delay);
    event_base_dispatch(world.base);
}

static void connections_are_closed_and_the_next_exchange_opens_one(void **state)
{
    static const struct api_server_step script[] = {ANSWERS, ANSWERS, {0}};
    unsigned tries;

    (void)state;
    begin(script);
    exchange();
    /* After a second; later where the machine is busy, for whole seconds count. */
    for (tries = 0; tries < 50 && world.rest->pool; tries++)
        let_pass(100);
    assert_null(world.rest->pool);
    assert_true(TAILQ_EMPTY(&world.rest->spare));
    exchange();
    assert_int_equal(api_server.connections, 2);
    end();
}

static void one_in_use_again_in_the_meantime_stays(void **state)
{
    static const struct api_server_step script[] = {ANSWERS, ANSWERS, ANSWERS, {0}};

    (void)state;
    begin(script);
    exchange();
    let_pass(700);
    exchange();
    let_pass(700); /* more than the time since the first, less than that since the second */
    exchange();
    assert_int_equal(api_server.connections, 1);
    end();
}

static void an_exchange_under_way_is_not_cut(void **state)
{
    static const struct api_server_step script[] = {{200, "", NULL, API_SERVER_HANGS}, {0}};

    (void)state;
    begin(script);
    start(2500);
    event_base_dispatch(world.base);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.status, REST_TIMEOUT);
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, connections_are_closed_and_the_next_exchange_opens_one);
    CASES_ADD(&cases, one_in_use_again_in_the_meantime_stays);
    CASES_ADD(&cases, an_exchange_under_way_is_not_cut);
    return cases_run(&cases, "restidle");
}
