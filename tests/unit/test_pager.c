/* twilio/pager: a page and the way to the next one; what is tried again, what is waited for, and what ends it. */
#define PAGER_BACKOFF_MS 4 /* a test need not wait for what a run waits for */
#include "../../src/twilio/pager.c"

#include "cases.h"

#include "../lib/api_server.h"

#define API "https://conversations.twilio.com"
#define S(status, body) {status, body, NULL, API_SERVER_ANSWERS}
#define ENDS S(0, NULL)

static const struct link {
    const char *name;
    const char *url; /* NULL: null */
    enum ask_status status;
    const char *next;
} links[] = {
    {"the last page", NULL, ASK_OK, ""},
    {"the next page", API "/v1/Conversations?Page=1", ASK_OK, "/v1/Conversations?Page=1"},
    {"with the standard port", API ":443/v1?Page=1", ASK_OK, "/v1?Page=1"},
    {"in capitals", "HTTPS://Conversations.Twilio.COM/v1", ASK_OK, "/v1"},
    {"another port", API ":8443/v1", ASK_FOREIGN_PAGE, ""},
    {"another scheme", "http://conversations.twilio.com/v1", ASK_FOREIGN_PAGE, ""},
    {"another host", "https://example.com/v1", ASK_FOREIGN_PAGE, ""},
    {"a host that begins like ours", API ".example.com/v1", ASK_FOREIGN_PAGE, ""},
    {"our host as a user", API "@example.com/v1", ASK_FOREIGN_PAGE, ""},
    {"a user at our host", "https://u:p@conversations.twilio.com/v1", ASK_FOREIGN_PAGE, ""},
    {"an empty user at our host", "https://@conversations.twilio.com/v1", ASK_FOREIGN_PAGE, ""},
    {"no path", API, ASK_FOREIGN_PAGE, ""},
    {"no path but a query", API "?Page=1", ASK_FOREIGN_PAGE, ""},
    {"a path alone", "/v1/Conversations?Page=1", ASK_FOREIGN_PAGE, ""},
    {"a line break in the path", API "/v1\\nHost: x", ASK_OTHER_SHAPE, ""},
    {"a blank in the path", API "/v1 x", ASK_OTHER_SHAPE, ""},
    {"longer than there is room", API "/0123456789012345678901234567890123456789", ASK_OTHER_SHAPE, ""},
};

static void count(void *argument, const json_t *item)
{
    (void)item;
    ++*(unsigned *)argument;
}

static void the_next_page_is_found(void **state)
{
    const struct link *link = *state;
    char body[256], next[40];
    unsigned found = 0;

    snprintf(body, sizeof body, "{\"meta\":{\"next_page_url\":%s%s%s},\"things\":[{},{}]}",
             link->url ? "\"" : "", link->url ? link->url : "null", link->url ? "\"" : "");
    assert_int_equal(pager_read_page(body, strlen(body), "things", API, count, &found, next, sizeof next),
                     link->status);
    assert_string_equal(next, link->next);
    assert_int_equal(found, link->status == ASK_OK ? 2 : 0);
}

static const struct page {
    const char *name;
    const char *body;
    enum ask_status status;
    unsigned found;
} pages[] = {
    {"an empty page", "{\"meta\":{},\"things\":[]}", ASK_OK, 0},
    {"entries of any kind", "{\"meta\":{},\"things\":[{},null,5]}", ASK_OK, 3},
    {"no meta", "{\"things\":[{}]}", ASK_OTHER_SHAPE, 0},
    {"meta that is no object", "{\"meta\":5,\"things\":[{}]}", ASK_OTHER_SHAPE, 0},
    {"another list", "{\"meta\":{},\"others\":[{}]}", ASK_OTHER_SHAPE, 0},
    {"a list that is none", "{\"meta\":{},\"things\":{}}", ASK_OTHER_SHAPE, 0},
    {"no object", "[{}]", ASK_OTHER_SHAPE, 0},
    {"no JSON", "<html>", ASK_NOT_JSON, 0},
    {"nothing", "", ASK_NOT_JSON, 0},
};

static void a_page_is_read_whole_or_not(void **state)
{
    const struct page *page = *state;
    char next[40] = "x";
    unsigned found = 0;

    assert_int_equal(pager_read_page(page->body, strlen(page->body), "things", API, count, &found, next,
                                     sizeof next), page->status);
    assert_int_equal(found, page->found);
    assert_string_equal(next, "");
}

static void an_entry_has_a_sid_or_none(void **state)
{
    json_t *item = json_pack("{s:s, s:s, s:i}", "sid", "CH00000000000000000000000000000001", "bad", "CH1",
                             "number", 5);

    (void)state;
    assert_string_equal(pager_item_sid(item, "sid", "CH"), "CH00000000000000000000000000000001");
    assert_null(pager_item_sid(item, "sid", "IS"));
    assert_null(pager_item_sid(item, "bad", "CH"));
    assert_null(pager_item_sid(item, "none", "CH"));
    assert_null(pager_item_sid(NULL, "sid", "CH"));
    assert_string_equal(pager_item_text(item, "bad"), "CH1");
    assert_string_equal(pager_item_text(item, "number"), "");
    json_decref(item);
}

static struct {
    struct event_base *base;
    struct config config;
    char api_url[API_SERVER_URL_SIZE];
    struct rest *rest;
    struct asker asker;
    bool interrupted, more;
    unsigned found;
    struct ask_answer failure;
} world;

static void open_world(const struct api_server_step *script)
{
    memset(&world, 0, sizeof world);
    api_server_open(&world.base, &world.config, world.api_url, script);
    world.rest = rest_new(&world.config, world.base);
    assert_non_null(world.rest);
    world.asker = (struct asker){world.base, world.rest, world.api_url, NULL, &world.interrupted};
}

static void close_world(void)
{
    rest_free(world.rest);
    api_server_close(world.base);
}

static bool read_all(const char *path, unsigned limit)
{
    return pager_read_all(&world.asker, "things", path, limit, count, &world.found, &world.more,
                          &world.failure);
}

#define LAST "{\"meta\":{\"next_page_url\":null},\"things\":[{},{},{}]}"

/* A page that leads on to `path`; static memory. */
static const char *leading_to(unsigned port, const char *path)
{
    static char pages_written[4][256];
    static unsigned turn;
    char *page = pages_written[turn++ % 4];

    snprintf(page, sizeof pages_written[0],
             "{\"meta\":{\"next_page_url\":\"http://127.0.0.1:%u%s\"},\"things\":[{},{}]}", port, path);
    return page;
}

static void it_goes_on_to_the_end(void **state)
{
    struct api_server_step script[] = {S(200, NULL), S(200, NULL), S(200, LAST), ENDS};

    (void)state;
    open_world(script);
    script[0].body = leading_to(api_server.port, "/v1/T?PageSize=2&Page=1");
    script[1].body = leading_to(api_server.port, "/v1/T?PageSize=2&Page=2");
    assert_true(read_all("/v1/T?PageSize=2", 10));
    assert_int_equal(world.found, 7);
    assert_false(world.more);
    assert_int_equal(api_server.count, 3);
    assert_string_equal(api_server.requests[2].path, "/v1/T?PageSize=2&Page=2");
    close_world();
}

static void or_to_as_many_pages_as_are_wanted(void **state)
{
    struct api_server_step script[] = {S(200, NULL), S(200, NULL), ENDS};

    (void)state;
    open_world(script);
    script[0].body = leading_to(api_server.port, "/v1/T?Page=1");
    script[1].body = leading_to(api_server.port, "/v1/T?Page=2");
    assert_true(read_all("/v1/T", 2));
    assert_int_equal(world.found, 4);
    assert_true(world.more);
    assert_int_equal(api_server.count, 2);
    close_world();
}

static void one_that_leads_to_itself_has_no_end(void **state)
{
    struct api_server_step script[] = {S(200, NULL), ENDS};

    (void)state;
    open_world(script);
    script[0].body = leading_to(api_server.port, "/v1/T?Page=1");
    assert_false(read_all("/v1/T?Page=1", 10));
    assert_int_equal(world.failure.status, ASK_OTHER_SHAPE);
    close_world();
}

static const struct circle {
    const char *name;
    unsigned before, length; /* pages that lead into it, and its own */
} circles[] = {
    {"of two", 0, 2},
    {"of three", 0, 3},
    {"of seven", 0, 7},
    {"of two, behind three others", 3, 2},
    {"of five, behind four others", 4, 5},
};

static const struct circle *circle;

static const struct api_server_step *answer_of_a_circle(const struct api_server_request *request)
{
    static struct api_server_step step = {200, NULL, NULL, API_SERVER_ANSWERS};
    unsigned page = (unsigned)strtoul(strrchr(request->path, '=') + 1, NULL, 10) + 1;
    char path[64];

    snprintf(path, sizeof path, "/v1/T?Page=%u", page < circle->before + circle->length ? page : circle->before);
    step.body = leading_to(api_server.port, path);
    return &step;
}

static void open_circle(void)
{
    const struct api_server_step nothing[] = {ENDS};

    open_world(nothing);
    api_server_end();
    api_server_begin_with(world.base, answer_of_a_circle);
    snprintf(world.api_url, sizeof world.api_url, "http://127.0.0.1:%u", api_server.port);
    rest_free(world.rest);
    world.rest = rest_new(&world.config, world.base);
    world.asker.rest = world.rest;
}

static void nor_have_some_that_lead_in_a_circle(void **state)
{
    circle = *state;
    open_circle();
    assert_false(read_all("/v1/T?Page=0", 1000));
    assert_int_equal(world.failure.status, ASK_OTHER_SHAPE);
    assert_in_range(world.found, 2 * circle->length, 2 * 4 * (circle->before + circle->length));
    close_world();
}

static void many_pages_are_no_circle(void **state)
{
    static const struct circle none = {NULL, 0, 500};

    (void)state;
    circle = &none;
    open_circle();
    assert_true(read_all("/v1/T?Page=0", 450));
    assert_true(world.more);
    close_world();
}

static const struct trouble {
    const char *name;
    struct api_server_step step;
    enum ask_status status;
    unsigned calls; /* until it gives up */
} troubles[] = {
    {"500", S(500, "{}"), ASK_FAILING, 6},
    {"503 with a short Retry-After", {503, "", "Retry-After: 0\r\n", API_SERVER_ANSWERS}, ASK_FAILING, 6},
    {"503 with a long Retry-After", {503, "", "Retry-After: 61\r\n", API_SERVER_ANSWERS}, ASK_FAILING, 1},
    {"429", S(429, "{\"code\":20429}"), ASK_LIMITED, 6},
    {"429 for a day", {429, "{\"code\":20429}", "Retry-After: 86400\r\n", API_SERVER_ANSWERS}, ASK_LIMITED, 1},
    {"cut short", {200, "{}", NULL, API_SERVER_CUTS_SHORT}, ASK_BAD_REPLY, 6},
    {"no HTTP", {200, "", NULL, API_SERVER_BABBLES}, ASK_BAD_REPLY, 6},
    {"a proxy's page", S(200, "<html>"), ASK_NOT_JSON, 1},
    {"another shape", S(200, "{\"meta\":{}}"), ASK_OTHER_SHAPE, 1},
    {"wrong credentials", S(401, "{\"code\":20003}"), ASK_CREDENTIALS, 1},
    {"a key without the permission", S(403, "{\"code\":70051}"), ASK_NOT_PERMITTED, 1},
    {"404", S(404, "{\"code\":20404}"), ASK_NOT_FOUND, 1},
    {"400", S(400, "{\"code\":20001}"), ASK_REFUSED, 1},
    {"a redirect", S(307, ""), ASK_REFUSED, 1},
};

static void what_may_pass_is_tried_again(void **state)
{
    const struct trouble *trouble = *state;
    struct api_server_step script[8] = {trouble->step, trouble->step, trouble->step, trouble->step,
                                       trouble->step, trouble->step, trouble->step, ENDS};

    open_world(script);
    assert_false(read_all("/v1/T?PageSize=2", 10));
    assert_int_equal(world.failure.status, trouble->status);
    assert_int_equal(api_server.count, trouble->calls);
    assert_int_not_equal(world.failure.message[0], '\0');
    close_world();
}

static void and_may_succeed(void **state)
{
    const struct trouble *trouble = *state;
    struct api_server_step script[] = {trouble->step, trouble->step, S(200, LAST), ENDS};

    open_world(script);
    assert_int_equal(read_all("/v1/T?PageSize=2", 10), trouble->calls > 1);
    assert_int_equal(world.found, trouble->calls > 1 ? 3 : 0);
    close_world();
}

static void a_short_wait_is_kept(void **state)
{
    const struct api_server_step script[] = {{429, "", "Retry-After: 1\r\n", API_SERVER_ANSWERS}, S(200, LAST), ENDS};
    int64_t begun;

    (void)state;
    open_world(script);
    begun = clock_monotonic_ms();
    assert_true(read_all("/v1/T", 10));
    assert_in_range(clock_monotonic_ms() - begun, 1000, 10000);
    close_world();
}

static void a_page_that_is_too_large_is_asked_for_by_halves(void **state)
{
    static char large[PAGER_REPLY_LIMIT + 64];
    struct api_server_step script[] = {S(200, large), S(200, large), S(200, LAST), ENDS};

    (void)state;
    memset(large, 'x', sizeof large - 1);
    open_world(script);
    assert_true(read_all("/v1/T?PageSize=100&Page=1", 10));
    assert_int_equal(world.found, 3);
    assert_int_equal(api_server.count, 3);
    assert_string_equal(api_server.requests[1].path, "/v1/T?PageSize=50&Page=1");
    assert_string_equal(api_server.requests[2].path, "/v1/T?PageSize=25&Page=1");
    close_world();
}

static void down_to_one_entry(void **state)
{
    static char large[PAGER_REPLY_LIMIT + 64];
    struct api_server_step script[] = {S(200, large), S(200, large), S(200, large), ENDS};

    (void)state;
    memset(large, 'x', sizeof large - 1);
    open_world(script);
    assert_false(read_all("/v1/T?PageSize=3", 10));
    assert_int_equal(world.failure.status, ASK_TOO_LARGE);
    assert_int_equal(api_server.count, 2);
    assert_string_equal(api_server.requests[1].path, "/v1/T?PageSize=1");
    close_world();
}

static const struct size {
    const char *name;
    const char *path;
    const char *smaller; /* NULL: none */
} sizes[] = {
    {"first", "/v1/T?PageSize=100", "/v1/T?PageSize=50"},
    {"among others", "/v1/T?State=a&PageSize=10&Page=2", "/v1/T?State=a&PageSize=5&Page=2"},
    {"an odd one", "/v1/T?PageSize=25", "/v1/T?PageSize=12"},
    {"two", "/v1/T?PageSize=2", "/v1/T?PageSize=1"},
    {"one", "/v1/T?PageSize=1", NULL},
    {"none", "/v1/T", NULL},
    {"no number", "/v1/T?PageSize=x", NULL},
    {"another parameter", "/v1/T?MyPageSize=100", NULL},
    {"one in front of zeros", "/v1/T?PageSize=0100", "/v1/T?PageSize=50"},
};

static void a_page_gets_smaller(void **state)
{
    const struct size *size = *state;
    char path[64];

    snprintf(path, sizeof path, "%s", size->path);
    assert_int_equal(make_smaller(path), size->smaller != NULL);
    assert_string_equal(path, size->smaller ? size->smaller : size->path);
}

static void on_signal(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    (void)argument;
    world.interrupted = true;
    event_base_loopbreak(world.base);
}

static void a_signal_ends_the_waiting(void **state)
{
    const struct api_server_step *step = *state;
    const struct api_server_step script[] = {*step, ENDS};
    const struct timeval soon = {.tv_usec = 50000};
    struct event *timer;

    open_world(script);
    timer = evtimer_new(world.base, on_signal, NULL);
    evtimer_add(timer, &soon);
    assert_false(read_all("/v1/T", 10));
    assert_int_equal(world.failure.status, ASK_INTERRUPTED);
    event_free(timer);
    close_world();
}

int main(void)
{
    static struct cases cases;
    static const struct api_server_step hangs = {1, "", NULL, API_SERVER_HANGS},
                                       waits = {429, "", "Retry-After: 30\r\n", API_SERVER_ANSWERS};

    CASES_ADD_TABLE(&cases, the_next_page_is_found, links);
    CASES_ADD_TABLE(&cases, a_page_is_read_whole_or_not, pages);
    CASES_ADD(&cases, an_entry_has_a_sid_or_none);
    CASES_ADD(&cases, it_goes_on_to_the_end);
    CASES_ADD(&cases, or_to_as_many_pages_as_are_wanted);
    CASES_ADD(&cases, one_that_leads_to_itself_has_no_end);
    CASES_ADD_TABLE(&cases, nor_have_some_that_lead_in_a_circle, circles);
    CASES_ADD(&cases, many_pages_are_no_circle);
    CASES_ADD_TABLE(&cases, what_may_pass_is_tried_again, troubles);
    CASES_ADD_TABLE(&cases, and_may_succeed, troubles);
    CASES_ADD(&cases, a_short_wait_is_kept);
    CASES_ADD(&cases, a_page_that_is_too_large_is_asked_for_by_halves);
    CASES_ADD(&cases, down_to_one_entry);
    CASES_ADD_TABLE(&cases, a_page_gets_smaller, sizes);
    cases_add_row(&cases, "a_signal_ends_the_waiting_for_an_answer", a_signal_ends_the_waiting, &hangs);
    cases_add_row(&cases, "a_signal_ends_the_waiting_for_another_try", a_signal_ends_the_waiting, &waits);
    return cases_run(&cases, "pager");
}
