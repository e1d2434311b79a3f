#include "build.h"

#include "twilio/rest_connection.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "support/origin.h"

enum {
    CONNECT_BUFFER = 1024, /* libcurl's least: what a proxy says of CONNECT goes through it */
    READ_BUFFER = 16 * 1024, /* one TLS record */
};

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

/* Whose certificates are trusted. libcurl keeps what it has read of a file, but not if there is a directory beside it:
 * then each connection reads the system's 140 certificates anew, and holds 900 KiB of them (bench/PROFILE.md). The
 * file has what the directory has (update-ca-certificates). */
static bool set_authorities(CURL *easy, const char *ca_file)
{
    const char *usual = curl_version_info(CURLVERSION_NOW)->cainfo;

    if (ca_file)
        return set_text(easy, CURLOPT_CAINFO, ca_file) && set_text(easy, CURLOPT_CAPATH, NULL);
    return !usual || access(usual, R_OK) != 0 || set_text(easy, CURLOPT_CAPATH, NULL);
}

static bool set_security(CURL *easy, const struct config *config, const char *origin)
{
    struct origin parsed;
    bool https = !origin_parse(&parsed, origin, strlen(origin)) || parsed.https;

    return set_text(easy, CURLOPT_URL, origin) && set_text(easy, CURLOPT_PROTOCOLS_STR, https ? "https" : "http") &&
           set_long(easy, CURLOPT_SSL_VERIFYPEER, 1) && set_long(easy, CURLOPT_SSL_VERIFYHOST, 2) &&
           set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           set_authorities(easy, config->ca_file) &&
           /* Set even if empty: otherwise libcurl asks the environment. */
           set_text(easy, CURLOPT_PROXY, config->proxy ? config->proxy : "") &&
           set_text(easy, CURLOPT_NOPROXY, "") && set_long(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
}

static bool set_connecting(CURL *easy, const struct config *config, CURLSH *share)
{
    return set_long(easy, CURLOPT_CONNECT_ONLY, 1) &&
           /* libcurl knows of none that could be taken; looking for one would cost more with each there is. */
           set_long(easy, CURLOPT_FRESH_CONNECT, 1) &&
           set_long(easy, CURLOPT_NOSIGNAL, 1) &&
           /* A resolver thread that hangs must not be waited for when its transfer ends; rest_loop.c says
            * so to a libcurl that does not ask the handle. */
           set_long(easy, CURLOPT_QUICK_EXIT, 1) &&
           set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set_long(easy, CURLOPT_TCP_KEEPALIVE, 1) && set_long(easy, CURLOPT_BUFFERSIZE, CONNECT_BUFFER) &&
           set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_timeout_ms) &&
           curl_easy_setopt(easy, CURLOPT_SHARE, share) == CURLE_OK;
}

/* Whether the OpenSSL that libcurl uses is, to the letter, the one that we are linked with: one of its own would know
 * other structures. */
static bool shares_openssl(void)
{
    const char *theirs = curl_version_info(CURLVERSION_NOW)->ssl_version;

    return theirs && strncmp(theirs, "OpenSSL/", 8) == 0 &&
           strcmp(theirs + 8, OpenSSL_version(OPENSSL_VERSION_STRING)) == 0;
}

/* OpenSSL asks the kernel twice for each record, for its length and for the rest, unless it may read ahead. Then it
 * may hold what no event tells of: whoever waits has read until there was nothing. */
static void read_ahead(struct rest_connection *connection)
{
    struct curl_tlssessioninfo *tls = NULL;

    if (!shares_openssl() || curl_easy_getinfo(connection->easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK || !tls ||
        tls->backend != CURLSSLBACKEND_OPENSSL || !tls->internals)
        return;
    connection->ssl = tls->internals;
    SSL_set_read_ahead(connection->ssl, 1);
}

static void on_event(evutil_socket_t descriptor, short what, void *argument)
{
    struct rest_connection *connection = argument;

    (void)descriptor;
    (void)what;
    connection->ready(connection, connection->argument);
}

/* The first look attaches the handle to its connection for good: one that is nobody's is closed by libcurl when it
 * opens another and there is something to read, as a server's session tickets are. There can be no reply yet. */
static CURLcode take_over(struct rest_connection *connection)
{
    struct event_base *base = rest_loop_base(connection->loop);
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    char byte;
    size_t received;

    if (curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &descriptor) != CURLE_OK ||
        descriptor == CURL_SOCKET_BAD ||
        rest_connection_receive(connection, &byte, sizeof byte, &received) != REST_IO_AGAIN)
        return CURLE_GOT_NOTHING;
    set_long(connection->easy, CURLOPT_BUFFERSIZE, READ_BUFFER);
    read_ahead(connection);
    if (event_assign(&connection->readable, base, descriptor, EV_READ | EV_PERSIST, on_event, connection) != 0 ||
        event_assign(&connection->writable, base, descriptor, EV_WRITE, on_event, connection) != 0 ||
        event_add(&connection->readable, NULL) != 0)
        return CURLE_OUT_OF_MEMORY;
    connection->watched = true;
    return CURLE_OK;
}

void rest_connection_on_end(CURL *easy, CURLcode code)
{
    struct rest_connection *connection = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&connection);
    connection->connecting = false;
    if (code == CURLE_OK)
        code = take_over(connection);
    connection->connected(connection, code);
}

struct rest_connection *rest_connection_open(struct rest_loop *loop, const struct config *config, CURLSH *share,
                                             const char *origin, rest_connected_fn *connected, void *owner)
{
    struct rest_connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->owner = owner;
    connection->connected = connected;
    connection->origin = strdup(origin);
    connection->easy = curl_easy_init();
    if (connection->origin && connection->easy && set_security(connection->easy, config, origin) &&
        set_connecting(connection->easy, config, share) && rest_loop_prepare(loop, connection->easy) &&
        curl_easy_setopt(connection->easy, CURLOPT_PRIVATE, connection) == CURLE_OK &&
        rest_loop_add(loop, connection->easy)) {
        connection->loop = loop;
        connection->connecting = true;
        return connection;
    }
    rest_connection_close(connection);
    return NULL;
}

void rest_connection_listen(struct rest_connection *connection, rest_ready_fn *ready, void *argument)
{
    connection->ready = ready;
    connection->argument = argument;
}

/* TLS may have to read before it can write: then what comes wakes it, and a socket that has room would be told of again
 * and again. */
static bool waits_for_bytes(const struct rest_connection *connection)
{
    return connection->ssl && SSL_want_read(connection->ssl);
}

enum rest_io rest_connection_send(struct rest_connection *connection, const char *bytes, size_t length, size_t *sent)
{
    CURLcode code;

    *sent = 0;
    code = curl_easy_send(connection->easy, bytes, length, sent);
    if (code == CURLE_OK && *sent > 0)
        return REST_IO_DONE;
    if (code != CURLE_OK && code != CURLE_AGAIN)
        return REST_IO_BROKEN;
    return waits_for_bytes(connection) || event_add(&connection->writable, NULL) == 0 ? REST_IO_AGAIN : REST_IO_BROKEN;
}

/* Whoever is on the way can end a connection, but not say so within TLS: some of libcurl's versions tell both alike. */
static bool ended_in_due_form(const struct rest_connection *connection)
{
    return !connection->ssl || (SSL_get_shutdown(connection->ssl) & SSL_RECEIVED_SHUTDOWN);
}

enum rest_io rest_connection_receive(struct rest_connection *connection, char *bytes, size_t size, size_t *received)
{
    *received = 0;
    switch (curl_easy_recv(connection->easy, bytes, size, received)) {
    case CURLE_OK:
        if (*received > 0)
            return REST_IO_DONE;
        return ended_in_due_form(connection) ? REST_IO_ENDED : REST_IO_BROKEN;
    case CURLE_AGAIN:
        return REST_IO_AGAIN;
    default:
        return REST_IO_BROKEN;
    }
}

bool rest_connection_is_quiet(struct rest_connection *connection)
{
    size_t received;
    char byte;

    return !connection->ssl || !SSL_has_pending(connection->ssl) ||
           rest_connection_receive(connection, &byte, sizeof byte, &received) == REST_IO_AGAIN;
}

void rest_connection_close(struct rest_connection *connection)
{
    if (!connection)
        return;
    if (connection->watched) {
        event_del(&connection->readable);
        event_del(&connection->writable);
    }
    if (connection->loop)
        rest_loop_remove(connection->loop, connection->easy, connection->connecting);
    curl_easy_cleanup(connection->easy);
    free(connection->origin);
    free(connection);
}
