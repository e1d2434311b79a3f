#include "build.h"

#include "scriptedtwilio.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define CH "CH0000000000000000000000000000000"
#define IS "IS00000000000000000000000000000001"

static struct scriptedtwilio *shared;

static void answer(int peer, int status, const char *headers, const char *body)
{
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
                          "Twilio-Request-Id: RQ1\r\n%sContent-Length: %zu\r\n"
                          "Connection: close\r\n\r\n%s",
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

    shared->requests++;
    if (strstr(path, "/Participants/"))
        answer_code(peer, 404, 20404, "");
    else if (post)
        answer_creation(peer, digit_of(path));
    else if (strstr(path, "/ParticipantConversations"))
        answer_list(peer, path, true);
    else if (strstr(path, "/Conversations"))
        answer_list(peer, path, false);
    else {
        shared->settled[SCRIPTED_GONE] = true; /* its service was seen */
        answer(peer, 200, "", "{\"sid\":\"" IS "\"}");
    }
}

/* Reads to the end of head and body. */
static bool read_request(int peer, char *text, size_t size)
{
    size_t length = 0, wanted;
    const char *end, *promised;

    for (;;) {
        ssize_t count = recv(peer, text + length, size - 1 - length, 0);

        if (count <= 0)
            return false;
        length += (size_t)count;
        text[length] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (!end)
            continue;
        promised = strstr(text, "Content-Length: ");
        wanted = promised ? (size_t)atoi(promised + 16) : 0;
        if (length >= (size_t)(end + 4 - text) + wanted)
            return true;
    }
}

static _Noreturn void serve(int listener)
{
    static char text[16 * 1024];
    struct timeval patience = {.tv_sec = 2};
    char method[16], path[4096];

    for (;;) {
        int peer = accept(listener, NULL, NULL);

        if (peer < 0)
            continue;
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (read_request(peer, text, sizeof text) &&
            sscanf(text, "%15s %4095s", method, path) == 2)
            answer_request(peer, method, path);
        close(peer);
    }
}

void scriptedtwilio_start(struct scriptedtwilio *memory)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t parent = getpid();

    shared = memory;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("scripted Twilio");
        exit(99);
    }
    shared->port = ntohs(address.sin_port);
    switch (fork()) {
    case -1:
        perror("fork");
        exit(99);
    case 0:
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        serve(listener);
    default:
        close(listener);
    }
}
