/* twilio-autojoin setup: makes Twilio send its webhooks to us. */
#include "build.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/check_account.h"
#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/command_context.h"
#include "support/origin.h"
#include "support/percent.h"
#include "support/quantity.h"
#include "support/log.h"
#include "twilio/ask.h"
#include "twilio/resources.h"
#include "twilio/webhook_config.h"

enum { FORM_LIMIT = 16 * 1024, SHOWN_LIMIT = 16 * 1024 };

#define EVENT "onConversationAdded"

static const char usage[] =
    "Usage: twilio-autojoin setup [--url URL] [--level service|account] [--retries N]\n"
    "                             [--method METHOD] [--events LIST] [--closed-timer P7D]\n"
    "                             [--inactive-timer PT1H] [--replace] [--dry-run] [--yes]\n"
    "\n"
    "Makes Twilio send onConversationAdded to our URL, and shows the difference first.\n"
    "\n"
    "  --url URL         the webhook URL (AUTOJOIN_PUBLIC_URL)\n"
    "  --level LEVEL     the service's settings (default), or the account's\n"
    "  --method METHOD   POST (default) or GET, which the responder refuses: to undo\n"
    "  --events LIST     exactly these events, comma-separated, or \"none\"; by default\n"
    "                    onConversationAdded joins those that are there\n"
    "  --retries N       how often Twilio repeats a webhook that failed\n"
    "  --closed-timer D, --inactive-timer D\n"
    "                    close, or set aside, conversations after that time without a message, so\n"
    "                    that the bot never meets Twilio's limit of 1000; ISO 8601 or \"none\"; for\n"
    "                    the account\n"
    "  --replace         overwrite a URL that is somebody else's\n"
    "  --dry-run         show the difference and stop\n"
    "  --yes             do not ask\n"
    "\n"
    "Exit status: 0 done or nothing to do, 1 not done.\n";

struct setup_options {
    const char *url;
    const char *level;
    const char *retries;
    const char *closed_timer;
    const char *inactive_timer;
    const char *method; /* NULL: POST */
    char *events; /* of --events; taken apart */
    bool replace, dry_run, yes;
};

struct setup {
    struct setup_options options;
    struct command_context context;
    struct sid service;
};

/* One change: the settings as they are go to the screen, then the change, then it is made. */
struct change {
    const char *path;
    const char *origin; /* NULL: AUTOJOIN_API_URL */
    struct buffer form;
};

static int failed(const char *what, const struct ask_answer *answer)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", what, answer->message);
    return COMMAND_LEFT;
}

static int apply(struct setup *setup, struct change *change, const char *what)
{
    struct rest_request request = {.method = REST_POST, .path = change->path, .origin = change->origin};
    struct ask_answer answer;
    int status = COMMAND_OK;

    if (buffer_status(&change->form) != BUFFER_OK)
        return COMMAND_LEFT;
    if (setup->options.dry_run)
        return COMMAND_OK;
    if (!command_line_confirm(what, setup->options.yes))
        return COMMAND_LEFT;
    request.form = change->form.data;
    if (ask(&setup->context.asker, &request, &answer))
        printf("%s: done\n", what);
    else
        status = failed(what, &answer);
    ask_forget(&answer);
    return status;
}

static void print_change(const char *name, const char *before, const char *after)
{
    char shown[512];

    log_copy_printable(shown, sizeof shown, *before ? before : "(none)");
    printf("  %-10s %s\n", name, shown);
    if (strcmp(before, after) == 0)
        return;
    log_copy_printable(shown, sizeof shown, *after ? after : "(none)");
    printf("  %-10s   -> %s\n", "", shown);
}

/* Nobody who looks over a shoulder is to read a password of a URL. */
static void print_url_change(const char *before, const char *after)
{
    struct buffer shown_before, shown_after;

    buffer_init(&shown_before, SHOWN_LIMIT);
    buffer_init(&shown_after, SHOWN_LIMIT);
    origin_show(&shown_before, before, strlen(before));
    origin_show(&shown_after, after, strlen(after));
    if (strcmp(before, after) != 0 &&
        strcmp(buffer_string(&shown_before), buffer_string(&shown_after)) == 0)
        buffer_append_string(&shown_after, " (another user or password)");
    print_change("URL", buffer_string(&shown_before), buffer_string(&shown_after));
    buffer_free(&shown_before);
    buffer_free(&shown_after);
}

static bool has_password(const char *url)
{
    struct origin origin;

    return origin_parse(&origin, url, strlen(url)) && origin.userinfo_length > 0;
}

/* The list as text, "none" for an empty one. */
static void join_events(char *text, size_t size, const struct webhook_config *config)
{
    size_t at = 0, i;

    snprintf(text, size, "%s", config->filter_count ? "" : "none");
    for (i = 0; i < config->filter_count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "," : "", config->filters[i]);
}

static void append_option(struct buffer *line, const char *option, const char *value)
{
    buffer_append_format(line, " %s ", option);
    command_line_append(line, value);
}

/* What stands at Twilio may be anything. */
static void print_undo_line(const struct buffer *line, const char *url)
{
    if (command_line_is_plain(buffer_string(line), line->length))
        printf("  To undo%s: twilio-autojoin %s\n",
               has_password(url) ? " (with the URL's password in the clear)" : "",
               buffer_string(line));
    else
        puts("  To undo: by Twilio's console, for what stands there is no plain text");
}

/* A command line that makes it what it was. */
static void print_undo(const struct setup *setup, const struct webhook_config *now)
{
    struct buffer line;
    char events[4096];

    buffer_init(&line, FORM_LIMIT);
    join_events(events, sizeof events, now);
    buffer_append_format(&line, "setup --level %s --replace", setup->options.level);
    append_option(&line, "--url", now->url);
    append_option(&line, "--method", *now->method ? now->method : "POST");
    append_option(&line, "--events", events);
    print_undo_line(&line, now->url);
    buffer_free(&line);
}

static bool is_foreign(const struct setup *setup, const struct webhook_config *now)
{
    return *now->url && strcmp(now->url, setup->options.url) != 0 && !setup->options.replace;
}

/* What the settings are to be: by default everybody else's events stay. */
static void want(const struct setup *setup, const struct webhook_config *now,
                 struct webhook_config *wanted)
{
    char *at;

    *wanted = *now;
    wanted->url = setup->options.url;
    wanted->method = setup->options.method ? setup->options.method : "POST";
    if (!setup->options.events) {
        if (!webhook_config_has_filter(now, EVENT) && now->filter_count < WEBHOOK_CONFIG_FILTERS_LIMIT)
            wanted->filters[wanted->filter_count++] = EVENT;
        return;
    }
    wanted->filter_count = 0;
    if (strcmp(setup->options.events, "none") == 0)
        return;
    for (at = setup->options.events; *at && wanted->filter_count < WEBHOOK_CONFIG_FILTERS_LIMIT;) {
        char *end;

        at += strspn(at, ", ");
        end = at + strcspn(at, ", ");
        if (end > at)
            wanted->filters[wanted->filter_count++] = at;
        at = *end ? end + 1 : end;
        *end = '\0';
    }
}

static void print_difference(const struct webhook_config *now, const struct webhook_config *wanted)
{
    char before[4096], after[4096];

    print_url_change(now->url, wanted->url);
    print_change("method", now->method, wanted->method);
    join_events(before, sizeof before, now);
    join_events(after, sizeof after, wanted);
    print_change("events", before, after);
}

static int change_webhook(struct setup *setup)
{
    bool account = strcmp(setup->options.level, "account") == 0;
    char path[REST_PATH_LIMIT];
    struct change change = {.path = path};
    struct webhook_config now, wanted;
    struct ask_answer answer;
    int status = COMMAND_OK;

    resources_webhooks(path, sizeof path, account ? "" : setup->service.text);
    if (!ask_get(&setup->context.asker, path, &answer) || !webhook_config_read(&now, answer.json)) {
        if (answer.status == ASK_OK)
            ask_fail(&answer, ASK_OTHER_SHAPE);
        return failed(path, &answer);
    }
    buffer_init(&change.form, FORM_LIMIT);
    want(setup, &now, &wanted);
    printf("Webhooks of the %s%s%s:\n", setup->options.level, account ? "" : " ",
           account ? "" : setup->service.text);
    print_difference(&now, &wanted);
    if (webhook_config_same(&now, &wanted)) {
        puts("  nothing to change");
    } else if (is_foreign(setup, &now)) {
        fputs("twilio-autojoin: that URL is somebody else's: --replace overwrites it\n", stderr);
        status = COMMAND_LEFT;
    } else {
        print_undo(setup, &now);
        webhook_config_form(&change.form, &wanted);
        status = apply(setup, &change, "webhooks");
    }
    buffer_free(&change.form);
    ask_forget(&answer);
    return status;
}

static int change_retries(struct setup *setup)
{
    char origin[RESOURCES_ORIGIN_SIZE], path[REST_PATH_LIMIT];
    struct rest_request request = {.method = REST_GET, .path = path, .origin = origin};
    struct change change = {.path = path, .origin = origin};
    struct ask_answer answer;
    char before[32];
    int status;

    resources_chat_service(path, sizeof path, setup->service.text);
    if (!resources_chat_origin(origin, sizeof origin, setup->context.config.api_url))
        return COMMAND_LEFT;
    if (!ask(&setup->context.asker, &request, &answer) ||
        !ask_has_number(&answer, "post_webhook_retry_count"))
        return failed(path, &answer);
    snprintf(before, sizeof before, "%lld",
             (long long)json_integer_value(
                 json_object_get(answer.json, "post_webhook_retry_count")));
    ask_forget(&answer);
    printf("Webhook retries of the service %s:\n", setup->service.text);
    print_change("retries", before, setup->options.retries);
    if (strcmp(before, setup->options.retries) == 0)
        return COMMAND_OK;
    printf("  To undo: twilio-autojoin setup --retries %s\n", before);
    buffer_init(&change.form, FORM_LIMIT);
    percent_encode_pair(&change.form, "PostWebhookRetryCount", setup->options.retries);
    status = apply(setup, &change, "retries");
    buffer_free(&change.form);
    return status;
}

/* Shows one timer, and adds it to the form if it changes; the undo line gets what it was. */
static void change_timer(struct change *change, const char *option, const char *name,
                         const char *parameter, const char *before, const char *after,
                         struct buffer *undo)
{
    if (!after)
        return;
    print_change(name, before, after);
    if (strcmp(before, after) == 0)
        return;
    percent_encode_pair(&change->form, parameter, after);
    append_option(undo, option, *before ? before : "none");
}

static const char *timer_value(const char *option)
{
    return option && strcmp(option, "none") == 0 ? "" : option;
}

/* Twilio has these timers for the account only (Conversations API, /v1/Configuration). */
static int change_timers(struct setup *setup)
{
    char path[REST_PATH_LIMIT];
    struct change change = {.path = path};
    struct ask_answer answer;
    struct buffer undo;
    size_t begun;
    int status = COMMAND_OK;

    resources_configuration(path, sizeof path);
    if (!ask_get(&setup->context.asker, path, &answer) ||
        !ask_has_text(&answer, "default_inactive_timer") ||
        !ask_has_text(&answer, "default_closed_timer"))
        return failed(path, &answer);
    buffer_init(&change.form, FORM_LIMIT);
    buffer_init(&undo, FORM_LIMIT);
    buffer_append_string(&undo, "setup");
    begun = undo.length;
    puts("Timers of the account's new conversations:");
    change_timer(&change, "--inactive-timer", "inactive", "DefaultInactiveTimer",
                 ask_text(&answer, "default_inactive_timer"),
                 timer_value(setup->options.inactive_timer), &undo);
    change_timer(&change, "--closed-timer", "closed", "DefaultClosedTimer",
                 ask_text(&answer, "default_closed_timer"), timer_value(setup->options.closed_timer),
                 &undo);
    if (undo.length == begun) {
        puts("  nothing to change");
    } else {
        print_undo_line(&undo, "");
        status = apply(setup, &change, "timers");
    }
    buffer_free(&undo);
    buffer_free(&change.form);
    ask_forget(&answer);
    return status;
}

static int run(struct setup *setup)
{
    struct setup_options *options = &setup->options;
    bool timers = options->closed_timer || options->inactive_timer;
    struct ask_answer failure;
    struct origin origin;
    int status = COMMAND_OK;

    bool webhook = options->method || options->events || options->replace || (!options->retries && !timers);

    if (!options->url && webhook)
        options->url = setup->context.config.public_url;
    if (options->url && *options->url && !origin_parse(&origin, options->url, strlen(options->url))) {
        fputs("twilio-autojoin: --url must be http:// or https:// with a host\n", stderr);
        return EX_USAGE;
    }
    if (!options->url && webhook) {
        fputs("twilio-autojoin: which URL? Give --url or set AUTOJOIN_PUBLIC_URL\n", stderr);
        return EX_USAGE;
    }
    if (!check_account_service(&setup->context.asker, &setup->context.config, &setup->service, &failure)) {
        fprintf(stderr, "twilio-autojoin: %s\n", failure.message);
        return COMMAND_LEFT;
    }
    if (options->url)
        status = change_webhook(setup);
    if (status == COMMAND_OK && options->retries)
        status = change_retries(setup);
    if (status == COMMAND_OK && timers)
        status = change_timers(setup);
    return status;
}

static const char *take_option(void *argument, int option)
{
    struct setup_options *options = argument;
    uint64_t number;

    switch (option) {
    case 'u':
        options->url = optarg;
        return NULL;
    case 'l':
        options->level = optarg;
        return strcmp(optarg, "service") == 0 || strcmp(optarg, "account") == 0 ? NULL : "";
    case 'r':
        options->retries = optarg;
        return quantity_parse_number(optarg, 100, &number) ? NULL : "";
    case 'c':
        options->closed_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0 ? NULL : "";
    case 'i':
        options->inactive_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0 ? NULL : "";
    case 'm':
        options->method = optarg;
        return strcmp(optarg, "POST") == 0 || strcmp(optarg, "GET") == 0 ? NULL : "";
    case 'e':
        options->events = optarg;
        return NULL;
    case 'R':
        options->replace = true;
        return NULL;
    case 'n':
        options->dry_run = true;
        return NULL;
    case 'y':
        options->yes = true;
        return NULL;
    default:
        return "";
    }
}

/* Reads the command line. False if that is all there is to do, with the exit status. */
static bool read_options(struct setup_options *options, int argc, char **argv, int *status)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},
        {"level", required_argument, NULL, 'l'},
        {"retries", required_argument, NULL, 'r'},
        {"closed-timer", required_argument, NULL, 'c'},
        {"inactive-timer", required_argument, NULL, 'i'},
        {"method", required_argument, NULL, 'm'},
        {"events", required_argument, NULL, 'e'},
        {"replace", no_argument, NULL, 'R'},
        {"dry-run", no_argument, NULL, 'n'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};

    *options = (struct setup_options){.level = "service"};
    return command_line_read(&line, argc, argv, options, status);
}

int setup_command(int argc, char **argv)
{
    struct setup setup = {0};
    int status = EX_OK;

    if (!read_options(&setup.options, argc, argv, &status))
        return status;
    status = command_context_open(&setup.context, COMMAND_CONTEXT_TWILIO);
    if (status == EX_OK)
        status = run(&setup);
    command_context_close(&setup.context);
    return status;
}
