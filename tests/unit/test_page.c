/* twilio/page: where the next page of a list is, and that it is on the same host. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "twilio/page.h"

#define API "https://conversations.twilio.com"

static const struct row {
    const char *name;
    const char *url; /* NULL: null */
    enum page_status status;
    const char *next;
} rows[] = {
    {"the last page", NULL, PAGE_OK, ""},
    {"the next page", API "/v1/Conversations?Page=1", PAGE_OK, "/v1/Conversations?Page=1"},
    {"with the standard port", API ":443/v1?Page=1", PAGE_OK, "/v1?Page=1"},
    {"in capitals", "HTTPS://Conversations.Twilio.COM/v1", PAGE_OK, "/v1"},
    {"another port", API ":8443/v1", PAGE_FOREIGN, ""},
    {"another scheme", "http://conversations.twilio.com/v1", PAGE_FOREIGN, ""},
    {"another host", "https://example.com/v1", PAGE_FOREIGN, ""},
    {"a host that begins like ours", API ".example.com/v1", PAGE_FOREIGN, ""},
    {"our host as a user", API "@example.com/v1", PAGE_FOREIGN, ""},
    {"a user at our host", "https://u:p@conversations.twilio.com/v1", PAGE_FOREIGN, ""},
    {"an empty user at our host", "https://@conversations.twilio.com/v1", PAGE_FOREIGN, ""},
    {"no path", API, PAGE_FOREIGN, ""},
    {"no path but a query", API "?Page=1", PAGE_FOREIGN, ""},
    {"a path alone", "/v1/Conversations?Page=1", PAGE_FOREIGN, ""},
    {"a line break in the path", API "/v1\nHost: x", PAGE_BAD, ""},
    {"a blank in the path", API "/v1 x", PAGE_BAD, ""},
    {"longer than there is room", API "/0123456789012345678901234567890123456789", PAGE_BAD, ""},
};

static void it_is_found(void **state)
{
    const struct row *row = *state;
    json_t *page = json_pack("{s:{s:s?}}", "meta", "next_page_url", row->url);
    char next[40];

    assert_non_null(page);
    assert_int_equal(page_read_next(page, API, next, sizeof next), row->status);
    assert_string_equal(next, row->next);
    json_decref(page);
}

static void without_meta_it_is_no_page(void **state)
{
    json_t *page = json_object();
    char next[40];

    (void)state;
    assert_int_equal(page_read_next(page, API, next, sizeof next), PAGE_BAD);
    assert_int_equal(page_read_next(NULL, API, next, sizeof next), PAGE_BAD);
    json_decref(page);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, it_is_found, rows);
    CASES_ADD(&cases, without_meta_it_is_no_page);
    return cases_run(&cases, "page");
}
