/*
 * twilio/join: a join from its first attempt to its verdict, against a scripted Twilio. The
 * verdict is there by the deadline whatever Twilio does.
 */
#include "build.h"

#include "cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/api_server.h"
#include "support/clock.h"
#include "twilio/join.h"

#define CH "CH00000000000000000000000000000001"
#define IS "IS00000000000000000000000000000001"
#define JOINED "{\"sid\":\"MB00000000000000000000000000000001\",\"identity\":\"bot\"}"
#define SERVICE "{\"sid\":\"" IS "\"}"
#define CODE(number) "{\"code\":" #number ",\"message\":\"m\",\"status\":409}"

#define PERSON "{\"sid\":\"MB00000000000000000000000000000001\",\"identity\":null,\"messaging_binding\":{\"type\":\"sms\",\"address\":\"+14155550111\"}}"
#define PAGE(participants) "{\"participants\":[" PERSON participants "],\"meta\":{\"key\":\"participants\",\"next_page_url\":null}}"
#define STANDS(sid, identity) \
    ",{\"sid\":\"" sid "\",\"identity\":" identity ",\"messaging_binding\":{\"type\":\"sms\",\"projected_address\":\"+14155550122\"}}"
#define PEOPLE PAGE("")
#define MB "MB00000000000000000000000000000002"
#define NUMBER PAGE(STANDS(MB, "null"))
#define NAMELESS PAGE(STANDS("", "null"))
#define OURS PAGE(STANDS(MB, "\"b t\""))

#define S(status, body) {status, body, NULL, API_SERVER_ANSWERS}

enum { DEADLINE_MS = 4000 };

static struct {
    struct event_base *base;
    struct config config;
    struct log log;
    char api_url[64];
    struct rest *rest;
    struct joins *joins;
    const char *event; /* of the requests */
    int64_t event_ms;
    struct join_outcome outcome;
    unsigned done;
    int64_t begun_ms, took_ms;
} world;

/* Time that has passed by the test's word alone. */
static int64_t later_ms;
int64_t __real_clock_monotonic_ms(void);
int64_t __wrap_clock_monotonic_ms(void);

int64_t __wrap_clock_monotonic_ms(void)
{
    return __real_clock_monotonic_ms() + later_ms;
}

static void begin(const struct api_server_step *script)
{
    static char account[] = "AC00000000000000000000000000000001", token[] = "token",
        identity[] = "b t";

    memset(&world, 0, sizeof world);
    world.event = "onConversationAdded";
    world.event_ms = clock_wall_ms() - 61000; /* old enough for "not found" to mean it */
    world.base = event_base_new();
    api_server_begin(world.base, script);
    snprintf(world.api_url, sizeof world.api_url, "http://127.0.0.1:%u", api_server.port);
    world.config = (struct config){.account_sid = account, .auth_token = token,
        .identity = identity,
                                   .api_url = world.api_url, .connect_timeout_ms = 1000,
                                   .deadline_ms = DEADLINE_MS, .max_pending = 4};
    world.log = (struct log){.descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC)};
    alarm(20);
}

static void open_joins(void)
{
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
    world.joins = joins_new(&world.config, &world.log, world.rest, world.base, NULL);
    assert_non_null(world.joins);
}

static void end(void)
{
    alarm(0);
    joins_free(world.joins);
    rest_free(world.rest);
    api_server_end();
    event_base_free(world.base);
    close(world.log.descriptor);
}

static void on_done(void *argument, const struct join_outcome *outcome)
{
    assert_ptr_equal(argument, &world);
    world.done++;
    world.outcome = *outcome;
    world.took_ms = clock_monotonic_ms() - world.begun_ms;
    event_base_loopbreak(world.base);
}

static void start(const char *service, int64_t deadline_ms)
{
    struct join_request request = {.service_sid = service,
                                   .event = world.event,
                                   .event_ms = world.event_ms,
                                      .conversation_sid = CH,
                                      .deadline_us = clock_monotonic_us() + deadline_ms * 1000};

    world.begun_ms = clock_monotonic_ms();
    join_start(world.joins, &request, on_done, &world);
}

static void join(const char *service, int64_t deadline_ms)
{
    unsigned before = world.done;

    start(service, deadline_ms);
    if (world.done == before)
        event_base_dispatch(world.base);
    assert_int_equal(world.done, before + 1);
}

static const struct row {
    const char *name;
    bool unscoped; /* no service is known */
    bool projected; /* AUTOJOIN_PROJECTED_ADDRESS is set */
    struct api_server_step script[8];
    const char *methods; /* of what was asked: P, G */
    enum join_result verdict;
    unsigned attempts;
    long rest_code;
} rows[] = {
    {"201", false, false, {S(201, JOINED)}, "P", JOIN_JOINED, 1, 0},
    {"409 and 50433", false, false, {S(409, CODE(50433))}, "P", JOIN_ALREADY_JOINED, 1,
     50433},
    {"409 and 50437", false, false, {S(409, CODE(50437))}, "P", JOIN_ALREADY_JOINED, 1,
     50437},
    {"409 and 50419, then 201", false, false, {S(409, CODE(50419)), S(201, JOINED)}, "PP",
     JOIN_JOINED, 2, 0},
    {"409 and 50419, then 50433", false, false,
     {S(409, CODE(50419)), S(409, CODE(50433))}, "PP", JOIN_ALREADY_JOINED, 2, 50433},
    {"409 and 50416 is another conflict", false, false, {S(409, CODE(50416))}, "P",
     JOIN_REFUSED, 1, 50416},
    {"409 of unknown kind, then 50433", false, false,
     {S(409, ""), S(409, CODE(50433))}, "PP", JOIN_ALREADY_JOINED, 2, 50433},
    {"503, then 201", false, false, {S(503, ""), S(201, JOINED)}, "PP", JOIN_JOINED,
     2, 0},
    {"429, then 201", false, false, {S(429, CODE(20429)), S(201, JOINED)}, "PP",
     JOIN_JOINED, 2, 0},
    {"initializing, then 201", false, false, {S(400, CODE(50386)), S(201, JOINED)}, "PP",
     JOIN_JOINED, 2, 0},
    {"cut, then 50433: it was done all the same", false, false,
     {{201, "", NULL, API_SERVER_CUTS}, S(409, CODE(50433))}, "PP", JOIN_ALREADY_JOINED, 2,
     50433},
    {"half a reply, then 50433", false, false,
     {{201, "{\"sid\"", NULL, API_SERVER_CUTS_SHORT}, S(409, CODE(50433))}, "PP",
     JOIN_ALREADY_JOINED, 2, 50433},
    {"a huge reply, then 50433", false, false,
     {{201, "", NULL, API_SERVER_FLOODS}, S(409, CODE(50433))}, "PP", JOIN_ALREADY_JOINED, 2,
     50433},
    {"a page that is no JSON, then 50433", false, false,
     {S(200, "<html>"), S(409, CODE(50433))}, "PP", JOIN_ALREADY_JOINED, 2, 50433},
    {"RFC 9457's shape", false, false,
     {S(409, "{\"type\":\"t\",\"title\":\"t\",\"status\":409,\"code\":50433}")}, "P",
     JOIN_ALREADY_JOINED, 1, 50433},
    {"closed", false, false, {S(400, CODE(50377))}, "P", JOIN_GONE, 1, 50377},
    {"in too many conversations", false, false, {S(400, CODE(50214))}, "P", JOIN_REFUSED, 1,
     50214},
    {"wrong credentials", false, false, {S(401, CODE(20003))}, "P", JOIN_REFUSED, 1, 20003},
    {"a redirect is not followed", false, false, {{302, "", "Location: /x\r\n", 0}}, "P",
     JOIN_REFUSED, 1, 0},

    {"404, but it is there", false, false, {S(404, CODE(20404)), S(200, JOINED)}, "PG",
     JOIN_JOINED, 1, -1},
    {"404, not there, then 201", false, false,
     {S(404, CODE(20404)), S(404, CODE(20404)), S(201, JOINED)}, "PGP",
     JOIN_JOINED, 2, 0},
    {"404 twice, and it is there", false, false,
     {S(404, CODE(20404)), S(404, ""), S(404, ""), S(200, JOINED)}, "PGPG",
     JOIN_JOINED, 2, -1},
    {"404 in a service that can be seen", false, false,
     {S(404, CODE(50350)), S(404, ""), S(404, CODE(50350)), S(404, ""),
      S(200, SERVICE)}, "PGPGG", JOIN_GONE, 2, -1},
    {"404 in a service that does not answer at first", false, false,
     {S(404, CODE(50350)), S(404, ""), S(404, CODE(50350)), S(404, ""),
      S(503, ""), S(200, SERVICE)}, "PGPGGG", JOIN_GONE, 2, -1},
    {"404 in a service that cannot be seen", false, false,
     {S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, ""),
      S(404, CODE(20404))}, "PGPGG", JOIN_REFUSED, 2, -1},
    {"404 in a service that may not be read", false, false,
     {S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, ""),
      S(403, CODE(70051))}, "PGPGG", JOIN_REFUSED, 2, 70051},
    {"404, and another service than asked for", false, false,
     {S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, ""),
      S(200, "{\"sid\":\"IS00000000000000000000000000000002\"}")}, "PGPGG", JOIN_REFUSED, 2, -1},
    {"404, and the service answers too late", false, false,
     {S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, ""),
      {503, "", "Retry-After: 9\r\n", 0}}, "PGPGG", JOIN_RETRY_LATER, 2, -1},
    {"404 where no service is known", true, false,
     {S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, "")},
     "PGPG", JOIN_REFUSED, 2, -1},
    {"404, and whether it is there is told at the second time", false, false,
     {S(404, CODE(20404)), S(503, ""), S(200, JOINED)}, "PGG", JOIN_JOINED, 1, -1},
    {"404, and whether it is there is not told", false, false,
     {S(404, CODE(20404)), {503, "", "Retry-After: 9\r\n", 0}}, "PG", JOIN_RETRY_LATER, 1, -1},
    {"404, and looking is not permitted", false, false,
     {S(404, CODE(20404)), S(403, CODE(70051))}, "PG", JOIN_REFUSED, 1, -1},

    {"a group, no number, no address configured", false, false, {S(400, CODE(50434)), S(200, PEOPLE)}, "PG",
     JOIN_REFUSED, 1, 50434},
    {"a group, no number, with the address", false, true, {S(400, CODE(50434)), S(200, PEOPLE), S(201, JOINED)},
     "PGP", JOIN_JOINED, 2, 0},
    {"a group that is not content with it", false, true,
     {S(400, CODE(50434)), S(200, PEOPLE), S(400, CODE(50434))}, "PGP", JOIN_REFUSED, 2, 50434},
    {"a group, a number", false, false, {S(400, CODE(50434)), S(200, NUMBER), S(200, JOINED)}, "PGP", JOIN_JOINED, 2,
     0},
    {"a group, we are in", false, false, {S(400, CODE(50434)), S(200, OURS)}, "PG", JOIN_ALREADY_JOINED, 1, 50434},
    {"a group, a participant that could be ours has no SID: asked again", false, false,
     {S(400, CODE(50434)), S(200, NAMELESS), S(200, NUMBER), S(200, JOINED)}, "PGGP", JOIN_JOINED, 2, 0},
    {"a group, taken meanwhile by us", false, false,
     {S(400, CODE(50434)), S(200, NUMBER), S(400, CODE(50444)), S(200, OURS)}, "PGPG", JOIN_ALREADY_JOINED, 2, 50444},
    {"an address that is not asked for is not sent", false, true, {S(201, JOINED)}, "P",
     JOIN_JOINED, 1, 0},
};

static void comes_to_its_verdict(void **state)
{
    const struct row *row = *state;
    char address[] = "+14155550100", methods[API_SERVER_REQUESTS_LIMIT + 1] = "";
    unsigned i;

    begin(row->script);
    if (row->projected)
        world.config.projected_address = address;
    open_joins();
    join(row->unscoped ? NULL : IS, DEADLINE_MS);
    for (i = 0; i < api_server.count; i++)
        methods[i] = api_server.requests[i].method[0];
    assert_string_equal(methods, row->methods);
    if (world.outcome.result != row->verdict)
        print_message("reason: %s\n", world.outcome.reason ? world.outcome.reason : "none");
    assert_int_equal(world.outcome.result, row->verdict);
    assert_int_equal(world.outcome.attempts, row->attempts);
    if (row->rest_code >= 0)
        assert_int_equal(world.outcome.rest_code, row->rest_code);
    assert_int_equal(world.outcome.reason == NULL, row->verdict == JOIN_JOINED ||
                                                       row->verdict == JOIN_ALREADY_JOINED);
    assert_true(world.took_ms < DEADLINE_MS);
    end();
}

static void the_identity_is_sent_to_the_services_conversation(void **state)
{
    static const struct api_server_step script[] = {
        S(404, CODE(20404)), {200, JOINED, "Twilio-Request-Id: RQ1\r\n", 0}, {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_string_equal(api_server.requests[0].path,
                        "/v1/Services/" IS "/Conversations/" CH "/Participants");
    assert_string_equal(api_server.requests[0].body, "Identity=b%20t");
    assert_null(api_server_header(&api_server.requests[0], "X-Twilio-Webhook-Enabled"));
    assert_string_equal(api_server.requests[1].path,
                        "/v1/Services/" IS "/Conversations/" CH "/Participants/b%20t");
    assert_string_equal(world.outcome.request_id, "RQ1");
    assert_int_equal(world.outcome.rest_status, 200);
    end();
}

static void without_a_service_it_is_the_default_one(void **state)
{
    static const struct api_server_step script[] = {S(201, JOINED), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(NULL, DEADLINE_MS);
    assert_string_equal(api_server.requests[0].path, "/v1/Conversations/" CH "/Participants");
    end();
}

static void the_projected_address_is_sent_when_asked_for(void **state)
{
    static const struct api_server_step script[] = {S(400, CODE(50434)), S(200, PEOPLE), S(201, JOINED), {0}};
    char address[] = "+1415";

    (void)state;
    begin(script);
    world.config.projected_address = address;
    open_joins();
    join(IS, DEADLINE_MS);
    assert_string_equal(api_server.requests[0].body, "Identity=b%20t");
    assert_string_equal(api_server.requests[2].body,
                        "Identity=b%20t&MessagingBinding.ProjectedAddress=%2B1415");
    end();
}

static void the_numbers_participant_is_updated(void **state)
{
    static const struct api_server_step script[] = {S(400, CODE(50434)), S(200, NUMBER), S(200, JOINED), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_string_equal(api_server.requests[1].path,
                        "/v1/Services/" IS "/Conversations/" CH "/Participants?PageSize=100");
    assert_string_equal(api_server.requests[2].path,
                        "/v1/Services/" IS "/Conversations/" CH "/Participants/" MB);
    assert_string_equal(api_server.requests[2].body, "Identity=b%20t");
    end();
}

static void retry_after_is_honoured_if_it_fits(void **state)
{
    static const struct api_server_step script[] = {{429, "", "Retry-After: 1\r\n", 0},
                                                   S(201, JOINED), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_int_equal(world.outcome.result, JOIN_JOINED);
    assert_in_range(world.took_ms, 1000, 1500);
    end();
}

static void retry_after_that_does_not_fit_ends_it_at_once(void **state)
{
    static const struct api_server_step script[] = {{429, "", "Retry-After: 30\r\n", 0}, {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(world.outcome.retry_after, 30);
    assert_true(world.outcome.limited);
    assert_in_range(world.took_ms, 0, 500);
    assert_int_equal(api_server.count, 1);
    end();
}

static void hanging_ends_at_the_deadline(void **state)
{
    static const struct api_server_step script[] = {{201, "", NULL, API_SERVER_HANGS}, {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, 600);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(world.outcome.rest_status, 0);
    assert_in_range(world.took_ms, 500, 700);
    end();
}

static void trouble_without_end_ends_by_the_deadline(void **state)
{
    static const struct api_server_step script[] = {
        S(503, ""), S(503, ""), S(503, ""), S(503, ""), S(503, ""),
        S(503, ""), S(503, ""), S(503, ""), S(503, ""), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, 700);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(world.outcome.rest_status, 503);
    assert_true(world.took_ms <= 750);
    assert_true(world.outcome.attempts >= 2);
    assert_int_equal(world.outcome.attempts, api_server.count);
    end();
}

static void a_conversation_is_tried_eight_times(void **state)
{
    struct api_server_step script[API_SERVER_REQUESTS_LIMIT] = {{0}};
    unsigned i;

    (void)state;
    for (i = 0; i + 1 < API_SERVER_REQUESTS_LIMIT; i++)
        script[i] = (struct api_server_step){503, "", NULL, API_SERVER_ANSWERS};
    begin(script);
    open_joins();
    join(IS, 15 * 1000);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(world.outcome.attempts, 8);
    assert_int_equal(api_server.count, 8);
    end();
}

static void nobody_listening_is_retried_and_then_given_up(void **state)
{
    static const struct api_server_step script[] = {{0}};

    (void)state;
    begin(script);
    api_server_end();
    open_joins();
    join(IS, 500);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_true(world.took_ms <= 550);
    assert_true(world.outcome.attempts >= 2);
    end();
}

static void a_deadline_that_is_over_asks_nobody(void **state)
{
    static const struct api_server_step script[] = {S(201, JOINED), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, -1);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(api_server.count, 0);
    end();
}

static void more_joins_than_allowed_are_put_off_at_once(void **state)
{
    static const struct api_server_step script[] = {
        {201, "", NULL, API_SERVER_HANGS}, {201, "", NULL, API_SERVER_HANGS},
        {201, "", NULL, API_SERVER_HANGS}, {201, "", NULL, API_SERVER_HANGS}, {0}};
    unsigned i;

    (void)state;
    begin(script);
    open_joins();
    for (i = 0; i < world.config.max_pending; i++)
        start(IS, DEADLINE_MS);
    assert_int_equal(world.done, 0);
    start(IS, DEADLINE_MS);
    assert_int_equal(world.done, 1);
    assert_int_equal(world.outcome.result, JOIN_RETRY_LATER);
    assert_int_equal(world.outcome.attempts, 0);
    end(); /* and those under way are dropped without a word */
    assert_int_equal(world.done, 1);
}

static void a_service_seen_is_not_asked_for_again_for_ten_minutes(void **state)
{
    static const struct api_server_step script[] = {
        S(404, ""), S(404, ""), S(404, ""), S(404, ""), S(200, SERVICE),
        S(404, ""), S(404, ""), S(404, ""), S(404, ""),
        S(404, ""), S(404, ""), S(404, ""), S(404, ""), S(200, SERVICE), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_int_equal(api_server.count, 5);
    assert_string_equal(api_server.requests[4].path, "/v1/Services/" IS);
    later_ms += 10 * 60 * 1000 - 5000;
    join(IS, DEADLINE_MS);
    assert_int_equal(world.outcome.result, JOIN_GONE);
    assert_int_equal(api_server.count, 9);
    later_ms += 5001;
    join(IS, DEADLINE_MS);
    assert_int_equal(api_server.count, 14);
    end();
}

/* For some seconds after its creation a conversation may be unknown to a part of Twilio. */
static const struct age {
    const char *name;
    int64_t age_ms; /* -1: unknown */
    bool unscoped;
    enum join_result result;
} ages[] = {
    {"not found, just made", 0, false, JOIN_RETRY_LATER},
    {"not found, 55 s old", 55 * 1000, false, JOIN_RETRY_LATER},
    {"not found, a minute old", 61 * 1000, false, JOIN_GONE},
    {"not found, of unknown age", -1, false, JOIN_RETRY_LATER},
    {"not found, made in a time to come", -3600 * 1000, false, JOIN_RETRY_LATER},
    {"not found in the default service, just made", 0, true, JOIN_RETRY_LATER},
    {"not found in the default service, a minute old", 61 * 1000, true, JOIN_REFUSED},
};

static void is_gone_only_if_it_is_not_new(void **state)
{
    static const struct api_server_step script[] = {
        S(404, CODE(20404)), S(404, ""), S(404, CODE(20404)), S(404, ""), S(200, SERVICE), {0}};
    const struct age *row = *state;

    begin(script);
    world.event_ms = row->age_ms == -1 ? 0 : clock_wall_ms() - row->age_ms;
    open_joins();
    join(row->unscoped ? NULL : IS, DEADLINE_MS);
    assert_int_equal(world.outcome.result, row->result);
    assert_int_equal(api_server.count, row->unscoped ? 4 : 5);
    end();
}

static void joins_share_a_kept_connection(void **state)
{
    static const struct api_server_step script[] = {S(201, JOINED), S(409, CODE(50433)),
                                                   S(400, CODE(50377)), {0}};
    unsigned i;

    (void)state;
    begin(script);
    open_joins();
    for (i = 0; i < 3; i++)
        join(IS, DEADLINE_MS);
    assert_int_equal(api_server.connections, 1);
    end();
}

/* Full jitter: joins that failed together do not come back together. The first wait is anything
 * below 100 ms; that ten of them are all above 90 happens by chance once in 10^10 runs. */
static void attempts_are_spread_by_chance(void **state)
{
    enum { JOINS = 10 };
    struct api_server_step script[2 * JOINS + 1] = {{0}};
    int64_t shortest = INT64_MAX, longest = 0;
    unsigned i;

    (void)state;
    for (i = 0; i < JOINS; i++) {
        script[2 * i] = (struct api_server_step){503, "", NULL, API_SERVER_ANSWERS};
        script[2 * i + 1] = (struct api_server_step){201, JOINED, NULL, API_SERVER_ANSWERS};
    }
    begin(script);
    open_joins();
    for (i = 0; i < JOINS; i++) {
        join(IS, DEADLINE_MS);
        assert_int_equal(world.outcome.attempts, 2);
        shortest = world.took_ms < shortest ? world.took_ms : shortest;
        longest = world.took_ms > longest ? world.took_ms : longest;
    }
    assert_true(shortest < 90);
    assert_true(longest < 100 + 400); /* and what a busy machine adds */
    end();
}

static void a_refusal_tells_whether_it_holds_for_all(void **state)
{
    static const struct api_server_step script[] = {S(401, CODE(20003)), S(400, CODE(50417)), {0}};

    (void)state;
    begin(script);
    open_joins();
    join(IS, DEADLINE_MS);
    assert_true(world.outcome.account_wide);
    join(IS, DEADLINE_MS);
    assert_false(world.outcome.account_wide);
    end();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, comes_to_its_verdict, rows);
    CASES_ADD(&cases, the_identity_is_sent_to_the_services_conversation);
    CASES_ADD(&cases, without_a_service_it_is_the_default_one);
    CASES_ADD(&cases, the_projected_address_is_sent_when_asked_for);
    CASES_ADD(&cases, the_numbers_participant_is_updated);
    CASES_ADD(&cases, retry_after_is_honoured_if_it_fits);
    CASES_ADD(&cases, retry_after_that_does_not_fit_ends_it_at_once);
    CASES_ADD(&cases, hanging_ends_at_the_deadline);
    CASES_ADD(&cases, trouble_without_end_ends_by_the_deadline);
    CASES_ADD(&cases, a_conversation_is_tried_eight_times);
    CASES_ADD(&cases, nobody_listening_is_retried_and_then_given_up);
    CASES_ADD(&cases, a_deadline_that_is_over_asks_nobody);
    CASES_ADD(&cases, more_joins_than_allowed_are_put_off_at_once);
    CASES_ADD(&cases, a_service_seen_is_not_asked_for_again_for_ten_minutes);
    CASES_ADD_TABLE(&cases, is_gone_only_if_it_is_not_new, ages);
    CASES_ADD(&cases, joins_share_a_kept_connection);
    CASES_ADD(&cases, attempts_are_spread_by_chance);
    CASES_ADD(&cases, a_refusal_tells_whether_it_holds_for_all);
    return cases_run(&cases, "join");
}
