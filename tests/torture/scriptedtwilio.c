#include "build.h"

#include "scriptedtwilio.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CH "CH0000000000000000000000000000000"
#define IS "IS00000000000000000000000000000001"

enum { PEERS_LIMIT = 64, REQUEST_SIZE = 16 * 1024 };

struct peer {
    char text[REQUEST_SIZE]; /* of a request, as far as it came */
    size_t length;
};

static struct scriptedtwilio *shared;
static int question; /* sockets of scriptedtwilio_settle(): the asker's */
static int answerer; /* ... and ours */
static struct pollfd watched[2 + PEERS_LIMIT]; /* the listener, the answerer, connections */
static struct peer *peers; /* not static memory, in which LeakSanitizer would look in every run */

static void answer(int peer, int status, const char *headers, const char *body)
{
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
                          "Twilio-Request-Id: RQ1\r\n%sContent-Length: %zu\r\n\r\n%s",
                          status, headers, strlen(body), body);

    if (send(peer, text, (size_t)length, MSG_NOSIGNAL) != length)
        return;
}

static void answer_code(int peer, int status, unsigned code, const char *headers)
{
    char body[128];

    snprintf(body, sizeof body, "{\"code\":%u,\"message\":\"m\",\"status\":%d}", code, status);
    answer(peer, status, headers, body);
}

static void answer_creation(int peer, unsigned digit)
{
    switch (digit) {
    case SCRIPTED_CREATED:
        shared->settled[digit] = true;
        answer(peer, 201, "", "{\"sid\":\"MB00000000000000000000000000000001\"}");
        break;
    case SCRIPTED_RACED:
        answer(peer, 201, "", "{\"sid\":\"MB00000000000000000000000000000001\"}");
        break;
    case SCRIPTED_ALREADY:
        shared->settled[digit] = true;
        answer_code(peer, 409, 50433, "");
        break;
    case SCRIPTED_GONE:
        answer_code(peer, 404, 20404, "");
        break;
    case SCRIPTED_LIMITED:
        answer_code(peer, 429, 20429, "Retry-After: 60\r\n");
        break;
    case SCRIPTED_NO_CREDENTIALS:
        answer_code(peer, 401, 20003, "");
        break;
    case SCRIPTED_FULL:
        answer_code(peer, 403, 50417, "");
        break;
    default:
        answer_code(peer, 500, 20500, "");
    }
}

static void answer_participants(int peer, unsigned digit)
{
    answer(peer, 200, "",
           digit == SCRIPTED_RACED
               ? "{\"participants\":[{\"identity\":\"bot\",\"date_created\":\"2026-01-01T00:00:01Z\"},"
                 "{\"identity\":\"" SCRIPTED_OTHER_IDENTITY
                 "\",\"date_created\":\"2026-01-01T00:00:00Z\"}],\"meta\":{\"next_page_url\":null}}"
               : "{\"participants\":[],\"meta\":{\"next_page_url\":null}}");
}

static void answer_removal(int peer, const char *path)
{
    if (strstr(path, "/Participants/bot"))
        shared->settled[SCRIPTED_RACED] = true;
    answer_code(peer, 404, 20404, "");
}

/* Two pages of each list: the bot is in the one that ends in 8, and in none of the others. */
static void answer_list(int peer, const char *path, bool own)
{
    char body[1024], next[256] = "null";
    bool second = strstr(path, "Page=1") != NULL;
    const char *name = own ? "conversation_sid" : "sid";
    const char *state = own ? "conversation_state" : "state";

    if (!second)
        snprintf(next, sizeof next, "\"http://127.0.0.1:%u/v1/Services/" IS "/%s?Page=1\"",
                 shared->port, own ? "ParticipantConversations" : "Conversations");
    snprintf(body, sizeof body,
             "{\"meta\":{\"next_page_url\":%s},\"conversations\":["
             "{\"%s\":\"" CH "%c\",\"%s\":\"active\"},{\"%s\":\"" CH "%c\",\"%s\":\"active\"}]}",
             next, name, own ? '8' : second ? '6' : '1', state, name,
             own ? '8' : second ? '8' : '2', state);
    answer(peer, 200, "", body);
}

static unsigned digit_of(const char *path)
{
    const char *conversation = strstr(path, "/CH");

    return conversation && strlen(conversation) > 34 ? (unsigned)(conversation[34] - '0') % 16 : 0;
}

static void answer_request(int peer, const char *method, const char *path)
{
    bool post = strcmp(method, "POST") == 0;
    const char *identity = strstr(path, "/Participants/");

    shared->requests++;
    if (strcmp(method, "DELETE") == 0)
        answer_removal(peer, path);
    else if (identity && strlen(identity) > strlen("/Participants/"))
        answer_code(peer, 404, 20404, "");
    else if (identity || strstr(path, "/Participants?"))
        answer_participants(peer, digit_of(path));
    else if (post)
        answer_creation(peer, digit_of(path));
    else if (shared->requests == 3 && strstr(path, SCRIPTED_LATE_DATE)) /* behind the bot's own */
        answer_code(peer, 503, 20503, "");
    else if (strstr(path, "/ParticipantConversations"))
        answer_list(peer, path, true);
    else if (strstr(path, "/Conversations"))
        answer_list(peer, path, false);
    else {
        shared->settled[SCRIPTED_GONE] = true; /* its service was seen */
        answer(peer, 200, "", "{\"sid\":\"" IS "\"}");
    }
}

/* Whether head and body are there to their ends. */
static bool is_whole(const struct peer *peer)
{
    const char *end = strstr(peer->text, "\r\n\r\n");
    const char *promised = strstr(peer->text, "Content-Length: ");
    size_t wanted = promised ? (size_t)atoi(promised + 16) : 0;

    return end && peer->length >= (size_t)(end + 4 - peer->text) + wanted;
}

/* False if the connection is over. */
static bool serve_peer(int socket, struct peer *peer)
{
    char method[16], path[4096];
    ssize_t count = recv(socket, peer->text + peer->length, REQUEST_SIZE - 1 - peer->length,
                         MSG_DONTWAIT);

    if (count <= 0)
        return false;
    peer->length += (size_t)count;
    peer->text[peer->length] = '\0';
    if (!is_whole(peer))
        return true;
    if (sscanf(peer->text, "%15s %4095s", method, path) != 2)
        return false;
    answer_request(socket, method, path);
    peer->length = 0;
    return true;
}

static void accept_one(int listener)
{
    int socket = accept(listener, NULL, NULL);
    unsigned i;

    for (i = 0; socket >= 0 && i < PEERS_LIMIT; i++) {
        if (watched[2 + i].fd >= 0)
            continue;
        watched[2 + i] = (struct pollfd){.fd = socket, .events = POLLIN};
        peers[i].length = 0;
        return;
    }
    close(socket);
}

/* Answers whom it can; the one who asks whether all is answered only when that is so. */
static void serve_round(void)
{
    bool busy = watched[0].revents != 0;
    unsigned i, number;

    if (busy)
        accept_one(watched[0].fd);
    for (i = 0; i < PEERS_LIMIT; i++) {
        struct pollfd *one = &watched[2 + i];

        if (one->fd < 0 || one->revents == 0)
            continue;
        one->revents = 0;
        busy = true;
        if (serve_peer(one->fd, &peers[i]))
            continue;
        close(one->fd);
        one->fd = -1;
    }
    if (!busy && watched[1].revents != 0 &&
        recv(answerer, &number, sizeof number, 0) == sizeof number)
        send(answerer, &number, sizeof number, MSG_NOSIGNAL);
}

static _Noreturn void give_up(void)
{
    perror("scripted Twilio");
    exit(99);
}

static _Noreturn void serve(int listener)
{
    unsigned i;

    peers = calloc(PEERS_LIMIT, sizeof *peers);
    if (!peers)
        give_up();
    watched[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    watched[1] = (struct pollfd){.fd = answerer, .events = POLLIN};
    for (i = 0; i < PEERS_LIMIT; i++)
        watched[2 + i].fd = -1;
    while (poll(watched, 2 + PEERS_LIMIT, -1) >= 0)
        serve_round();
    _exit(99);
}

/* Whoever asked before and was killed left an answer behind: it has another number. */
void scriptedtwilio_settle(void)
{
    unsigned number = ++shared->asked, answered = number - 1;

    if (send(question, &number, sizeof number, MSG_NOSIGNAL) != sizeof number)
        _exit(99);
    while (answered != number)
        if (recv(question, &answered, sizeof answered, 0) != sizeof answered)
            _exit(99);
}

void scriptedtwilio_forget(void)
{
    scriptedtwilio_settle();
    memset(shared->settled, 0, sizeof shared->settled);
    shared->requests = 0;
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    shared->port = ntohs(address.sin_port);
    return listener;
}

void scriptedtwilio_start(struct scriptedtwilio *memory)
{
    int listener, pair[2];
    pid_t parent = getpid();

    shared = memory;
    listener = listen_anywhere();
    if (listener < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        give_up();
    question = pair[0];
    answerer = pair[1];
    switch (fork()) {
    case -1:
        give_up();
    case 0:
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        close(question);
        serve(listener);
    default:
        close(listener);
        close(answerer);
    }
}
