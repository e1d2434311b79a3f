#include "build.h"

/* twilio-autojoin explain: why does a signature not match, and what would make it match? */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/webhook_body.h"
#include "commands/command_context.h"
#include "diagnosis/capture.h"
#include "diagnosis/diagnosis_words.h"
#include "diagnosis/request_text.h"
#include "support/settings_file.h"

/* Exit statuses of explain. */
enum { EXPLAIN_HOLDS = 0, EXPLAIN_FOUND = 1, EXPLAIN_NOT_FOUND = 2 };

static int exit_status(const struct diagnosis *diagnosis)
{
    switch (diagnosis->status) {
    case DIAGNOSIS_HOLDS:
        return EXPLAIN_HOLDS;
    case DIAGNOSIS_PROVED:
    case DIAGNOSIS_LIKELY:
        return EXPLAIN_FOUND;
    case DIAGNOSIS_UNKNOWN:
        return EXPLAIN_NOT_FOUND;
    case DIAGNOSIS_NO_MEMORY:
        break;
    }
    return EX_OSERR;
}

static json_t *steps_of(const struct diagnosis *diagnosis)
{
    const char *steps[DIAGNOSIS_WORDS_STEPS];
    size_t count = diagnosis_words_steps(steps, diagnosis), i;
    json_t *array = json_array();

    for (i = 0; i < count; i++)
        json_array_append_new(array, json_string(steps[i]));
    return array;
}

/* The texts of a diagnosis, ready to print. */
struct words {
    struct buffer cause, fix, seen, url, name;
};

static void print_json(const struct diagnosis *diagnosis, const struct words *words)
{
    command_line_print_json(json_pack(
        "{s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:o, s:I, s:I}", "file", buffer_string(&words->name),
        "matches", diagnosis->status == DIAGNOSIS_HOLDS, "proved",
        diagnosis->status == DIAGNOSIS_PROVED, "cause", buffer_string(&words->cause), "fix",
        buffer_string(&words->fix), "seen_url", buffer_string(&words->seen), "url",
        buffer_string(&words->url), "steps", steps_of(diagnosis), "tried",
        (json_int_t)diagnosis->tried, "ms", (json_int_t)(diagnosis->took_us / 1000)));
}

static void print_text(const struct diagnosis *diagnosis, const struct words *words)
{
    if (words->name.length > 0)
        printf("%s:\n", buffer_string(&words->name));
    if (diagnosis->status == DIAGNOSIS_HOLDS) {
        printf("%s\n", buffer_string(&words->cause));
        return;
    }
    if (diagnosis->status != DIAGNOSIS_PROVED && words->seen.length > 0)
        printf("url:   %s\n", buffer_string(&words->seen));
    printf("%s %s\nfix:    %s\n", diagnosis->status == DIAGNOSIS_LIKELY ? "likely:" : "cause:",
           buffer_string(&words->cause), buffer_string(&words->fix));
}

/* Prints a diagnosis; `name` of its file, NULL for none. Returns the exit status. */
static int report(const struct diagnosis *diagnosis, const struct diagnosis_input *input,
                         const char *name, bool json)
{
    struct words words;
    struct buffer *const all[] = {&words.cause, &words.fix, &words.seen, &words.url, &words.name};
    size_t i;

    if (diagnosis->status == DIAGNOSIS_NO_MEMORY) {
        fputs("twilio-autojoin: out of memory, or OpenSSL fails\n", stderr);
        return EX_OSERR;
    }
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_init(all[i], DIAGNOSIS_WORDS_LIMIT);
    diagnosis_words_cause(&words.cause, diagnosis);
    diagnosis_words_fix(&words.fix, diagnosis, input);
    diagnosis_words_plain(&words.seen, buffer_string(&diagnosis->base));
    diagnosis_words_plain(&words.url, buffer_string(&diagnosis->url));
    diagnosis_words_plain(&words.name, name ? name : "");
    if (json)
        print_json(diagnosis, &words);
    else
        print_text(diagnosis, &words);
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_free(all[i]);
    return exit_status(diagnosis);
}

static const char usage[] =
    "Usage: twilio-autojoin explain [--token-file FILE] [--json] [FILE ...]\n"
    "       twilio-autojoin explain [--token-file FILE] [--json] --url URL --signature SIGNATURE\n"
    "                               [--settings-header TEXT] [--content-type TYPE]\n"
    "                               [--body BODY | --body - | NAME=VALUE ...]\n"
    "\n"
    "Says why the signature of a webhook does not match, and what fixes it. FILE is a refused\n"
    "request, kept where AUTOJOIN_CAPTURE_DIR says; without one the newest there is taken.\n"
    "\n"
    "  --url URL            the URL as the responder's log has it (url=...)\n"
    "  --signature TEXT     the X-Twilio-Signature that came with it\n"
    "  --settings-header TEXT  the X-Twilio-Webhooks-Signature-Settings, if one came\n"
    "  --body BODY          the body as it arrived; - for standard input\n"
    "  NAME=VALUE           the body's parameters instead, decoded\n"
    "  --content-type TYPE  of the body (application/x-www-form-urlencoded)\n"
    "  --token-file FILE    one more auth token to try, from the first line of a private file\n"
    "  --json               one JSON object a line\n"
    "\n"
    "Exit status: 0 the signature holds, 1 it does not and this is why, 2 it does not and no\n"
    "cause was found, 66 a file cannot be read, 78 TWILIO_AUTH_TOKEN is not set.\n";

struct explain_options {
    const char *url, *signature, *settings_header, *body, *content_type, *token_file;
    bool json;
    char *const *arguments; /* files, or NAME=VALUE */
    size_t arguments_count;
};

/* The request that is asked about: from a file, or from the command line. */
struct explained {
    struct request request;
    struct buffer text; /* what the request borrows */
};

/* Reads the first line of a file that nobody else may read. */
static bool read_token(struct buffer *token, const char *path)
{
    enum settings_file_status status = settings_file_read(path, token);

    if (status != SETTINGS_FILE_OK) {
        fprintf(stderr, "twilio-autojoin: %s %s\n", path, settings_file_describe(status));
        return false;
    }
    token->data[strcspn(token->data, "\r\n")] = '\0';
    return true;
}

static const char *take_option(void *argument, int option)
{
    struct explain_options *options = argument;

    switch (option) {
    case 'u':
        options->url = optarg;
        return NULL;
    case 's':
        options->signature = optarg;
        return NULL;
    case 'k':
        options->settings_header = optarg;
        return NULL;
    case 'b':
        options->body = optarg;
        return NULL;
    case 't':
        options->content_type = optarg;
        return NULL;
    case 'f':
        options->token_file = optarg;
        return NULL;
    case 'j':
        options->json = true;
        return NULL;
    default:
        return "";
    }
}

static bool read_options(struct explain_options *options, int argc, char **argv, int *status)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},
        {"signature", required_argument, NULL, 's'},
        {"settings-header", required_argument, NULL, 'k'},
        {"body", required_argument, NULL, 'b'},
        {"content-type", required_argument, NULL, 't'},
        {"token-file", required_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = true};

    if (!command_line_read(&line, argc, argv, options, status))
        return false;
    options->arguments = argv + optind;
    options->arguments_count = (size_t)(argc - optind);
    if (!options->url == !options->signature &&
        (options->url ? !options->body || options->arguments_count == 0
                      : !options->body && !options->content_type && !options->settings_header))
        return true;
    *status = command_line_refuse(usage);
    return false;
}

static bool complain(const char *path, const char *why)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", path, why);
    return false;
}

/* Reads a captured request. False, and said on standard error, if it is none. In any case it must
 * be given to forget_request(). */
static bool read_request(struct explained *asked, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool whole;

    *asked = (struct explained){.request = {.body = NULL}};
    buffer_init(&asked->text, REQUEST_TEXT_LIMIT);
    if (descriptor < 0)
        return complain(path, strerror(errno));
    errno = 0;
    whole = webhook_body_read(&asked->text, descriptor);
    close(descriptor);
    if (!whole)
        return complain(path, errno ? strerror(errno) : "too large for a captured request");
    if (!request_text_read(&asked->request, asked->text.data, asked->text.length))
        return complain(path, "not a request that AUTOJOIN_CAPTURE_DIR had kept");
    return true;
}

/* Makes one of the options, which it borrows. The same holds. */
static bool make_request(struct explained *asked, const struct explain_options *options)
{
    struct request *request = &asked->request;

    *asked = (struct explained){.request = {.body_state = REQUEST_BODY_WHOLE}};
    buffer_init(&asked->text, REQUEST_TEXT_LIMIT);
    if (strncmp(options->url, "https://", 8) != 0 && strncmp(options->url, "http://", 7) != 0)
        return complain(options->url, "not an http(s) URL");
    if (!webhook_body_make(&asked->text, options->body, options->arguments,
                           options->arguments_count))
        return false;
    request->values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = options->signature;
    request->values[VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS] = options->settings_header;
    request->values[VARIABLE_CONTENT_TYPE] = options->content_type;
    request->body = asked->text.data;
    request->body_length = asked->text.length;
    return true;
}

static void forget_request(struct explained *asked)
{
    buffer_free(&asked->text);
}

static int explain_one(const struct explain_options *options, const struct diagnosis_input *input,
                       const char *name)
{
    struct diagnosis diagnosis;
    int status;

    diagnosis_find(&diagnosis, input);
    status = report(&diagnosis, input, name, options->json);
    diagnosis_free(&diagnosis);
    return status;
}

static int explain_file(const struct explain_options *options,
                        const struct diagnosis_input *common, const char *path, bool named)
{
    struct diagnosis_input input = *common;
    struct explained request;
    int status = EX_NOINPUT;

    if (read_request(&request, path)) {
        input.request = &request.request;
        status = explain_one(options, &input, named || options->json ? path : NULL);
    }
    forget_request(&request);
    return status;
}

static int explain_files(const struct explain_options *options,
                         const struct diagnosis_input *input)
{
    int status = EX_OK;
    size_t i;

    for (i = 0; i < options->arguments_count; i++) {
        int one = explain_file(options, input, options->arguments[i],
                               options->arguments_count > 1);

        if (one > status)
            status = one;
    }
    return status;
}

static int explain_newest(const struct explain_options *options,
                          const struct diagnosis_input *input)
{
    struct buffer path;
    const char *directory = input->config->capture_dir;
    int status = EX_NOINPUT;

    buffer_init(&path, 8192);
    if (!directory) {
        fputs("twilio-autojoin: no FILE, and AUTOJOIN_CAPTURE_DIR is not set\n", stderr);
        status = EX_USAGE;
    } else if (capture_newest(&path, directory)) {
        status = explain_file(options, input, buffer_string(&path), true);
    } else if (errno == ENODATA) {
        fprintf(stderr, "twilio-autojoin: no refused request is kept in %s yet: let Twilio send one\n",
                directory);
    } else {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", directory, strerror(errno));
    }
    buffer_free(&path);
    return status;
}

static int explain_url(const struct explain_options *options,
                       const struct diagnosis_input *common)
{
    struct diagnosis_input input = *common;
    struct explained request;
    int status = EX_USAGE;

    if (make_request(&request, options)) {
        input.request = &request.request;
        input.base_url = options->url;
        status = explain_one(options, &input, NULL);
    }
    forget_request(&request);
    return status;
}

static int explain(const struct explain_options *options, const struct diagnosis_input *input)
{
    if (options->url)
        return explain_url(options, input);
    return options->arguments_count > 0 ? explain_files(options, input)
                                        : explain_newest(options, input);
}

int explain_command(int argc, char **argv)
{
    struct explain_options options = {.content_type = NULL};
    struct command_context context;
    struct buffer token;
    struct diagnosis_input input = {.config = &context.config};
    int status = EX_OK;

    if (!read_options(&options, argc, argv, &status))
        return status;
    buffer_init_secret(&token, SETTINGS_FILE_LIMIT);
    status = command_context_open(&context, COMMAND_CONTEXT_SETTINGS);
    if (status == EX_OK && !context.config.auth_token)
        status = command_context_refuse(&context);
    if (status == EX_OK && options.token_file) {
        if (!read_token(&token, options.token_file))
            status = EX_NOINPUT;
        input.given_token = buffer_string(&token);
    }
    if (status == EX_OK)
        status = explain(&options, &input);
    buffer_free(&token);
    command_context_close(&context);
    return status;
}
