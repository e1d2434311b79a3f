#include "build.h"

#include "scenario.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/twilio_signature.h"

#define AC "AC0123456789abcdef0123456789abcdef"
#define CH SCENARIO_CONVERSATION
#define IS "IS00000000000000000000000000000001"
#define TOKEN SCENARIO_TOKEN
#define URL "https://hook.example.com/webhooks/twilio"

enum { TEXT_SIZE = 64 * 1024, BODY_SIZE = 4096, QUERY_SIZE = 96 };

int responder_main(int argc, char **argv);
int operator_main(int argc, char **argv);

static char folder[256];
static char variables[24][1024];
static char *environment[25];

const char *scenario_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(99);
}

static void write_file(const char *name, const char *text, size_t length)
{
    FILE *file = fopen(scenario_path(name), "wb");

    if (!file || fwrite(text, 1, length, file) != length || fclose(file) != 0 ||
        chmod(scenario_path(name), 0600) != 0)
        give_up(name);
}

static int remove_one(const char *path, const struct stat *status, int what, struct FTW *where)
{
    (void)status;
    (void)what;
    (void)where;
    return remove(path);
}

void scenario_remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void scenario_make_folder(void)
{
    const char *place = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/autojoin-torture-XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(folder))
        give_up(folder);
}

static void write_settings(const struct scenario *scenario, unsigned port)
{
    char text[4096];
    int length = snprintf(text, sizeof text,
                          "TWILIO_ACCOUNT_SID=" AC "\nTWILIO_AUTH_TOKEN_FILE=%s/token\n"
                          "TWILIO_IDENTITY=bot\nTWILIO_CHAT_SERVICE_SID=" IS "\n"
                          "AUTOJOIN_PUBLIC_URL=" URL "\nAUTOJOIN_API_URL=http://127.0.0.1:%u\n"
                          "AUTOJOIN_DEADLINE_MS=2000\nAUTOJOIN_SPOOL_SYNC=yes\n%s",
                          folder, port, scenario->settings ? scenario->settings : "");

    if (!scenario->without_spool)
        length += snprintf(text + length, sizeof text - (size_t)length,
                           "AUTOJOIN_SPOOL_DIR=%s/spool\nAUTOJOIN_STATS_FILE=%s/stats\n"
                           "AUTOJOIN_CAPTURE_DIR=%s/captures\n",
                           folder, folder, folder);
    write_file("conf", text, (size_t)length);
    write_file("token", TOKEN "\n", sizeof TOKEN);
}

static void write_tickets(const char *digits)
{
    for (; digits && *digits; digits++) {
        char name[64], text[320];

        snprintf(name, sizeof name, "spool/" CH "%c", *digits);
        snprintf(text, sizeof text,
                 "conversation=" CH "%c\nservice=" IS "\nevent=x\nattempts=2\n"
                 "first_seen=2026-01-01T00:00:00.000Z\nnext_attempt=2026-01-01T00:00:00.000Z\n"
                 "refused_for=300000000\n",
                 *digits);
        write_file(name, text, strlen(text));
    }
}

static void add_variable(unsigned *count, const char *text)
{
    snprintf(variables[*count], sizeof variables[0], "%s", text);
    environment[*count] = variables[*count];
    environment[++*count] = NULL;
}

/* One that the scenario gives takes the place of the usual one. */
static void add_usual(unsigned *count, const struct scenario *scenario, const char *text)
{
    size_t name = strcspn(text, "=") + 1;

    if (scenario->variable && strncmp(scenario->variable, text, name) == 0)
        add_variable(count, scenario->variable);
    else
        add_variable(count, text);
}

static void write_form(char body[BODY_SIZE], const struct scenario *scenario)
{
    snprintf(body, BODY_SIZE,
             "AccountSid=" AC "&EventType=%s&ConversationSid=" CH "%u&ChatServiceSid=" IS
             "&DateCreated=2026-01-01T00:00:00Z&Identity=bot&Source=SMS&MessagingBinding.Address=%%2B15005550006",
             scenario->event, scenario->digit);
}

static void write_list(char body[BODY_SIZE], const char *digits)
{
    size_t length = 0;

    for (; *digits; digits++)
        length += (size_t)snprintf(body + length, BODY_SIZE - length,
                                   "%s{\"type\":\"com.twilio.conversations.conversation.added\",\"data\":{\"AccountSid\":\"" AC
                                   "\",\"ConversationSid\":\"" CH "%c\",\"ChatServiceSid\":\"" IS
                                   "\",\"DateCreated\":\"2026-01-01T00:00:00Z\"}}",
                                   length ? "," : "[", *digits);
    snprintf(body + length, BODY_SIZE - length, "]");
}

/* What the query of a JSON body's URL has. */
static void write_hash(char query[QUERY_SIZE], const char *body)
{
    char hash[TWILIO_SIGNATURE_HASH_SIZE];

    twilio_signature_write_hash(hash, body, strlen(body));
    snprintf(query, QUERY_SIZE, "?bodySHA256=%s", hash);
}

static void write_request(const struct scenario *scenario, unsigned *count)
{
    char body[BODY_SIZE], line[QUERY_SIZE + 64], signature[TWILIO_SIGNATURE_SIZE], query[QUERY_SIZE] = "";
    char url[sizeof URL + QUERY_SIZE];
    bool list = scenario->events != NULL;
    size_t length;

    if (list) {
        write_list(body, scenario->events);
        write_hash(query, body);
    } else {
        write_form(body, scenario);
    }
    length = strlen(body);
    write_file("input", body, length);
    snprintf(url, sizeof url, URL "%s", query);
    twilio_signature_write(signature, TOKEN, TWILIO_SIGNATURE_SHA1, url, strlen(url), body, list ? 0 : length);
    if (scenario->unsigned_)
        signature[3] ^= 1;
    add_usual(count, scenario, "GATEWAY_INTERFACE=CGI/1.1");
    add_usual(count, scenario, "REQUEST_METHOD=POST");
    snprintf(line, sizeof line, "REQUEST_URI=/webhooks/twilio%s", query);
    add_usual(count, scenario, line);
    add_usual(count, scenario, "HTTP_HOST=hook.example.com");
    add_usual(count, scenario, "REMOTE_ADDR=127.0.0.1");
    add_usual(count, scenario,
              list ? "CONTENT_TYPE=application/json" : "CONTENT_TYPE=application/x-www-form-urlencoded");
    snprintf(line, sizeof line, "CONTENT_LENGTH=%zu", length);
    add_usual(count, scenario, line);
    snprintf(line, sizeof line, "HTTP_X_TWILIO_SIGNATURE=%s", signature);
    add_usual(count, scenario, line);
}

void scenario_set_up(const struct scenario *scenario, unsigned port)
{
    char line[512];
    unsigned count = 0;

    scenario_remove_folder();
    if (mkdir(folder, 0700) != 0 || mkdir(scenario_path("spool"), 0700) != 0 ||
        mkdir(scenario_path("captures"), 0700) != 0)
        give_up(folder);
    write_settings(scenario, port);
    write_tickets(scenario->tickets);
    snprintf(line, sizeof line, "AUTOJOIN_CONFIG=%s/conf", folder);
    add_variable(&count, line);
    if (scenario->program == SCENARIO_RESPONDER)
        write_request(scenario, &count);
    else
        write_file("input", "", 0);
}

static void take_over(int descriptor, const char *name, int flags)
{
    int file = open(scenario_path(name), flags | O_CLOEXEC, 0600);

    if (file < 0 || dup2(file, descriptor) != descriptor)
        give_up(name);
    close(file);
}

void scenario_enter(const struct scenario *scenario)
{
    (void)scenario;
    take_over(STDIN_FILENO, "input", O_RDONLY);
    take_over(STDOUT_FILENO, "output", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    take_over(STDERR_FILENO, "errors", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    if (chdir(folder) != 0)
        give_up(folder);
    environ = environment;
}

int scenario_run(const struct scenario *scenario)
{
    static char words[10][64] = {"program"};
    char *arguments[11] = {words[0]};
    int count = 1;

    if (scenario->program == SCENARIO_RESPONDER)
        return responder_main(1, arguments);
    for (; scenario->arguments[count - 1]; count++) {
        snprintf(words[count], sizeof words[0], "%s", scenario->arguments[count - 1]);
        arguments[count] = words[count];
    }
    return operator_main(count, arguments);
}

static const char *read_file(const char *name, char text[TEXT_SIZE])
{
    FILE *file = fopen(scenario_path(name), "rb");
    size_t length = file ? fread(text, 1, TEXT_SIZE - 1, file) : 0;

    text[length] = '\0';
    if (file)
        fclose(file);
    return text;
}

const char *scenario_output(void)
{
    static char text[TEXT_SIZE];

    return read_file("output", text);
}

const char *scenario_errors(void)
{
    static char text[TEXT_SIZE];

    return read_file("errors", text);
}
