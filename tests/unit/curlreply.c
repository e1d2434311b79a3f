#include "build.h"

#include "curlreply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <curl/curl.h>

enum { SOCKET_BUFFER = 4 * 1024 * 1024, TIMEOUT_MS = 10000 };

struct curl_reader {
    CURL *easy;
    int listener;
    char name[sizeof((struct sockaddr_un *)NULL)->sun_path]; /* of an abstract socket, without its NUL in front */
    int ours, theirs; /* the connection's two ends; -1 before it is asked for */
    bool closed;      /* libcurl has closed its end */
    const char *bytes;
    const size_t *pieces;
    size_t count;
    struct curl_reply *reply;
};

static void give_up(const char *what)
{
    perror(what);
    abort();
}

/* CURLOPT_OPENSOCKETFUNCTION: of a kind that keeps the pieces apart. One connection for each reply. */
static curl_socket_t open_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct curl_reader *reader = argument;

    (void)purpose;
    if (reader->theirs != -1 || address->family != AF_UNIX)
        return CURL_SOCKET_BAD;
    reader->theirs = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    return reader->theirs;
}

/* CURLOPT_PREREQFUNCTION: there is a connection. All of the reply, and its end. */
static int answer(void *argument, char *address, char *local_address, int port, int local_port)
{
    struct curl_reader *reader = argument;
    const char *bytes = reader->bytes;
    const int size = SOCKET_BUFFER;
    size_t i;

    (void)address;
    (void)local_address;
    (void)port;
    (void)local_port;
    reader->ours = accept(reader->listener, NULL, NULL);
    if (reader->ours < 0)
        give_up("accept");
    setsockopt(reader->ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (i = 0; i < reader->count; bytes += reader->pieces[i++])
        if (send(reader->ours, bytes, reader->pieces[i], MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)reader->pieces[i])
            give_up("send");
    if (shutdown(reader->ours, SHUT_WR) != 0)
        give_up("shutdown");
    return CURL_PREREQFUNC_OK;
}

static int close_socket(void *argument, curl_socket_t descriptor)
{
    struct curl_reader *reader = argument;

    reader->closed = reader->closed || descriptor == reader->theirs;
    return close(descriptor);
}

static size_t write_body(char *bytes, size_t size, size_t count, void *argument)
{
    struct curl_reader *reader = argument;
    struct buffer *body = &reader->reply->body;

    buffer_append(body, bytes, size * count);
    return buffer_status(body) == BUFFER_OK ? size * count : 0;
}

static bool set_options(struct curl_reader *reader)
{
    CURL *easy = reader->easy;

    return curl_easy_setopt(easy, CURLOPT_URL, "http://twilio.invalid/") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, reader) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, reader) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, reader->name) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, reader) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, write_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, reader) == CURLE_OK;
}

/* The kernel chooses the name. */
static bool listen_here(struct curl_reader *reader)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof address;

    reader->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (reader->listener < 0 || bind(reader->listener, (struct sockaddr *)&address, sizeof address.sun_family) != 0 ||
        listen(reader->listener, 1) != 0 || getsockname(reader->listener, (struct sockaddr *)&address, &length) != 0)
        return false;
    length -= (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1;
    memcpy(reader->name, address.sun_path + 1, length);
    reader->name[length] = '\0';
    return true;
}

struct curl_reader *curl_reader_new(void)
{
    struct curl_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    reader->listener = -1;
    if (listen_here(reader))
        return reader;
    curl_reader_free(reader);
    return NULL;
}

void curl_reader_free(struct curl_reader *reader)
{
    if (!reader)
        return;
    if (reader->listener >= 0)
        close(reader->listener);
    free(reader);
}

/* A handle for each reply: libcurl before 8.0 reads freed memory if a head begins with a folded line and another
 * reply was read before. */
static void make_handle(struct curl_reader *reader, bool head)
{
    reader->ours = reader->theirs = -1;
    reader->closed = false;
    reader->easy = curl_easy_init();
    if (!reader->easy || !set_options(reader) ||
        curl_easy_setopt(reader->easy, head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L) != CURLE_OK)
        give_up("libcurl");
}

/* libcurl 7.88 leaves the line's end on a value that is empty. */
static void read_field(CURL *easy, const char *name, char *field)
{
    struct curl_header *header = NULL;

    field[0] = '\0';
    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        snprintf(field, HTTP_REPLY_FIELD_SIZE, "%.*s", (int)strcspn(header->value, "\r\n"), header->value);
}

void curl_reader_read(struct curl_reader *reader, bool head, const char *bytes, const size_t *pieces, size_t count,
                      struct curl_reply *reply)
{
    long code = 0;

    buffer_clear(&reply->body);
    make_handle(reader, head);
    reader->bytes = bytes;
    reader->pieces = pieces;
    reader->count = count;
    reader->reply = reply;
    reply->result = (int)curl_easy_perform(reader->easy);
    reply->keeps = !reader->closed;
    if (reader->ours < 0)
        give_up("libcurl has made no connection");
    curl_easy_getinfo(reader->easy, CURLINFO_RESPONSE_CODE, &code);
    reply->code = (int)code;
    read_field(reader->easy, "Date", reply->date);
    read_field(reader->easy, "Retry-After", reply->retry_after);
    read_field(reader->easy, "Twilio-Request-Id", reply->request_id);
    curl_easy_cleanup(reader->easy);
    close(reader->ours);
}

void curl_reply_init(struct curl_reply *reply, size_t body_limit)
{
    memset(reply, 0, sizeof *reply);
    buffer_init(&reply->body, body_limit);
}

void curl_reply_free(struct curl_reply *reply)
{
    buffer_free(&reply->body);
}
