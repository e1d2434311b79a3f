#include "build.h"

#include "gateway/response.h"

#include <string.h>

/* RFC 9110, section 15. */
static const char *reason_phrase(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

void response_render(const struct response *response, struct buffer *out)
{
    buffer_append_format(out, "Status: %d %s\r\n", response->status,
                         reason_phrase(response->status));
    buffer_append_string(out, "Content-Type: application/json\r\nCache-Control: no-store\r\n");
    if (response->allow_post)
        buffer_append_string(out, "Allow: POST\r\n");
    if (response->retry_after > 0)
        buffer_append_format(out, "Retry-After: %u\r\n", response->retry_after);
    buffer_append_format(out, "Content-Length: %zu\r\n\r\n", strlen(response->body));
    if (!response->without_body)
        buffer_append_string(out, response->body);
}
