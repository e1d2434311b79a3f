#include "build.h"

#include "twilio/http_request.h"

#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "twilio/resources.h"

enum { CREDENTIALS_LIMIT = 8 * 1024 };

/* One line of Basic authentication with "user:password". */
static void add_basic(struct buffer *lines, const char *name, const struct buffer *plain)
{
    unsigned char encoded[CREDENTIALS_LIMIT / 3 * 4 + 8];
    int length;

    if (buffer_status(plain) != BUFFER_OK) {
        lines->status = buffer_status(plain);
        return;
    }
    length = EVP_EncodeBlock(encoded, (const unsigned char *)buffer_string(plain), (int)plain->length);
    buffer_append_string(lines, name);
    buffer_append_string(lines, ": Basic ");
    buffer_append(lines, encoded, (size_t)length);
    buffer_append_string(lines, "\r\n");
    explicit_bzero(encoded, sizeof encoded);
}

/* Not to swap; where that is not allowed, so be it. */
static bool lock(const struct buffer *lines)
{
    if (buffer_status(lines) != BUFFER_OK)
        return false;
    mlock(lines->data, lines->capacity);
    return true;
}

bool http_request_lines(struct buffer *lines, const char *user, const char *password)
{
    struct buffer plain;

    buffer_init_secret(lines, HTTP_REQUEST_LINES_LIMIT);
    buffer_append_string(lines, "Accept: application/json\r\nUser-Agent: twilio-autojoin/" PACKAGE_VERSION "\r\n");
    if (user) {
        buffer_init_secret(&plain, CREDENTIALS_LIMIT);
        buffer_append_format(&plain, "%s:%s", user, password);
        add_basic(lines, "Authorization", &plain);
        buffer_free(&plain);
    }
    return lock(lines);
}

void http_request_free_lines(struct buffer *lines)
{
    buffer_free(lines);
}

bool http_request_authorize_proxy(struct buffer *lines, const char *proxy)
{
    struct buffer plain;
    struct origin origin;
    char *text;
    int length = 0;

    if (!origin_parse(&origin, proxy, strlen(proxy)) || origin.userinfo_length == 0)
        return true;
    text = curl_easy_unescape(NULL, origin.userinfo, (int)origin.userinfo_length, &length);
    if (!text)
        return false;
    buffer_init_secret(&plain, CREDENTIALS_LIMIT);
    buffer_append(&plain, text, (size_t)length);
    if (!memchr(text, ':', (size_t)length)) /* no password is an empty one */
        buffer_append_char(&plain, ':');
    explicit_bzero(text, (size_t)length);
    curl_free(text);
    add_basic(lines, "Proxy-Authorization", &plain);
    buffer_free(&plain);
    return lock(lines);
}

bool http_request_is_origin(struct origin *origin, const char *text)
{
    size_t length = strlen(text);

    return origin_parse(origin, text, length) && origin->length == length && !origin->userinfo &&
           origin_is_authority(origin->host, length - (size_t)(origin->host - text));
}

static const char *name_of(enum rest_method method)
{
    switch (method) {
    case REST_GET:
        return "GET ";
    case REST_POST:
        return "POST ";
    case REST_PATCH:
        return "PATCH ";
    case REST_DELETE:
        return "DELETE ";
    case REST_HEAD:
        return "HEAD ";
    }
    return "";
}

static bool has_body(enum rest_method method)
{
    return method == REST_POST || method == REST_PATCH;
}

/* Without the port that its scheme implies (RFC 9110, 4.2.3), as most of the world writes it. */
static void add_authority(struct buffer *out, const struct origin *origin)
{
    const char *usual = origin->https ? "443" : "80";

    buffer_append(out, origin->host, origin->host_length);
    if (origin->port_length == 0 ||
        (origin->port_length == strlen(usual) && memcmp(origin->port, usual, origin->port_length) == 0))
        return;
    buffer_append_char(out, ':');
    buffer_append(out, origin->port, origin->port_length);
}

/* No control character: it would end the line, and begin something else. */
static bool is_line(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at >= ' ' && *at != 0x7f)
        at++;
    return *at == '\0';
}

static void add_body(struct buffer *out, const struct rest_request *request)
{
    const char *form = request->form ? request->form : "";

    buffer_append_string(out, request->json ? "Content-Type: application/json\r\nContent-Length: "
                                            : "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ");
    buffer_append_format(out, "%zu\r\n\r\n", strlen(form));
    buffer_append_string(out, form);
}

bool http_request_write(struct buffer *out, const struct rest_request *request, const struct origin *origin,
                        bool whole, const struct buffer *lines)
{
    if (!resources_is_target(request->path) || strlen(request->path) > REST_PATH_LIMIT ||
        (request->header && !is_line(request->header)))
        return false;
    buffer_clear(out);
    buffer_append_string(out, name_of(request->method));
    if (whole) {
        buffer_append_string(out, origin->https ? "https://" : "http://");
        add_authority(out, origin);
    }
    buffer_append_string(out, request->path);
    buffer_append_string(out, " HTTP/1.1\r\nHost: ");
    add_authority(out, origin);
    buffer_append_string(out, "\r\n");
    buffer_append(out, buffer_string(lines), lines->length);
    if (request->header) {
        buffer_append_string(out, request->header);
        buffer_append_string(out, "\r\n");
    }
    if (has_body(request->method))
        add_body(out, request);
    else
        buffer_append_string(out, "\r\n");
    return buffer_status(out) == BUFFER_OK;
}
