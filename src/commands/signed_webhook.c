#include "build.h"

#include "commands/signed_webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include "support/clock.h"
#include "support/origin.h"

enum { SHA256_LENGTH = 32, TIMEOUT_MS = 10000, HEADER_LIMIT = PUBLIC_URL_LIMIT };

#define PLAIN "http://"

static bool is_form(const char *content_type)
{
    static const char form[] = "application/x-www-form-urlencoded";

    return strncasecmp(content_type, form, sizeof form - 1) == 0;
}

static bool append_body_hash(struct signed_webhook *webhook)
{
    unsigned char hash[SHA256_LENGTH];
    size_t i;

    if (EVP_Digest(buffer_string(&webhook->body), webhook->body.length, hash, NULL, EVP_sha256(),
                   NULL) != 1)
        return false;
    buffer_append_format(&webhook->url, "%cbodySHA256=",
                         strchr(buffer_string(&webhook->url), '?') ? '&' : '?');
    for (i = 0; i < sizeof hash; i++)
        buffer_append_format(&webhook->url, "%02x", (unsigned)hash[i]);
    return true;
}

static enum signed_webhook_status sign(struct signed_webhook *webhook, struct form *form,
                                      const struct signed_webhook_signer *signer)
{
    struct signature_keys *keys = signature_keys_new(&signer->secret, 1);
    struct signature_parameters parameters;
    struct public_url_candidates urls;
    enum signed_webhook_status status = SIGNED_WEBHOOK_FAILED;

    signature_sort(&parameters, form);
    if (!public_url_vary_port(&urls, buffer_string(&webhook->url), webhook->url.length))
        status = SIGNED_WEBHOOK_BAD_URL;
    else if (keys && signature_compute(keys, 0, signer->algorithm, &urls.urls[0], &parameters,
                                       webhook->signature))
        status = SIGNED_WEBHOOK_OK;
    signature_keys_free(keys);
    return status;
}

enum signed_webhook_status signed_webhook_make(struct signed_webhook *webhook, const char *url,
                                             const char *content_type, struct buffer *body,
                                             const struct signed_webhook_signer *signer)
{
    enum signed_webhook_status status = SIGNED_WEBHOOK_FAILED;
    struct form *form = calloc(1, sizeof *form);
    char *copy = malloc(body->length + 1);

    *webhook = (struct signed_webhook){.body = *body, .content_type = content_type};
    *body = (struct buffer){.ceiling = body->ceiling};
    buffer_init(&webhook->url, PUBLIC_URL_LIMIT);
    buffer_init(&webhook->settings, HEADER_LIMIT);
    if (signer->id)
        buffer_append_format(&webhook->settings, "key=%s,algorithm=%s", signer->id,
                             signature_algorithm_name(signer->algorithm));
    buffer_append(&webhook->url, url, strcspn(url, "#")); /* a fragment is never signed */
    if (!form || !copy)
        goto out;
    memcpy(copy, buffer_string(&webhook->body), webhook->body.length);
    if (is_form(content_type)) {
        if (!form_parse(form, copy, webhook->body.length)) {
            status = SIGNED_WEBHOOK_BAD_BODY;
            goto out;
        }
    } else if (!append_body_hash(webhook)) {
        goto out;
    }
    if (buffer_status(&webhook->url) == BUFFER_OK && buffer_status(&webhook->settings) == BUFFER_OK)
        status = sign(webhook, form, signer);
out:
    free(copy);
    free(form);
    return status;
}

void signed_webhook_free(struct signed_webhook *webhook)
{
    buffer_free(&webhook->url);
    buffer_free(&webhook->body);
    buffer_free(&webhook->settings);
}

struct sending {
    struct buffer url;        /* where it is posted to */
    struct buffer connect_to; /* "::HOST:PORT" */
    struct curl_slist *headers, *connections;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct buffer *body = argument;
    size_t length = size * count, room = SIGNED_WEBHOOK_ANSWER_LIMIT - body->length;

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
static bool aim(struct sending *sending, const struct signed_webhook *webhook, const char *connect)
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

/* A wait ends when who asked gives up. CURLOPT_XFERINFOFUNCTION. */
static int look_up(void *argument, curl_off_t to_come, curl_off_t came, curl_off_t to_go, curl_off_t went)
{
    const struct signed_webhook_way *way = argument;

    (void)to_come;
    (void)came;
    (void)to_go;
    (void)went;
    return way->is_given_up && way->is_given_up(way->argument);
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

/* What is signed and named is for the end of the way, not for a proxy on it. No variable of the environment
 * says where the way leads: "" is as much an answer as a proxy is. */
static bool prepare_way(CURL *easy, struct sending *sending, const struct signed_webhook_way *way)
{
    return set_text(easy, CURLOPT_URL, buffer_string(&sending->url)) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           (!way->ca_file || set_text(easy, CURLOPT_CAINFO, way->ca_file)) &&
           set_text(easy, CURLOPT_PROXY, way->proxy ? way->proxy : "") &&
           set_text(easy, CURLOPT_NOPROXY, "") &&
           set_long(easy, CURLOPT_HEADEROPT, CURLHEADER_SEPARATE) &&
           set_long(easy, CURLOPT_PATH_AS_IS, 1) && set_long(easy, CURLOPT_NOSIGNAL, 1) &&
           /* A resolver that hangs is not waited for. */
           set_long(easy, CURLOPT_QUICK_EXIT, 1) &&
           set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)way->connect_timeout_ms) &&
           set_long(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS) && set_long(easy, CURLOPT_NOPROGRESS, 0) &&
           curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_up) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_XFERINFODATA, way) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECT_TO, sending->connections) == CURLE_OK;
}

static bool prepare_answer(CURL *easy, struct sending *sending, struct signed_webhook_answer *answer)
{
    return add_line(&sending->headers, "User-Agent: twilio-autojoin/" PACKAGE_VERSION) &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sending->headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer->body) == CURLE_OK;
}

static bool prepare_post(CURL *easy, struct sending *sending, const struct signed_webhook *webhook)
{
    return add_header(sending, "Content-Type", webhook->content_type,
                      strlen(webhook->content_type)) &&
           add_header(sending, "X-Twilio-Signature", webhook->signature,
                      strlen(webhook->signature)) &&
           (webhook->settings.length == 0 ||
            add_header(sending, "X-Twilio-Webhooks-Signature-Settings",
                       buffer_string(&webhook->settings), webhook->settings.length)) &&
           add_line(&sending->headers, "Expect:") &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)webhook->body.length) == CURLE_OK &&
           set_text(easy, CURLOPT_POSTFIELDS, buffer_string(&webhook->body));
}

static enum signed_webhook_failure failure_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return SIGNED_WEBHOOK_ANSWERED;
    case CURLE_COULDNT_RESOLVE_HOST:
        return SIGNED_WEBHOOK_NO_NAME;
    case CURLE_COULDNT_CONNECT:
        return SIGNED_WEBHOOK_NOBODY;
    case CURLE_OPERATION_TIMEDOUT:
        return SIGNED_WEBHOOK_TOO_LATE;
    case CURLE_PEER_FAILED_VERIFICATION:
        return SIGNED_WEBHOOK_UNTRUSTED;
    case CURLE_ABORTED_BY_CALLBACK:
        return SIGNED_WEBHOOK_INTERRUPTED;
    default:
        return SIGNED_WEBHOOK_CUT;
    }
}

static void perform(CURL *easy, struct signed_webhook_answer *answer)
{
    int64_t begun = clock_monotonic_us();
    CURLcode code = curl_easy_perform(easy);
    char *location = NULL;

    answer->took_us = clock_monotonic_us() - begun;
    answer->failure = failure_of(code);
    answer->reason = code == CURLE_OK                    ? NULL
                     : code == CURLE_ABORTED_BY_CALLBACK ? "interrupted"
                                                         : curl_easy_strerror(code);
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &answer->verify);
    if (answer->verify == X509_V_ERR_UNSPECIFIED) /* libcurl's own judgement of the name comes before it asks for this */
        answer->verify = X509_V_OK;
    if (code == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
    if (code == CURLE_OK && curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location)
        snprintf(answer->location, sizeof answer->location, "%s", location);
}

/* `webhook` has the URL, and with its signature what is posted there. */
static void exchange(struct signed_webhook_answer *answer, const struct signed_webhook *webhook, bool post,
                     const struct signed_webhook_way *way)
{
    struct sending sending = {.headers = NULL};
    CURL *easy = curl_easy_init();

    *answer = (struct signed_webhook_answer){.reason = "out of memory", .failure = SIGNED_WEBHOOK_CUT};
    buffer_init(&answer->body, SIGNED_WEBHOOK_ANSWER_LIMIT);
    buffer_init(&sending.url, 2 * PUBLIC_URL_LIMIT);
    buffer_init(&sending.connect_to, HEADER_LIMIT);
    if (easy && aim(&sending, webhook, way->connect) && prepare_way(easy, &sending, way) &&
        (!post || prepare_post(easy, &sending, webhook)) && prepare_answer(easy, &sending, answer))
        perform(easy, answer);
    curl_easy_cleanup(easy);
    curl_slist_free_all(sending.headers);
    curl_slist_free_all(sending.connections);
    buffer_free(&sending.url);
    buffer_free(&sending.connect_to);
}

void signed_webhook_send(struct signed_webhook_answer *answer, const struct signed_webhook *webhook,
                         const struct signed_webhook_way *way)
{
    exchange(answer, webhook, true, way);
}

void signed_webhook_look(struct signed_webhook_answer *answer, const char *url, const struct signed_webhook_way *way)
{
    struct signed_webhook target = {.content_type = NULL};

    buffer_init(&target.url, PUBLIC_URL_LIMIT);
    buffer_append(&target.url, url, strcspn(url, "#"));
    if (buffer_status(&target.url) == BUFFER_OK)
        exchange(answer, &target, false, way);
    else
        *answer = (struct signed_webhook_answer){.reason = "the URL is too long", .failure = SIGNED_WEBHOOK_CUT};
    buffer_free(&target.url);
}
