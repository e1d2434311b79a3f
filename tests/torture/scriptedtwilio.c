#include "build.h"

#include "scriptedtwilio.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "../lib/api_server.h"

#define CH "CH0000000000000000000000000000000"
#define IS "IS00000000000000000000000000000001"

static struct scriptedtwilio *shared;
static int question; /* sockets of scriptedtwilio_settle(): the asker's */
static int answerer; /* ... and ours */

static struct {
    struct api_server_step step;
    char headers[256];
    char body[2048];
} reply;

static void answer(int status, const char *headers, const char *body)
{
    snprintf(reply.headers, sizeof reply.headers,
             "Content-Type: application/json\r\nTwilio-Request-Id: RQ1\r\n%s", headers);
    snprintf(reply.body, sizeof reply.body, "%s", body);
    reply.step = (struct api_server_step){status, reply.body, reply.headers, API_SERVER_ANSWERS};
}

static void answer_code(int status, unsigned code, const char *headers)
{
    char body[128];

    snprintf(body, sizeof body, "{\"code\":%u,\"message\":\"m\",\"status\":%d}", code, status);
    answer(status, headers, body);
}

static void answer_creation(unsigned digit)
{
    switch (digit) {
    case SCRIPTED_CREATED:
        shared->settled[digit] = true;
        answer(201, "", "{\"sid\":\"MB00000000000000000000000000000001\"}");
        break;
    case SCRIPTED_RACED:
        answer(201, "", "{\"sid\":\"MB00000000000000000000000000000001\"}");
        break;
    case SCRIPTED_ALREADY:
        shared->settled[digit] = true;
        answer_code(409, 50433, "");
        break;
    case SCRIPTED_GONE:
        answer_code(404, 20404, "");
        break;
    case SCRIPTED_LIMITED:
        answer_code(429, 20429, "Retry-After: 60\r\n");
        break;
    case SCRIPTED_NO_CREDENTIALS:
        answer_code(401, 20003, "");
        break;
    case SCRIPTED_FULL:
        answer_code(403, 50417, "");
        break;
    default:
        answer_code(500, 20500, "");
    }
}

static void answer_participants(unsigned digit)
{
    answer(200, "",
           digit == SCRIPTED_RACED
               ? "{\"participants\":[{\"identity\":\"bot\",\"date_created\":\"2026-01-01T00:00:01Z\"},"
                 "{\"identity\":\"" SCRIPTED_OTHER_IDENTITY
                 "\",\"date_created\":\"2026-01-01T00:00:00Z\"}],\"meta\":{\"next_page_url\":null}}"
               : "{\"participants\":[],\"meta\":{\"next_page_url\":null}}");
}

static void answer_removal(const char *path)
{
    if (strstr(path, "/Participants/bot"))
        shared->settled[SCRIPTED_RACED] = true;
    answer_code(404, 20404, "");
}

/* Two pages of each list: the bot is in the one that ends in 8, and in none of the others. */
static void answer_list(const char *path, bool own)
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
    answer(200, "", body);
}

static unsigned digit_of(const char *path)
{
    const char *conversation = strstr(path, "/CH");

    return conversation && strlen(conversation) > 34 ? (unsigned)(conversation[34] - '0') % 16 : 0;
}

static const struct api_server_step *answer_request(const struct api_server_request *request)
{
    const char *path = request->path, *identity = strstr(path, "/Participants/");

    shared->requests++;
    if (strcmp(request->method, "DELETE") == 0)
        answer_removal(path);
    else if (identity && strlen(identity) > strlen("/Participants/"))
        answer_code(404, 20404, "");
    else if (identity || strstr(path, "/Participants?"))
        answer_participants(digit_of(path));
    else if (strcmp(request->method, "POST") == 0)
        answer_creation(digit_of(path));
    else if (shared->requests == 3 && strstr(path, SCRIPTED_LATE_DATE)) /* behind the bot's own */
        answer_code(503, 20503, "");
    else if (strstr(path, "/ParticipantConversations"))
        answer_list(path, true);
    else if (strstr(path, "/Conversations"))
        answer_list(path, false);
    else {
        shared->settled[SCRIPTED_GONE] = true; /* its service was seen */
        answer(200, "", "{\"sid\":\"" IS "\"}");
    }
    return &reply.step;
}

static _Noreturn void give_up(void)
{
    perror("scripted Twilio");
    exit(99);
}

/* Comes after all else that there is to do: whoever asks is told when all is answered. */
static void on_question(evutil_socket_t descriptor, short what, void *argument)
{
    unsigned number;

    (void)what;
    (void)argument;
    if (recv(descriptor, &number, sizeof number, 0) == sizeof number)
        send(descriptor, &number, sizeof number, MSG_NOSIGNAL);
}

static _Noreturn void serve(void)
{
    struct event_base *base = event_base_new();
    struct event *asked;

    if (!base || event_base_priority_init(base, 3) != 0)
        give_up();
    api_server_begin_with(base, answer_request);
    shared->port = api_server.port;
    asked = event_new(base, answerer, EV_READ | EV_PERSIST, on_question, NULL);
    if (!asked || event_priority_set(asked, 2) != 0 || event_add(asked, NULL) != 0)
        give_up();
    event_base_dispatch(base);
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

void scriptedtwilio_start(struct scriptedtwilio *memory)
{
    int pair[2];
    pid_t parent = getpid();

    shared = memory;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
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
        serve();
    default:
        close(answerer);
        scriptedtwilio_settle(); /* the port is known then */
    }
}
