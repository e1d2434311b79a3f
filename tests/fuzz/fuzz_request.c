/*
 * The whole CGI request: environment and body in, one answer out, through gateway/cgi and
 * webhook/handler with a join that is only pretended.
 *
 * An input is lines, an empty line, and the body's bytes. The first line is "settings" and bits in
 * hex (see enum bits); the others are variables, which may ask for a signature (signedinput.h), so
 * that the fuzzer gets behind it without being able to forge one.
 *
 * A join is only asked for if the signature is right and was made over all that was read, and only for
 * what the signed parameters name without contradiction. What a JSON body says is fuzz_cloud_event's.
 */
#include "build.h"

#include "property.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgianswer.h"
#include "gateway/cgi.h"
#include "inputlines.h"
#include "logtext.h"
#include "../lib/plain_form.h"
#include "signedinput.h"
#include "support/sid.h"
#include "webhook/handler.h"

#define AC "AC0123456789abcdef0123456789abcdef"
#define IS "IS0123456789abcdef0123456789abcdef"

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

/* A body of 4 KiB, of which an event takes two bytes at least, with a line each. */
enum { LINES_LIMIT = 2048, OUTPUT_LIMIT = 1024 * 1024 };

static const char token[] = "the token of the fuzzer, which no input knows";
static const char shared_secret[] = "the SharedKey's secret, which none knows either";
#define SHARED_KEY "webhooks_sharedkey_1"

static const struct signedinput_signer signers[SIGNEDINPUT_SIGNERS] = {
    {token, TWILIO_SIGNATURE_SHA1},
    {shared_secret, TWILIO_SIGNATURE_SHA1},
    {shared_secret, TWILIO_SIGNATURE_SHA256},
};

static struct {
    bool ready;
    struct event_base *base;
    struct signature_keys *keys;
    int input, output, errors; /* files in memory */
    unsigned bits;
    unsigned joins, news, captures;
    char password[17], public_url[96];
    bool is_signed; /* the signature is the right one, over the body as it is */
    struct plain_form form; /* the body; empty if it is not signed by its parameters */
    bool json; /* proved by its hash */
    const char *body;
    size_t body_length;
    enum join_result verdict;
} world;

/* A join that is to be settled. */
struct pretended {
    join_done_fn *done;
    void *argument;
};

static enum join_result verdict_of(unsigned bits)
{
    return (enum join_result)((bits >> BITS_VERDICT & 7) % (JOIN_REFUSED + 1));
}

/* Whether the headers let it be the signer's, as far as can be said without reading them as we do. */
static bool is_said(const struct inputlines *input, unsigned signer)
{
    const char *settings = inputlines_value(input, "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS");
    const char *sid = inputlines_value(input, "HTTP_X_TWILIO_SIGNATURE_KEY_SID");

    if (!settings || !*settings)
        return signers[signer].secret == token || signers[signer].hash == TWILIO_SIGNATURE_SHA256 || (sid && *sid);
    if (signers[signer].hash == TWILIO_SIGNATURE_SHA256 && !strcasestr(settings, "HMAC_SHA256"))
        return false;
    if (signers[signer].secret == token)
        return strncmp(settings, "key=", 4) != 0 || strchr(", \t", settings[4]); /* strchr() finds the NUL, too */
    return strstr(settings, SHARED_KEY) != NULL;
}

static void settle(evutil_socket_t descriptor, short what, void *argument)
{
    struct join_outcome outcome = {.result = world.verdict, .attempts = 1, .rest_status = 201};
    struct pretended *join = argument;

    (void)descriptor;
    (void)what;
    if (world.verdict != JOIN_JOINED)
        outcome.reason = "because";
    join->done(join->argument, &outcome);
    free(join);
}

/* Whether the form has that value and no other; of JSON, whether it stands there at all, or may be escaped. */
static bool says(const char *name, const char *value)
{
    if (!world.json)
        return plain_form_says(&world.form, name, value);
    return memchr(world.body, '\\', world.body_length) ||
           memmem(world.body, world.body_length, value, strlen(value));
}

static bool is_service(const char *sid)
{
    return sid_valid(sid, strlen(sid), "IS") &&
           (says("ChatServiceSid", sid) ||
            (world.bits & BIT_SERVICE && strcmp(sid, IS) == 0));
}

static void pretend_join(void *argument, const struct join_request *request,
                         join_done_fn *done, void *done_argument)
{
    static const struct timeval at_once = {0, 0};
    struct pretended *join = malloc(sizeof *join);

    if (!join)
        abort();
    PROPERTY(argument == &world, "the join function's own argument");
    PROPERTY(world.is_signed, "no join without a valid signature");
    PROPERTY(says("AccountSid", AC), "of our account");
    PROPERTY(says("ConversationSid", request->conversation_sid),
             "of a conversation that was signed");
    PROPERTY(sid_valid(request->conversation_sid, strlen(request->conversation_sid), "CH"),
             "a conversation's SID");
    PROPERTY(!request->service_sid || is_service(request->service_sid),
             "of the service that was signed or is configured");
    PROPERTY(!(world.bits & (BIT_DISABLED | BIT_FAULTY)), "no join while it is switched off");
    world.joins++;
    world.verdict = verdict_of(world.bits);
    *join = (struct pretended){done, done_argument};
    if (world.bits & BIT_LATER)
        event_base_once(world.base, -1, EV_TIMEOUT, settle, join, &at_once);
    else
        settle(-1, 0, join);
}

static void pretend_news(void *argument, const char *conversation_sid, enum spool_joins_news news,
                         int64_t made_ms)
{
    (void)made_ms;
    PROPERTY(argument == &world && news <= SPOOL_JOINS_CONVERSATION_ENDED, "known news");
    PROPERTY(world.is_signed, "no news without a valid signature");
    PROPERTY(says("ConversationSid", conversation_sid), "of a conversation that was signed");
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
    world.ready = world.base && world.keys &&
                  signature_keys_add_shared(world.keys, SHARED_KEY, shared_secret);
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

static void assert_answer(enum cgi_status status, const struct inputlines *input)
{
    static char text[OUTPUT_LIMIT + 1];
    const char *method = inputlines_value(input, "REQUEST_METHOD");
    size_t length = read_all(world.output, text);
    struct cgianswer answer;

    PROPERTY(status == CGI_OK, "an answer is written");
    cgianswer_assert(&answer, text, length, method && strcmp(method, "HEAD") == 0);
    PROPERTY(answer.status != 200 || world.is_signed || !method || strcmp(method, "POST") != 0,
             "nobody unsigned is told of success");
    PROPERTY(world.json || world.joins + world.news <= 1, "one webhook, one deed");
    if (world.joins > 0)
        PROPERTY((answer.status == 200) == (world.verdict != JOIN_RETRY_LATER &&
                                            world.verdict != JOIN_REFUSED),
                 "200 for a join that is settled and no other");
    else
        PROPERTY(!strstr(answer.body, "joined"), "nobody is told of a join that was not done");
}

static void assert_log(void)
{
    const char *const secrets[] = {token, shared_secret, world.password, NULL};
    static char text[OUTPUT_LIMIT + 1];

    logtext_assert(text, read_all(world.errors, text), world.json ? LINES_LIMIT : 1, secrets);
}

static void read_settings(struct config *config, unsigned bits)
{
    static char account[] = AC, identity[] = "bot", service[] = IS;

    *config = (struct config){.account_sid = account, .identity = identity, .deadline_ms = 4000,
                              .enabled = !(bits & BIT_DISABLED), .max_body = 4096};
    config->events = bits & BIT_ALL_EVENTS ? 15 : SETTING_ON_CONVERSATION_ADDED;
    if (bits & BIT_PUBLIC_URL)
        config->public_url = world.public_url;
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
                              .tell = pretend_news, .spooled = &world, .captures = &world,
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

/* Another one for every input (FNV-1a): what stays the same libFuzzer learns, and tells us itself. */
static void choose_password(const uint8_t *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t i;

    for (i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 0x100000001b3u;
    snprintf(world.password, sizeof world.password, "%016" PRIx64, hash);
    snprintf(world.public_url, sizeof world.public_url,
             "https://user:%s@hook.example.com/webhooks/twilio", world.password);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct inputlines input;
    char line[SIGNEDINPUT_LINE_SIZE];
    unsigned signer = 0;

    if (!world.ready)
        prepare();
    inputlines_read(&input, data, size);
    if (input.count > 1 && strncmp(input.lines[0], "settings ", 9) == 0) {
        world.bits = (unsigned)strtoul(input.lines[0] + 9, NULL, 16);
        choose_password(data, size);
        world.joins = world.news = world.captures = 0;
        world.is_signed = signedinput_sign(
            &input, line, signers, world.bits & BIT_PUBLIC_URL ? world.public_url : NULL, &signer) &&
                          is_said(&input, signer);
        world.json = signedinput_is_json(&input);
        world.body = input.body;
        world.body_length = input.body_length;
        plain_form_read(&world.form, input.body, world.json ? 0 : input.body_length);
        serve(&input);
        plain_form_free(&world.form);
    }
    inputlines_free(&input);
    return 0;
}
