/* gateway/response: status line, headers and body of every answer (RFC 3875, section 6). */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "gateway/response.h"

static const struct row {
    const char *name;
    struct response response;
    const char *text;
} rows[] = {
    {"200", {.status = 200, .body = "{}"},
     "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
     "Content-Length: 2\r\n\r\n{}"},
    {"400", {.status = 400, .body = "{}"},
     "Status: 400 Bad Request\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
     "Content-Length: 2\r\n\r\n{}"},
    {"403", {.status = 403, .body = "{}"},
     "Status: 403 Forbidden\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
     "Content-Length: 2\r\n\r\n{}"},
    {"405 says what is allowed", {.status = 405, .body = "{}", .allow_post = true},
     "Status: 405 Method Not Allowed\r\nContent-Type: application/json\r\n"
     "Cache-Control: no-store\r\nAllow: POST\r\nContent-Length: 2\r\n\r\n{}"},
    {"413", {.status = 413, .body = "{}"},
     "Status: 413 Content Too Large\r\nContent-Type: application/json\r\n"
     "Cache-Control: no-store\r\nContent-Length: 2\r\n\r\n{}"},
    {"415", {.status = 415, .body = "{}"},
     "Status: 415 Unsupported Media Type\r\nContent-Type: application/json\r\n"
     "Cache-Control: no-store\r\nContent-Length: 2\r\n\r\n{}"},
    {"500", {.status = 500, .body = "{}"},
     "Status: 500 Internal Server Error\r\nContent-Type: application/json\r\n"
     "Cache-Control: no-store\r\nContent-Length: 2\r\n\r\n{}"},
    {"503 says when to come back", {.status = 503, .body = "{}", .retry_after = 2},
     "Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n"
     "Cache-Control: no-store\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}"},
    {"HEAD gets the length but not the body",
     {.status = 200, .body = "{\"status\":\"ok\"}", .without_body = true},
     "Status: 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
     "Content-Length: 15\r\n\r\n"},
};

static void is_rendered(void **state)
{
    const struct row *row = *state;
    struct buffer out;

    buffer_init(&out, 4096);
    response_render(&row->response, &out);
    assert_string_equal(buffer_string(&out), row->text);
    buffer_free(&out);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_rendered, rows);
    return cases_run(&cases, "response");
}
