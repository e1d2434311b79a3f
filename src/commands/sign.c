#include "build.h"

/* twilio-autojoin sign: a webhook signed as Twilio would, to look at or to send. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_context.h"
#include "commands/command_line.h"
#include "commands/sign_parameters.h"
#include "commands/sign_reason.h"
#include "commands/signed_webhook.h"
#include "commands/webhook_body.h"
#include "support/clock.h"
#include "support/harden.h"
#include "support/origin.h"

enum { COMMAND_LIMIT = 8 * 1024 * 1024 };

static void append_header(struct buffer *out, const char *name, const char *value)
{
    struct buffer header;

    buffer_init(&header, COMMAND_LIMIT);
    buffer_append_format(&header, "%s: %s", name, value);
    buffer_append_string(out, " -H ");
    command_line_append(out, buffer_string(&header));
    buffer_free(&header);
}

/* -g: a URL with brackets is one URL. --path-as-is: signed are the bytes, dots and all. */
/* Appends a curl command that posts it. */
static void append_curl_command(struct buffer *out, const struct signed_webhook *webhook)
{
    const struct buffer *body = &webhook->body;
    bool plain = command_line_is_plain(buffer_string(body), body->length);

    if (!plain) {
        command_line_append_printf(out, buffer_string(body), body->length);
        buffer_append_string(out, " | ");
    }
    buffer_append_string(out, "curl -sS -i -g --path-as-is");
    append_header(out, "Content-Type", webhook->content_type);
    append_header(out, "X-Twilio-Signature", webhook->signature);
    if (webhook->settings.length > 0)
        append_header(out, "X-Twilio-Webhooks-Signature-Settings",
                      buffer_string(&webhook->settings));
    if (plain) {
        buffer_append_string(out, " --data-raw ");
        command_line_append(out, buffer_string(body));
    } else {
        buffer_append_string(out, " --data-binary @-");
    }
    buffer_append_char(out, ' ');
    command_line_append(out, buffer_string(&webhook->url));
}

static void append_variable(struct buffer *out, const char *name, const char *value, size_t length)
{
    struct buffer word;

    buffer_init(&word, COMMAND_LIMIT);
    buffer_append_format(&word, "%s=", name);
    buffer_append(&word, value, length);
    buffer_append_char(out, ' ');
    command_line_append(out, buffer_string(&word));
    buffer_free(&word);
}

static void append_text_variable(struct buffer *out, const char *name, const char *value)
{
    append_variable(out, name, value, strlen(value));
}

static void append_url_variables(struct buffer *out, const char *url, size_t length)
{
    struct origin origin;
    const char *target, *query;
    size_t target_length;

    if (!origin_parse(&origin, url, length))
        return;
    target = url + origin.length;
    target_length = length - origin.length;
    query = memchr(target, '?', target_length);
    append_text_variable(out, "REQUEST_SCHEME", origin.https ? "https" : "http");
    if (origin.https)
        append_text_variable(out, "HTTPS", "on");
    append_variable(out, "HTTP_HOST", origin.host, origin.length - (size_t)(origin.host - url));
    append_variable(out, "SERVER_NAME", origin.host, origin.host_length);
    if (origin.port_length > 0)
        append_variable(out, "SERVER_PORT", origin.port, origin.port_length);
    else
        append_text_variable(out, "SERVER_PORT", origin.https ? "443" : "80");
    append_variable(out, "REQUEST_URI", *target == '/' ? target : "/",
                    *target == '/' ? target_length : 1);
    append_variable(out, "SCRIPT_NAME", target, query ? (size_t)(query - target) : target_length);
    append_variable(out, "QUERY_STRING", query ? query + 1 : "",
                    query ? target_length - (size_t)(query + 1 - target) : 0);
}

/* Appends a command that runs `program` with an environment that a web server would make of it
 * (RFC 3875, 4.1), and nothing else in it but AUTOJOIN_CONFIG, if there is a settings file. */
static void append_cgi_command(struct buffer *out, const struct signed_webhook *webhook,
                         const char *program, const char *settings_file)
{
    command_line_append_printf(out, buffer_string(&webhook->body), webhook->body.length);
    buffer_append_string(out, " | env -i");
    if (settings_file)
        append_text_variable(out, "AUTOJOIN_CONFIG", settings_file);
    append_text_variable(out, "GATEWAY_INTERFACE", "CGI/1.1");
    append_text_variable(out, "SERVER_PROTOCOL", "HTTP/1.1");
    append_text_variable(out, "REQUEST_METHOD", "POST");
    append_text_variable(out, "REMOTE_ADDR", "127.0.0.1");
    append_url_variables(out, buffer_string(&webhook->url), webhook->url.length);
    append_text_variable(out, "CONTENT_TYPE", webhook->content_type);
    buffer_append_format(out, " CONTENT_LENGTH=%zu", webhook->body.length);
    append_text_variable(out, "HTTP_X_TWILIO_SIGNATURE", webhook->signature);
    if (webhook->settings.length > 0)
        append_text_variable(out, "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS",
                             buffer_string(&webhook->settings));
    buffer_append_char(out, ' ');
    command_line_append(out, program);
}

#define RESPONDER "twilio-autojoin.fcgi"

enum { PROGRAM_SIZE = 4096 };

static const char usage[] =
    "Usage: twilio-autojoin sign [--url URL] [--curl | --cgi | --send [--connect WHERE]] [--json]\n"
    "                            [--key ID [--algorithm NAME]] [--content-type TYPE]\n"
    "                            [--body BODY | --body - | [--event-stream] NAME=VALUE ...]\n"
    "\n"
    "Signs a webhook as Twilio would, with TWILIO_AUTH_TOKEN or one of AUTOJOIN_SHARED_KEYS, and prints\n"
    "the signature.\n"
    "\n"
    "  --url URL            as it stands at Twilio (AUTOJOIN_PUBLIC_URL)\n"
    "  NAME=VALUE           the parameters, decoded; with an EventType what every webhook has is put in:\n"
    "                       AccountSid and ChatServiceSid of the settings, a DateCreated of two minutes\n"
    "                       ago for onConversationAdded (a made-up conversation of a known service then leaves no ticket)\n"
    "  --event-stream       as the CloudEvent that Event Streams sends of that event\n"
    "  --body BODY          the whole body instead; - for standard input\n"
    "  --content-type TYPE  of the body (application/x-www-form-urlencoded); of another type the\n"
    "                       hash of the body joins the URL and is signed, as Twilio does\n"
    "  --key ID             sign with that one of AUTOJOIN_SHARED_KEYS, and say so as Twilio does, by\n"
    "                       X-Twilio-Webhooks-Signature-Settings\n"
    "  --algorithm NAME     of the SharedKey: HMAC_SHA256 or HMAC_SHA1 (HMAC_SHA256)\n"
    "  --curl               print a curl command that posts it\n"
    "  --cgi                print a command that runs the responder by hand, as plain CGI\n"
    "  --send               post it, show the answer, the time, and with AUTOJOIN_STATS_FILE the reason that\n"
    "                       the responder noted\n"
    "  --connect HOST:PORT  connect there, as if URL led to it; http://HOST:PORT leaves TLS out\n"
    "  --json               a JSON object\n"
    "\n"
    "What is signed for a join event may join the bot: nothing tells it from Twilio's own.\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin sign --send EventType=onMessageAdded\n"
    "    twilio-autojoin sign --curl EventType=onMessageAdded Source=SMS\n"
    "\n"
    "Exit status: 0 signed, or answered with 2xx; 1 answered otherwise; 69 no answer;\n"
    "78 TWILIO_AUTH_TOKEN is not set.\n";

enum mode { MODE_SIGNATURE, MODE_CURL, MODE_CGI, MODE_SEND };

struct sign_options {
    enum mode mode;
    const char *url, *body, *content_type, *connect, *key;
    enum signature_algorithm algorithm;
    bool algorithm_given;
    bool event_stream;
    bool json;
    char *const *parameters;
    size_t parameters_count;
};

static bool set_mode(struct sign_options *options, enum mode mode)
{
    bool first = options->mode == MODE_SIGNATURE;

    options->mode = mode;
    return first;
}

static const char *set_algorithm(struct sign_options *options, const char *name)
{
    size_t i;

    options->algorithm_given = true;
    for (i = 0; i < SIGNATURE_ALGORITHMS; i++) {
        options->algorithm = (enum signature_algorithm)i;
        if (strcmp(name, signature_algorithm_name(options->algorithm)) == 0)
            return NULL;
    }
    return "";
}

static const char *take_option(void *argument, int option)
{
    struct sign_options *options = argument;

    switch (option) {
    case 'u':
        options->url = optarg;
        return NULL;
    case 'b':
        options->body = optarg;
        return NULL;
    case 't':
        options->content_type = optarg;
        return NULL;
    case 'o':
        options->connect = optarg;
        return NULL;
    case 'k':
        options->key = optarg;
        return NULL;
    case 'a':
        return set_algorithm(options, optarg);
    case 'c':
        return set_mode(options, MODE_CURL) ? NULL : "";
    case 'g':
        return set_mode(options, MODE_CGI) ? NULL : "";
    case 's':
        return set_mode(options, MODE_SEND) ? NULL : "";
    case 'e':
        options->event_stream = true;
        options->content_type = "application/json";
        return NULL;
    case 'j':
        options->json = true;
        return NULL;
    default:
        return "";
    }
}

static bool read_options(struct sign_options *options, int argc, char **argv, int *status)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},     {"body", required_argument, NULL, 'b'},
        {"content-type", required_argument, NULL, 't'}, {"curl", no_argument, NULL, 'c'},
        {"cgi", no_argument, NULL, 'g'},           {"send", no_argument, NULL, 's'},
        {"key", required_argument, NULL, 'k'},     {"algorithm", required_argument, NULL, 'a'},
        {"connect", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
        {"event-stream", no_argument, NULL, 'e'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = true};

    if (!command_line_read(&line, argc, argv, options, status))
        return false;
    options->parameters = argv + optind;
    options->parameters_count = (size_t)(argc - optind);
    if ((!options->connect || options->mode == MODE_SEND) &&
        (!options->body || (options->parameters_count == 0 && !options->event_stream)) &&
        (options->key || !options->algorithm_given) &&
        command_line_is_plain(options->content_type, strlen(options->content_type)))
        return true;
    *status = command_line_refuse(usage);
    return false;
}

/* The responder of the same build or installation, if it lies beside us. */
static const char *find_responder(char program[PROGRAM_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", program, PROGRAM_SIZE - sizeof RESPONDER);
    char *slash = length > 0 ? memrchr(program, '/', (size_t)length) : NULL;

    if (slash) {
        memcpy(slash + 1, RESPONDER, sizeof RESPONDER);
        if (access(program, X_OK) == 0)
            return program;
    }
    return AUTOJOIN_PKGLIBEXECDIR "/" RESPONDER;
}

/* The URL without its user and password: what is printed may be kept. */
static void show_url(struct buffer *shown, const struct signed_webhook *webhook)
{
    buffer_init(shown, PUBLIC_URL_LIMIT);
    origin_show(shown, buffer_string(&webhook->url), webhook->url.length);
}

/* A body that is no UTF-8 is null in JSON. */
static void print_text(const char *name, const char *text, bool json,
                       const struct signed_webhook *webhook)
{
    struct buffer url;

    if (!json) {
        printf("%s\n", text);
        return;
    }
    show_url(&url, webhook);
    command_line_print_json(json_pack("{s:s, s:s, s:s*, s:s, s:o?}", "url", buffer_string(&url),
                             "signature", webhook->signature, "settings_header",
                             webhook->settings.length > 0 ? buffer_string(&webhook->settings) : NULL,
                             "content_type", webhook->content_type, name, json_string(text)));
    buffer_free(&url);
}

static bool has_password(const struct signed_webhook *webhook)
{
    struct origin origin;

    return origin_parse(&origin, buffer_string(&webhook->url), webhook->url.length) &&
           origin.userinfo_length > 0;
}

static int print_command(const struct sign_options *options, const struct signed_webhook *webhook,
                         const struct config *config)
{
    char program[PROGRAM_SIZE];
    struct buffer command;
    int status = EX_OK;

    buffer_init(&command, COMMAND_LIMIT);
    if (options->mode == MODE_CURL)
        append_curl_command(&command, webhook);
    else
        append_cgi_command(&command, webhook, find_responder(program), config->path);
    if (options->mode == MODE_CGI && !config->path)
        fputs("twilio-autojoin: the settings come from the environment, which this line leaves "
              "out: put them into a file and name it by AUTOJOIN_CONFIG\n",
              stderr);
    if (options->mode == MODE_CURL && has_password(webhook))
        fputs("twilio-autojoin: the command holds the URL's user and password\n", stderr);
    if (buffer_status(&command) == BUFFER_OK) {
        print_text("command", buffer_string(&command), options->json, webhook);
    } else {
        fputs("twilio-autojoin: the body is too large for a command line\n", stderr);
        status = EX_OSERR;
    }
    buffer_free(&command);
    return status;
}

/* Of an answer, what a terminal can show. */
static void print_answer(const struct signed_webhook_answer *answer)
{
    size_t i;

    printf("%ld in %.1f ms\n", answer->status, (double)answer->took_us / 1000);
    for (i = 0; i < answer->body.length; i++) {
        char c = answer->body.data[i];

        putchar((c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' ? c : '?');
    }
    if (answer->body.length > 0)
        putchar('\n');
}

static void print_answer_json(const struct signed_webhook_answer *answer,
                              const struct signed_webhook *webhook, const struct buffer *noted)
{
    struct buffer body, url;
    size_t i;

    show_url(&url, webhook);
    buffer_init(&body, SIGNED_WEBHOOK_ANSWER_LIMIT);
    for (i = 0; i < answer->body.length; i++) {
        char c = answer->body.data[i];

        buffer_append_char(&body, (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t' ? c : '?');
    }
    command_line_print_json(json_pack("{s:s, s:s, s:i, s:f, s:s, s:s, s:s}", "url", buffer_string(&url),
                             "signature", webhook->signature, "status", (int)answer->status, "ms",
                             (double)answer->took_us / 1000, "body", buffer_string(&body), "reason",
                             answer->reason ? answer->reason : "", "result", buffer_string(noted)));
    buffer_free(&body);
    buffer_free(&url);
}

static int send_webhook(const struct sign_options *options, const struct signed_webhook *webhook,
                        const struct config *config)
{
    const struct signed_webhook_way way = {.connect = options->connect, .ca_file = config->ca_file};
    struct signed_webhook_answer answer;
    int64_t sent_ms = clock_wall_ms();
    struct buffer noted;
    int status = EX_UNAVAILABLE;

    buffer_init(&noted, 1024);
    signed_webhook_send(&answer, webhook, &way);
    if (!answer.reason)
        sign_reason(&noted, config, answer.status, sent_ms);
    if (options->json)
        print_answer_json(&answer, webhook, &noted);
    else if (answer.reason)
        fprintf(stderr, "twilio-autojoin: no answer: %s\n", answer.reason);
    else
        print_answer(&answer);
    /* That alone which the answer does not say itself. */
    if (!options->json && (answer.status >= 300 || strchr(buffer_string(&noted), ':')) && noted.length > 0)
        printf("The responder noted: %s\n", buffer_string(&noted));
    buffer_free(&noted);
    if (!answer.reason)
        status = answer.status >= 200 && answer.status < 300 ? COMMAND_OK : COMMAND_LEFT;
    buffer_free(&answer.body);
    return status;
}

static int show(const struct sign_options *options, const struct signed_webhook *webhook,
                const struct config *config)
{
    switch (options->mode) {
    case MODE_SIGNATURE:
        print_text("body", options->json ? buffer_string(&webhook->body) : webhook->signature,
                   options->json, webhook);
        break;
    case MODE_CURL:
    case MODE_CGI:
        return print_command(options, webhook, config);
    case MODE_SEND:
        return send_webhook(options, webhook, config);
    }
    return EX_OK;
}

static int complain(int status, const char *what)
{
    fprintf(stderr, "twilio-autojoin: %s\n", what);
    return status;
}

/* False if there is no such key. */
static bool choose_signer(struct signed_webhook_signer *signer, const struct sign_options *options,
                          const struct config *config)
{
    const struct setting_shared_keys *keys = &config->shared_keys;
    size_t i;

    *signer = (struct signed_webhook_signer){.secret = config->auth_token};
    for (i = 0; options->key && i < keys->count; i++)
        if (strcmp(keys->ids[i], options->key) == 0)
            *signer = (struct signed_webhook_signer){keys->secrets[i], keys->ids[i], options->algorithm};
    return !options->key || signer->id;
}

static bool make_body(struct buffer *body, const struct sign_options *options,
                      const struct sign_parameters *parameters)
{
    if (options->event_stream)
        return webhook_body_make_event(body, parameters->arguments, parameters->count);
    return webhook_body_make(body, options->body, parameters->arguments, parameters->count);
}

static int sign(const struct sign_options *options, const struct config *config)
{
    struct signed_webhook_signer signer;
    const char *url = options->url ? options->url : config->public_url;
    struct signed_webhook webhook = {.content_type = NULL};
    struct sign_parameters parameters;
    struct buffer body;
    int status = EX_USAGE;

    if (!url)
        return complain(EX_USAGE, "no --url, and AUTOJOIN_PUBLIC_URL is not set");
    if (!command_line_is_plain(url, strlen(url)))
        return complain(EX_USAGE, "the URL holds a control character or one above ASCII");
    if (!choose_signer(&signer, options, config))
        return complain(EX_USAGE, "AUTOJOIN_SHARED_KEYS has no key with the id of --key");
    if (!sign_parameters_complete(&parameters, options->parameters, options->parameters_count, config))
        return complain(EX_OSERR, "out of memory");
    buffer_init(&body, SIGNED_WEBHOOK_BODY_LIMIT);
    if (!make_body(&body, options, &parameters)) {
        buffer_free(&body);
        goto out;
    }
    switch (signed_webhook_make(&webhook, url, options->content_type, &body, &signer)) {
    case SIGNED_WEBHOOK_OK:
        status = show(options, &webhook, config);
        break;
    case SIGNED_WEBHOOK_BAD_URL:
        status = complain(EX_USAGE, "the URL is not an http(s) URL with a host");
        break;
    case SIGNED_WEBHOOK_BAD_BODY:
        status = complain(EX_USAGE, "the body has more parameters than a webhook may have");
        break;
    case SIGNED_WEBHOOK_FAILED:
        status = complain(EX_OSERR, "out of memory, or OpenSSL fails");
        break;
    }
    signed_webhook_free(&webhook);
out:
    sign_parameters_free(&parameters);
    return status;
}

int sign_command(int argc, char **argv)
{
    struct sign_options options = {.content_type = "application/x-www-form-urlencoded",
                                   .algorithm = SIGNATURE_SHA256};
    struct command_context context;
    int status = EX_OK;

    if (!read_options(&options, argc, argv, &status))
        return status;
    status = command_context_open(&context, COMMAND_CONTEXT_SETTINGS);
    harden_forget_environment(); /* libcurl would heed some of it */
    if (status == EX_OK && !context.config.auth_token)
        status = command_context_refuse(&context);
    if (status == EX_OK)
        status = sign(&options, &context.config);
    command_context_close(&context);
    return status;
}
