#include "build.h"

/* twilio-autojoin explain: why does a signature not match, and what would make it match? */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/command_context.h"
#include "commands/command_line.h"
#include "commands/explain_captures.h"
#include "commands/explain_report.h"
#include "commands/explain_request.h"
#include "support/settings_file.h"

static const char usage[] =
    "Usage: twilio-autojoin explain [--token-file FILE] [--json] [FILE ...]\n"
    "       twilio-autojoin explain [--token-file FILE] [--json] --url URL --signature SIGNATURE\n"
    "                               [--settings-header TEXT] [--content-type TYPE]\n"
    "                               [--body BODY | --body - | NAME=VALUE ...]\n"
    "\n"
    "Says why the signature of a webhook does not match, and what fixes it. FILE is a refused\n"
    "request, kept where AUTOJOIN_CAPTURE_DIR says; without one all that are there are taken,\n"
    "and those that have one cause are told as one, what is proved first.\n"
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
    "Examples:\n"
    "\n"
    "    twilio-autojoin explain\n"
    "    twilio-autojoin explain --url https://api.example.com/webhooks/twilio --signature ... --body -\n"
    "\n"
    "Exit status: 0 the signature holds, 1 it does not and this is why, 2 it does not and no\n"
    "cause was found, 66 a file cannot be read, 78 TWILIO_AUTH_TOKEN is not set.\n";

struct explain_options {
    struct explain_parts parts; /* arguments are files, or NAME=VALUE */
    const char *token_file;
    bool json;
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
        options->parts.url = optarg;
        return NULL;
    case 's':
        options->parts.signature = optarg;
        return NULL;
    case 'k':
        options->parts.settings_header = optarg;
        return NULL;
    case 'b':
        options->parts.body = optarg;
        return NULL;
    case 't':
        options->parts.content_type = optarg;
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
    options->parts.parameters = argv + optind;
    options->parts.parameters_count = (size_t)(argc - optind);
    if (!options->parts.url == !options->parts.signature &&
        (options->parts.url ? !options->parts.body || options->parts.parameters_count == 0
                      : !options->parts.body && !options->parts.content_type && !options->parts.settings_header))
        return true;
    *status = command_line_refuse(usage);
    return false;
}

static int explain_one(const struct explain_options *options, const struct diagnosis_input *input,
                       const char *name)
{
    struct diagnosis diagnosis;
    struct explain_report report;
    int status;

    diagnosis_find(&diagnosis, input);
    explain_report_make(&report, &diagnosis, input);
    explain_report_print(&report, name, 0, options->json);
    status = explain_report_status(&report);
    explain_report_free(&report);
    diagnosis_free(&diagnosis);
    return status;
}

static int explain_file(const struct explain_options *options,
                        const struct diagnosis_input *common, const char *path, bool named)
{
    struct diagnosis_input input = *common;
    struct explain_request request;
    int status = EX_NOINPUT;

    if (explain_request_read(&request, path)) {
        input.request = &request.request;
        status = explain_one(options, &input, named || options->json ? path : NULL);
    }
    explain_request_free(&request);
    return status;
}

static int explain_files(const struct explain_options *options,
                         const struct diagnosis_input *input)
{
    int status = EX_OK;
    size_t i;

    for (i = 0; i < options->parts.parameters_count; i++) {
        int one = explain_file(options, input, options->parts.parameters[i],
                               options->parts.parameters_count > 1);

        if (one > status)
            status = one;
    }
    return status;
}

static int explain_kept(const struct explain_options *options, const struct diagnosis_input *input)
{
    const char *directory = input->config->capture_dir;

    if (directory)
        return explain_captures(directory, input, options->json);
    fputs("twilio-autojoin: no FILE, and AUTOJOIN_CAPTURE_DIR is not set\n", stderr);
    return EX_USAGE;
}

static int explain_url(const struct explain_options *options,
                       const struct diagnosis_input *common)
{
    struct diagnosis_input input = *common;
    struct explain_request request;
    int status = EX_USAGE;

    if (explain_request_make(&request, &options->parts)) {
        input.request = &request.request;
        input.base_url = options->parts.url;
        status = explain_one(options, &input, NULL);
    }
    explain_request_free(&request);
    return status;
}

static int explain(const struct explain_options *options, const struct diagnosis_input *input)
{
    if (options->parts.url)
        return explain_url(options, input);
    return options->parts.parameters_count > 0 ? explain_files(options, input)
                                        : explain_kept(options, input);
}

int explain_command(int argc, char **argv)
{
    struct explain_options options = {.json = false};
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
