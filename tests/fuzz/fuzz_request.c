/*
 * The whole CGI request: environment and body in, one answer out, through gateway/cgi and
 * webhook/handler with a join that is only pretended.
 *
 * An input is lines, an empty line, and the body's bytes. The first line is "settings" and bits in
 * hex (see enum bits); the others are variables. HTTP_X_TWILIO_SIGNATURE=SIGN is replaced by the
 * right signature, =TAMPER by the one over another body, so that the fuzzer gets behind the
 * signature without being able to forge one.
 */
#include "build.h"

#include "property.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/cgi.h"
#include "inputlines.h"
#include "support/clock.h"
#include "support/sid.h"
#include "twiliosignature.h"
#include "webhook/handler.h"

#define AC "AC0123456789abcdef0123456789abcdef"
#define PUBLIC_URL "https://user:pass@hook.example.com/webhooks/twilio"

/* The settings of an input. */
enum bits {
    BIT_PUBLIC_URL = 1 << 0,
    BIT_FORWARDED = 1 << 1,
    BIT_RFC7239 = 1 << 2,
    BIT_ALL_EVENTS = 1 << 3,
    BIT_JSON_LOG = 1 << 4,
    BIT_SERVICE = 1 << 5,
    BIT_DISABLED = 1 << 6,
    BIT_CAPTURE = 1 << 7,
    BITS_VERDICT = 8,          /* and three bits: what becomes of a join */
    BIT_LATER = 1 << 11,       /* the join ends from the event loop */
    BIT_FAULTY = 1 << 12,
};

enum { OUTPUT_LIMIT = 64 * 1024 };

static const char token[] = "the token of the fuzzer, which no input knows";

static struct {
    bool ready;
    struct event_base *base;
    struct signature_keys *keys;
    int input, output, errors; /* files in memory */
    unsigned bits;
    unsigned joins, news, captures;
    bool is_signed; /* the signature is the right one */
    enum participant_verdict verdict;
    participant_done_fn *done;
    void *done_argument;
} world;

static enum participant_verdict verdict_of(unsigned bits)
{
    return (enum participant_verdict)((bits >> BITS_VERDICT & 7) % (PARTICIPANT_REFUSED + 1));
}

static void settle(evutil_socket_t descriptor, short what, void *argument)
{
    struct participant_outcome outcome = {.verdict = world.verdict, .attempts = 1, .rest_status = 201};

    (void)descriptor;
    (void)what;
    (void)argument;
    if (world.verdict != PARTICIPANT_JOINED)
        outcome.reason = "because";
    world.done(world.done_argument, &outcome);
}

static void pretend_join(void *argument, const struct joiner_order *order,
                         participant_done_fn *done, void *done_argument)
{
    static const struct timeval at_once = {0, 0};

    PROPERTY(argument == &world, "the join function's own argument");
    PROPERTY(world.is_signed, "no join without a valid signature");
    PROPERTY(sid_valid(order->conversation_sid, strlen(order->conversation_sid), "CH"),
             "a conversation's SID");
    PROPERTY(!order->service_sid || sid_valid(order->service_sid, strlen(order->service_sid), "IS"),
             "a service's SID");
    PROPERTY(!(world.bits & (BIT_DISABLED | BIT_FAULTY)), "no join while it is switched off");
    world.joins++;
    world.verdict = verdict_of(world.bits);
    world.done = done;
    world.done_argument = done_argument;
    if (world.bits & BIT_LATER)
        event_base_once(world.base, -1, EV_TIMEOUT, settle, NULL, &at_once);
    else
        settle(-1, 0, NULL);
}

static void pretend_news(void *argument, const char *conversation_sid, enum joiner_news news)
{
    PROPERTY(argument == &world && news <= JOINER_CONVERSATION_ENDED, "known news");
    PROPERTY(world.is_signed, "no news without a valid signature");
    PROPERTY(sid_valid(conversation_sid, strlen(conversation_sid), "CH"), "of a conversation");
    world.news++;
}

static void pretend_capture(void *argument, const struct request *request, const char *body,
                            size_t length)
{
    PROPERTY(argument == &world && request && (body || length == 0), "something is captured");
    PROPERTY(request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE), "that has a signature");
    world.captures++;
}

static int open_memory(const char *name)
{
    int descriptor = memfd_create(name, MFD_CLOEXEC);

    if (descriptor < 0)
        abort();
    return descriptor;
}

static void prepare(void)
{
    static const char *const tokens[] = {token};

    world.base = event_base_new();
    world.keys = signature_keys_new(tokens, 1);
    world.input = open_memory("input");
    world.output = open_memory("output");
    world.errors = open_memory("errors");
    world.ready = world.base && world.keys;
    if (!world.ready)
        abort();
}

/* Several programs in one process: each memory file is written anew. */
static void write_anew(int descriptor, const char *bytes, size_t length)
{
    if (ftruncate(descriptor, 0) != 0 || lseek(descriptor, 0, SEEK_SET) != 0 ||
        write(descriptor, bytes, length) != (ssize_t)length || lseek(descriptor, 0, SEEK_SET) != 0)
        abort();
}

static size_t read_all(int descriptor, char text[OUTPUT_LIMIT + 1])
{
    ssize_t length = pread(descriptor, text, OUTPUT_LIMIT, 0);

    if (length < 0)
        abort();
    text[length] = '\0';
    return (size_t)length;
}

static const char *value_of(const struct inputlines *input, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 1; i < input->count; i++)
        if (strncmp(input->lines[i], name, length) == 0 && input->lines[i][length] == '=')
            return input->lines[i] + length + 1;
    return "";
}

/* The URL as an operator would write it down who knows nothing of ports and proxies. */
static void write_url(struct buffer *url, const struct inputlines *input)
{
    const char *uri = value_of(input, "REQUEST_URI"), *query = strchr(uri, '?');
    const char *https = value_of(input, "HTTPS");
    size_t length = strcspn(uri, "#");

    if (world.bits & BIT_PUBLIC_URL) {
        buffer_append_string(url, PUBLIC_URL);
        if (query && query < uri + length)
            buffer_append(url, query, (size_t)(uri + length - query));
        return;
    }
    buffer_append_string(url, strcmp(https, "on") == 0 ? "https://" : "http://");
    buffer_append_string(url, value_of(input, "HTTP_HOST"));
    buffer_append(url, uri, length);
}

static void sign(struct inputlines *input, char line[96])
{
    static const char name[] = "HTTP_X_TWILIO_SIGNATURE=";
    char signature[TWILIOSIGNATURE_SIZE];
    struct buffer url;
    size_t i;

    for (i = 1; i < input->count; i++) {
        const char *value = input->lines[i] + sizeof name - 1;
        bool tamper;

        if (strncmp(input->lines[i], name, sizeof name - 1) != 0 ||
            (strcmp(value, "SIGN") != 0 && strcmp(value, "TAMPER") != 0))
            continue;
        tamper = *value == 'T';
        buffer_init(&url, 1 << 20);
        write_url(&url, input);
        if (tamper)
            buffer_append_char(&url, '/');
        twiliosignature_write(signature, token, buffer_string(&url), url.length,
                              strncmp(value_of(input, "CONTENT_TYPE"), "application/json", 16) == 0
                                  ? NULL
                                  : input->body,
                              input->body_length);
        buffer_free(&url);
        snprintf(line, 96, "%s%s", name, signature);
        input->lines[i] = line;
        world.is_signed = !tamper;
        return;
    }
}

static void assert_answer(enum cgi_status status, const struct inputlines *input)
{
    static char text[OUTPUT_LIMIT + 1];
    size_t length = read_all(world.output, text), promised;
    const char *body = strstr(text, "\r\n\r\n"), *promise = strstr(text, "\r\nContent-Length: ");
    int code = atoi(text + strlen("Status: "));
    bool head = strcmp(value_of(input, "REQUEST_METHOD"), "HEAD") == 0;

    PROPERTY(status == CGI_OK, "an answer is written");
    PROPERTY(strncmp(text, "Status: ", 8) == 0 && !strstr(text + 1, "Status:"), "one status line");
    PROPERTY(isdigit((unsigned char)text[8]) && text[11] == ' ' && isupper((unsigned char)text[12]),
             "a number and its phrase");
    PROPERTY(strchr("245", text[8]) && (code == 200 || code >= 400), "a status of ours");
    PROPERTY(body && promise && promise < body, "headers, an empty line, a length");
    promised = (size_t)atoi(promise + strlen("\r\nContent-Length: "));
    /* RFC 3875, 4.3.3: none to HEAD. */
    PROPERTY(length - (size_t)(body + 4 - text) == (head ? 0 : promised), "a body of that length");
    PROPERTY(body[4] == '{' || head, "which is JSON");
    PROPERTY(world.joins + world.news <= 1, "one request, one deed");
    if (world.joins > 0)
        PROPERTY((code == 200) == (world.verdict != PARTICIPANT_RETRY_LATER &&
                                   world.verdict != PARTICIPANT_REFUSED),
                 "200 for a join that is settled and no other");
    else
        PROPERTY(!strstr(body, "joined"), "nobody is told of a join that was not done");
}

/* Compared by hand: what strstr() looks for libFuzzer learns, and then it is in its inputs. */
static bool holds(const char *text, size_t length, const char *wanted)
{
    size_t i, j;

    for (i = 0; i < length; i++) {
        for (j = 0; wanted[j] && i + j < length && text[i + j] == wanted[j];)
            j++;
        if (!wanted[j])
            return true;
    }
    return false;
}

static void assert_log(void)
{
    static char text[OUTPUT_LIMIT + 1];
    size_t length = read_all(world.errors, text), i, lines = 0;

    for (i = 0; i < length; i++) {
        PROPERTY(text[i] == '\n' || (text[i] >= ' ' && text[i] < 0x7f) || (unsigned char)text[i] > 0x7f,
                 "no control character in the log");
        lines += text[i] == '\n';
    }
    PROPERTY(lines <= 1 && (length == 0 || text[length - 1] == '\n'), "one whole log line at most");
    PROPERTY(!holds(text, length, token), "no secret in the log");
    PROPERTY(!holds(text, length, "user:pass@"), "no password of a URL in the log");
}

static void read_settings(struct config *config, unsigned bits)
{
    static char account[] = AC, identity[] = "bot", url[] = PUBLIC_URL,
                service[] = "IS0123456789abcdef0123456789abcdef";

    *config = (struct config){.account_sid = account, .identity = identity, .deadline_ms = 4000,
                              .enabled = !(bits & BIT_DISABLED), .max_body = 4096};
    config->events = bits & BIT_ALL_EVENTS ? 15 : CONFIG_ON_CONVERSATION_ADDED;
    if (bits & BIT_PUBLIC_URL)
        config->public_url = url;
    if (bits & BIT_SERVICE)
        config->chat_service_sid = service;
    if (bits & BIT_FORWARDED) {
        config->forwarded = bits & BIT_RFC7239 ? FORWARDED_RFC7239 : FORWARDED_X;
        cidr_parse(&config->trusted_proxies.blocks[0], "127.0.0.0/8");
        config->trusted_proxies.count = 1;
    }
}

static void serve(const struct inputlines *input)
{
    struct config config;
    struct log log = {.format = world.bits & BIT_JSON_LOG ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT,
                      .level = LOG_LEVEL_DEBUG, .descriptor = world.errors};
    struct handler handler = {.config = &config, .log = &log, .join = pretend_join,
                              .tell = pretend_news, .joiner = &world, .captures = &world,
                              .keys = world.bits & BIT_FAULTY ? NULL : world.keys};
    struct cgi_options options = {.base = world.base, .variables = input->lines + 1,
                                  .input = world.input, .output = world.output,
                                  .errors = world.errors, .serve = handler_serve,
                                  .application = &handler};

    read_settings(&config, world.bits);
    options.body_limit = (size_t)config.max_body;
    if (world.bits & BIT_CAPTURE)
        handler.capture = pretend_capture;
    write_anew(world.input, input->body, input->body_length);
    write_anew(world.output, "", 0);
    write_anew(world.errors, "", 0);
    assert_answer(cgi_run(&options), input);
    assert_log();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inputlines input;
    char line[96];

    if (!world.ready)
        prepare();
    inputlines_read(&input, data, size);
    if (input.count > 1 && strncmp(input.lines[0], "settings ", 9) == 0) {
        world.bits = (unsigned)strtoul(input.lines[0] + 9, NULL, 16);
        world.is_signed = false;
        world.joins = world.news = world.captures = 0;
        sign(&input, line);
        serve(&input);
    }
    inputlines_free(&input);
    return 0;
}
