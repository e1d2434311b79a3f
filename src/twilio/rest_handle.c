#include "build.h"

#include "twilio/rest_handle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/evp.h>

#include "support/buffer.h"
#include "support/clock.h"
#include "support/origin.h"
#include "twilio/resources.h"

enum { CREDENTIALS_LIMIT = 8 * 1024 };

#define AUTHORIZATION "Authorization: Basic "

/* False, with the list as it was, if memory ran out. */
static bool add(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer)
        *headers = longer;
    return longer != NULL;
}

static struct curl_slist *last(struct curl_slist *headers)
{
    while (headers->next)
        headers = headers->next;
    return headers;
}

static bool add_credentials(struct curl_slist **headers, const char *user, const char *password)
{
    unsigned char encoded[CREDENTIALS_LIMIT / 3 * 4 + 8];
    struct buffer plain, line;
    bool added = false;

    buffer_init_secret(&plain, CREDENTIALS_LIMIT);
    buffer_init_secret(&line, sizeof encoded + sizeof AUTHORIZATION);
    buffer_append_format(&plain, "%s:%s", user, password);
    if (buffer_status(&plain) == BUFFER_OK) {
        int length = EVP_EncodeBlock(encoded, (const unsigned char *)plain.data, (int)plain.length);

        buffer_append_string(&line, AUTHORIZATION);
        buffer_append(&line, encoded, (size_t)length);
        explicit_bzero(encoded, sizeof encoded);
        added = buffer_status(&line) == BUFFER_OK && add(headers, buffer_string(&line));
    }
    if (added) /* not to swap; where that is not allowed, so be it */
        mlock(last(*headers)->data, strlen(last(*headers)->data));
    buffer_free(&plain);
    buffer_free(&line);
    return added;
}

bool rest_handle_add_header(struct curl_slist **headers, const char *line)
{
    return add(headers, line);
}

struct curl_slist *rest_handle_headers(const char *user, const char *password, const char *additional)
{
    struct curl_slist *headers = NULL;

    if (add(&headers, "Accept: application/json") &&
        add(&headers, "User-Agent: twilio-autojoin/" PACKAGE_VERSION) &&
        /* Without it libcurl asks before it sends larger forms, and waits a second for the answer. */
        add(&headers, "Expect:") && (!user || add_credentials(&headers, user, password)) &&
        (!additional || add(&headers, additional)))
        return headers;
    rest_handle_free_headers(headers);
    return NULL;
}

void rest_handle_free_headers(struct curl_slist *headers)
{
    struct curl_slist *at;

    for (at = headers; at; at = at->next)
        if (strncmp(at->data, AUTHORIZATION, sizeof AUTHORIZATION - 1) == 0)
            explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}

enum { RETRY_AFTER_LIMIT_S = 24 * 60 * 60 };

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_security(CURL *easy, const struct config *config)
{
    struct origin origin;
    bool https = !origin_parse(&origin, config->api_url, strlen(config->api_url)) || origin.https;

    return set_text(easy, CURLOPT_PROTOCOLS_STR, https ? "https" : "http") &&
           set_long(easy, CURLOPT_FOLLOWLOCATION, 0) &&
           set_long(easy, CURLOPT_SSL_VERIFYPEER, 1) && set_long(easy, CURLOPT_SSL_VERIFYHOST, 2) &&
           set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           (!config->ca_file || (set_text(easy, CURLOPT_CAINFO, config->ca_file) &&
                                 set_text(easy, CURLOPT_CAPATH, NULL))) &&
           /* Set even if empty: otherwise libcurl asks the environment. */
           set_text(easy, CURLOPT_PROXY, config->proxy ? config->proxy : "") &&
           set_text(easy, CURLOPT_NOPROXY, "") && set_long(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
}

bool rest_handle_prepare(CURL *easy, const struct config *config, struct curl_slist *headers)
{
    return set_security(easy, config) && set_text(easy, CURLOPT_URL, config->api_url) &&
           set_long(easy, CURLOPT_NOSIGNAL, 1) &&
           /* A resolver thread that hangs must not be waited for when its transfer ends; rest_loop.c says
            * so to a libcurl that does not ask the handle. */
           set_long(easy, CURLOPT_QUICK_EXIT, 1) &&
           set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           /* The identity is one path segment, whatever dots are in it. */
           set_long(easy, CURLOPT_PATH_AS_IS, 1) && set_long(easy, CURLOPT_TCP_KEEPALIVE, 1) &&
           set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_timeout_ms) &&
           /* The credentials are among the headers: never for a proxy on the way. */
           set_long(easy, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE) &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

/* CURLOPT_SOCKOPTFUNCTION: a socket that is to be connected; the kept one before it was gone, if there was one. */
static int on_new_socket(void *argument, curl_socket_t descriptor, curlsocktype purpose)
{
    bool *connected = argument;

    (void)descriptor;
    (void)purpose;
    *connected = false;
    return CURL_SOCKOPT_OK;
}

/* CURLOPT_PREREQFUNCTION: connected, through proxy and TLS, and the request comes next. */
static int on_connected(void *argument, char *address, char *own_address, int port, int own_port)
{
    bool *connected = argument;

    (void)address;
    (void)own_address;
    (void)port;
    (void)own_port;
    *connected = true;
    return CURL_PREREQFUNC_OK;
}

bool rest_handle_tell(CURL *easy, bool *connected)
{
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, connected) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, connected) == CURLE_OK;
}

bool rest_handle_set_target(CURL *easy, const char *target)
{
    return resources_is_target(target) && set_text(easy, CURLOPT_REQUEST_TARGET, target);
}

bool rest_handle_set_url(CURL *easy, const char *url, bool plain)
{
    return set_text(easy, CURLOPT_URL, url) && set_text(easy, CURLOPT_REQUEST_TARGET, NULL) &&
           (!plain || set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
}

bool rest_handle_set_headers(CURL *easy, struct curl_slist *headers)
{
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
}

bool rest_handle_set_request(CURL *easy, const struct rest_request *request, const struct buffer *form)
{
    bool set = set_long(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms > 0 ? (long)request->timeout_ms : 1);

    switch (request->method) {
    case REST_POST:
    case REST_PATCH:
        return set && set_long(easy, CURLOPT_POST, 1) &&
               set_text(easy, CURLOPT_CUSTOMREQUEST, request->method == REST_PATCH ? "PATCH" : NULL) &&
               set_text(easy, CURLOPT_POSTFIELDS, buffer_string(form)) &&
               set_long(easy, CURLOPT_POSTFIELDSIZE, (long)form->length);
    case REST_GET:
        return set && set_long(easy, CURLOPT_HTTPGET, 1) && set_text(easy, CURLOPT_CUSTOMREQUEST, NULL);
    case REST_DELETE:
        return set && set_long(easy, CURLOPT_HTTPGET, 1) &&
               set_text(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    case REST_HEAD:
        return set && set_long(easy, CURLOPT_NOBODY, 1) && set_text(easy, CURLOPT_CUSTOMREQUEST, NULL);
    }
    return false;
}

static enum rest_status status_of(CURLcode code, bool too_large, const char **reason)
{
    *reason = curl_easy_strerror(code);
    switch (code) {
    case CURLE_OK:
        *reason = NULL;
        return REST_OK;
    case CURLE_OPERATION_TIMEDOUT:
        *reason = "Twilio did not answer in time";
        return REST_TIMEOUT;
    case CURLE_WRITE_ERROR:
        *reason = too_large ? "the reply is too large" : "out of memory";
        return too_large ? REST_TOO_LARGE : REST_NO_MEMORY;
    case CURLE_OUT_OF_MEMORY:
        return REST_NO_MEMORY;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return REST_TLS;
    case CURLE_PARTIAL_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
        return REST_BAD_REPLY;
    default:
        return REST_UNREACHABLE;
    }
}

/* Twilio-Request-Id goes into log lines; only what looks like an id is kept. */
static void read_request_id(struct rest_result *result, CURL *easy)
{
    struct curl_header *header;
    size_t i;

    result->request_id[0] = '\0';
    if (curl_easy_header(easy, "Twilio-Request-Id", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    for (i = 0; i < sizeof result->request_id - 1 && header->value[i] > ' ' &&
                header->value[i] < 0x7f; i++)
        result->request_id[i] = header->value[i];
    result->request_id[i] = '\0';
}

/* Retry-After (RFC 9110, 10.2.3), seconds or a date; -1 if it says nothing. Read by us: newer libcurls cut
 * it at six hours (8.23), older ones make nothing of a number beyond 64 bits (7.88). */
static int64_t retry_after_s(CURL *easy)
{
    struct curl_header *header;
    int64_t seconds = 0, date;
    const char *at;

    if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return -1;
    for (at = header->value; *at >= '0' && *at <= '9' && seconds < RETRY_AFTER_LIMIT_S; at++)
        seconds = seconds * 10 + (*at - '0');
    if (at == header->value) {
        date = (int64_t)curl_getdate(header->value, NULL);
        seconds = date < 0 ? 0 : date - clock_wall_ms() / 1000;
    }
    if (seconds <= 0)
        return -1;
    return seconds < RETRY_AFTER_LIMIT_S ? seconds : RETRY_AFTER_LIMIT_S;
}

/* Without `connected` not even the connection was made in its own, shorter time, after which there may be time
 * for another attempt (one lost SYN must not cost a join). */
void rest_handle_read(struct rest_result *result, CURL *easy, CURLcode code, bool too_large, bool connected)
{
    struct curl_header *date;

    *result = (struct rest_result){.date = ""};
    result->status = status_of(code, too_large, &result->reason);
    if (code == CURLE_OPERATION_TIMEDOUT && !connected) {
        result->status = REST_UNREACHABLE;
        result->reason = "no connection to Twilio in time";
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result->http_status);
    result->retry_after_s = retry_after_s(easy);
    read_request_id(result, easy);
    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK)
        result->date = date->value;
}
