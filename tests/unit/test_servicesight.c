/* twilio/servicesight: "not found" means gone only in a service that can be seen. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "twilio/servicesight.h"

#define IS "IS00000000000000000000000000000001"
#define IS2 "IS00000000000000000000000000000002"

static const struct row {
    const char *name;
    enum rest_status rest;
    long status;
    const char *body;
    enum servicesight_status sight;
} rows[] = {
    {"the service", REST_OK, 200, "{\"sid\":\"" IS "\"}", SERVICESIGHT_SEEN},
    {"another service", REST_OK, 200, "{\"sid\":\"" IS2 "\"}", SERVICESIGHT_NOT_SEEN},
    {"a page that is no service", REST_OK, 200, "<html>", SERVICESIGHT_NOT_SEEN},
    {"404", REST_OK, 404, "{\"code\":20404}", SERVICESIGHT_NOT_SEEN},
    {"401", REST_OK, 401, "", SERVICESIGHT_NOT_SEEN},
    {"403", REST_OK, 403, "", SERVICESIGHT_NOT_SEEN},
    {"429", REST_OK, 429, "", SERVICESIGHT_UNKNOWN},
    {"503", REST_OK, 503, "", SERVICESIGHT_UNKNOWN},
    {"no answer in time", REST_TIMEOUT, 0, "", SERVICESIGHT_UNKNOWN},
    {"cut short", REST_BAD_REPLY, 200, "{\"sid\":\"" IS "\"}", SERVICESIGHT_UNKNOWN},
};

static enum servicesight_status learn(struct servicesight *sight, const struct row *row,
                                      const char *service)
{
    struct rest_result result = {.status = row->rest, .http_status = row->status, .body = row->body,
                                 .body_length = strlen(row->body), .date = ""};

    return servicesight_learn(sight, service, &result);
}

static void is_seen_or_not(void **state)
{
    const struct row *row = *state;
    struct servicesight sight = {.next = 0};

    assert_false(servicesight_recall(&sight, IS));
    assert_int_equal(learn(&sight, row, IS), row->sight);
    assert_int_equal(servicesight_recall(&sight, IS), row->sight == SERVICESIGHT_SEEN);
    assert_false(servicesight_recall(&sight, IS2));
}

static void is_remembered_for_ten_minutes(void **state)
{
    struct servicesight sight = {.next = 0};
    int64_t now = clock_monotonic_ms();

    (void)state;
    assert_int_equal(learn(&sight, &rows[0], IS), SERVICESIGHT_SEEN);
    assert_in_range(sight.seen[0].until_ms - now, 10 * 60 * 1000, 10 * 60 * 1000 + 5000);
    sight.seen[0].until_ms = clock_monotonic_ms(); /* the ten minutes are over */
    assert_false(servicesight_recall(&sight, IS));
}

static void more_services_than_there_is_room_for_push_out_the_oldest(void **state)
{
    struct servicesight sight = {.next = 0};
    char service[SERVICESIGHT_LIMIT + 1][SID_LENGTH + 1], body[64];
    unsigned i;

    (void)state;
    for (i = 0; i <= SERVICESIGHT_LIMIT; i++) {
        struct row row = {.rest = REST_OK, .status = 200, .body = body};

        snprintf(service[i], sizeof service[i], "IS%032x", i);
        snprintf(body, sizeof body, "{\"sid\":\"%.34s\"}", service[i]);
        assert_int_equal(learn(&sight, &row, service[i]), SERVICESIGHT_SEEN);
    }
    assert_false(servicesight_recall(&sight, service[0]));
    for (i = 1; i <= SERVICESIGHT_LIMIT; i++)
        assert_true(servicesight_recall(&sight, service[i]));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_seen_or_not, rows);
    CASES_ADD(&cases, is_remembered_for_ten_minutes);
    CASES_ADD(&cases, more_services_than_there_is_room_for_push_out_the_oldest);
    return cases_run(&cases, "servicesight");
}
