#include "build.h"

#include "commands/send_webhook.h"

#include <string.h>

#include <curl/curl.h>

#include "support/clock.h"
#include "support/origin.h"

enum { TIMEOUT_MS = 10000, HEADER_LIMIT = PUBLICURL_LIMIT };

#define PLAIN "http://"

struct sending {
    struct buffer url;        /* where it is posted to */
    struct buffer connect_to; /* "::HOST:PORT" */
    struct curl_slist *headers, *connections;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct buffer *body = argument;
    size_t length = size * count, room = SENDWEBHOOK_ANSWER_LIMIT - body->length;

    buffer_append(body, bytes, length < room ? length : room);
    return length;
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool add_header(struct sending *sending, const char *name, const char *value, size_t length)
{
    struct buffer header;
    bool added;

    buffer_init(&header, HEADER_LIMIT);
    buffer_append_format(&header, "%s: ", name);
    buffer_append(&header, value, length);
    added = buffer_status(&header) == BUFFER_OK &&
            add_line(&sending->headers, buffer_string(&header));
    buffer_free(&header);
    return added;
}

/* Without TLS the URL becomes the backend's own and Host says the public one, as behind a
 * proxy; with TLS only the connection is another one, so that SNI and certificate are judged by
 * the public name. */
static bool aim(struct sending *sending, const struct signedwebhook *webhook, const char *connect)
{
    const char *url = buffer_string(&webhook->url);
    struct origin origin;

    if (!origin_parse(&origin, url, webhook->url.length))
        return false;
    if (connect && strncmp(connect, PLAIN, sizeof PLAIN - 1) == 0) {
        buffer_append_string(&sending->url, connect);
        buffer_append_string(&sending->url, url + origin.length);
        return buffer_status(&sending->url) == BUFFER_OK &&
               add_header(sending, "Host", origin.host,
                          origin.length - (size_t)(origin.host - url));
    }
    buffer_append_string(&sending->url, url);
    if (!connect)
        return buffer_status(&sending->url) == BUFFER_OK;
    buffer_append_format(&sending->connect_to, "::%s", connect);
    return buffer_status(&sending->url) == BUFFER_OK &&
           buffer_status(&sending->connect_to) == BUFFER_OK &&
           add_line(&sending->connections, buffer_string(&sending->connect_to));
}

static bool prepare(CURL *easy, struct sending *sending, const struct signedwebhook *webhook,
                    struct sendwebhook_answer *answer)
{
    return add_header(sending, "Content-Type", webhook->content_type,
                      strlen(webhook->content_type)) &&
           add_header(sending, "X-Twilio-Signature", webhook->signature, SIGNATURE_LENGTH) &&
           add_line(&sending->headers, "Expect:") &&
           curl_easy_setopt(easy, CURLOPT_URL, buffer_string(&sending->url)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sending->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECT_TO, sending->connections) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)webhook->body.length) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buffer_string(&webhook->body)) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer->body) == CURLE_OK;
}

void sendwebhook_post(struct sendwebhook_answer *answer, const struct signedwebhook *webhook,
                      const char *connect, const char *ca_file)
{
    struct sending sending = {.headers = NULL};
    CURL *easy = curl_easy_init();

    *answer = (struct sendwebhook_answer){.reason = "out of memory"};
    buffer_init(&answer->body, SENDWEBHOOK_ANSWER_LIMIT);
    buffer_init(&sending.url, 2 * PUBLICURL_LIMIT);
    buffer_init(&sending.connect_to, HEADER_LIMIT);
    if (easy && aim(&sending, webhook, connect) && prepare(easy, &sending, webhook, answer) &&
        (!ca_file || curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK)) {
        int64_t begun = clock_monotonic_us();
        CURLcode code = curl_easy_perform(easy);
        answer->took_us = clock_monotonic_us() - begun;
        answer->reason = code == CURLE_OK ? NULL : curl_easy_strerror(code);
        if (code == CURLE_OK)
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(sending.headers);
    curl_slist_free_all(sending.connections);
    buffer_free(&sending.url);
    buffer_free(&sending.connect_to);
}
