/* twilio-autojoin setup: makes Twilio send its webhooks to us. */
#include "build.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/account.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/confirm.h"
#include "commands/shellword.h"
#include "commands/workplace.h"
#include "support/origin.h"
#include "support/percent.h"
#include "support/printable.h"
#include "support/quantity.h"
#include "twilio/webhookconfig.h"

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

enum { FORM_LIMIT = 16 * 1024 };

#define EVENT "onConversationAdded"

struct setup {
    const char *url;
    const char *level;
    const char *retries;
    const char *closed_timer;
    const char *inactive_timer;
    const char *method;
    char *events; /* of --events; taken apart */
    bool replace, dry_run, yes;
    struct workplace workplace;
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
    struct rest_order order = {.method = REST_POST, .path = change->path, .origin = change->origin};
    struct ask_answer answer;
    int status = COMMAND_OK;

    if (buffer_status(&change->form) != BUFFER_OK)
        return COMMAND_LEFT;
    if (setup->dry_run)
        return COMMAND_OK;
    if (!confirm(what, setup->yes))
        return COMMAND_LEFT;
    order.form = change->form.data;
    if (ask(&setup->workplace, &order, &answer))
        printf("%s: done\n", what);
    else
        status = failed(what, &answer);
    ask_forget(&answer);
    return status;
}

static void print_change(const char *name, const char *before, const char *after)
{
    char shown[512];

    printable_copy(shown, sizeof shown, *before ? before : "(none)");
    printf("  %-10s %s\n", name, shown);
    if (strcmp(before, after) == 0)
        return;
    printable_copy(shown, sizeof shown, *after ? after : "(none)");
    printf("  %-10s   -> %s\n", "", shown);
}

/* The list as text, "none" for an empty one. */
static void join_events(char *text, size_t size, const struct webhookconfig *config)
{
    size_t at = 0, i;

    snprintf(text, size, "%s", config->filter_count ? "" : "none");
    for (i = 0; i < config->filter_count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "," : "", config->filters[i]);
}

static void append_option(struct buffer *line, const char *option, const char *value)
{
    buffer_append_format(line, " %s ", option);
    shellword_append(line, value);
}

/* A command line that makes it what it was. */
static void print_undo(const struct setup *setup, const struct webhookconfig *now)
{
    struct buffer line;
    char events[4096];

    buffer_init(&line, FORM_LIMIT);
    join_events(events, sizeof events, now);
    buffer_append_format(&line, "setup --level %s --replace", setup->level);
    append_option(&line, "--url", now->url);
    append_option(&line, "--method", *now->method ? now->method : "POST");
    append_option(&line, "--events", events);
    printf("  To undo: twilio-autojoin %s\n", buffer_string(&line));
    buffer_free(&line);
}

static bool is_foreign(const struct setup *setup, const struct webhookconfig *now)
{
    return *now->url && strcmp(now->url, setup->url) != 0 && !setup->replace;
}

/* What the settings are to be: by default everybody else's events stay. */
static void want(const struct setup *setup, const struct webhookconfig *now,
                 struct webhookconfig *wanted)
{
    char *at;

    *wanted = *now;
    wanted->url = setup->url;
    wanted->method = setup->method;
    if (!setup->events) {
        if (!webhookconfig_has_filter(now, EVENT) && now->filter_count < WEBHOOKCONFIG_FILTERS_LIMIT)
            wanted->filters[wanted->filter_count++] = EVENT;
        return;
    }
    wanted->filter_count = 0;
    if (strcmp(setup->events, "none") == 0)
        return;
    for (at = setup->events; *at && wanted->filter_count < WEBHOOKCONFIG_FILTERS_LIMIT;) {
        char *end;

        at += strspn(at, ", ");
        end = at + strcspn(at, ", ");
        if (end > at)
            wanted->filters[wanted->filter_count++] = at;
        at = *end ? end + 1 : end;
        *end = '\0';
    }
}

static void print_difference(const struct webhookconfig *now, const struct webhookconfig *wanted)
{
    char before[4096], after[4096];

    print_change("URL", now->url, wanted->url);
    print_change("method", now->method, wanted->method);
    join_events(before, sizeof before, now);
    join_events(after, sizeof after, wanted);
    print_change("events", before, after);
}

static int change_webhook(struct setup *setup)
{
    bool account = strcmp(setup->level, "account") == 0;
    char path[REST_PATH_LIMIT];
    struct change change = {.path = path};
    struct webhookconfig now, wanted;
    struct ask_answer answer;
    int status = COMMAND_OK;

    webhookconfig_path(path, sizeof path, account ? "" : setup->service.text);
    if (!ask_get(&setup->workplace, &answer, "%s", path)) {
        status = failed(path, &answer);
        ask_forget(&answer);
        return status;
    }
    buffer_init(&change.form, FORM_LIMIT);
    webhookconfig_read(&now, answer.json);
    want(setup, &now, &wanted);
    printf("Webhooks of the %s%s%s:\n", setup->level, account ? "" : " ",
           account ? "" : setup->service.text);
    print_difference(&now, &wanted);
    if (webhookconfig_same(&now, &wanted)) {
        puts("  nothing to change");
    } else if (is_foreign(setup, &now)) {
        fputs("twilio-autojoin: that URL is somebody else's: --replace overwrites it\n", stderr);
        status = COMMAND_LEFT;
    } else {
        print_undo(setup, &now);
        webhookconfig_form(&change.form, &wanted);
        status = apply(setup, &change, "webhooks");
    }
    buffer_free(&change.form);
    ask_forget(&answer);
    return status;
}

static int change_retries(struct setup *setup)
{
    char origin[WEBHOOKCONFIG_ORIGIN_SIZE], path[REST_PATH_LIMIT];
    struct rest_order order = {.method = REST_GET, .path = path, .origin = origin};
    struct change change = {.path = path, .origin = origin};
    struct ask_answer answer;
    char before[32];
    int status;

    snprintf(path, sizeof path, "/v2/Services/%s", setup->service.text);
    if (!webhookconfig_chat_origin(origin, sizeof origin, setup->workplace.config.api_url))
        return COMMAND_LEFT;
    if (!ask(&setup->workplace, &order, &answer)) {
        status = failed(path, &answer);
        ask_forget(&answer);
        return status;
    }
    snprintf(before, sizeof before, "%lld",
             (long long)json_integer_value(
                 json_object_get(answer.json, "post_webhook_retry_count")));
    ask_forget(&answer);
    printf("Webhook retries of the service %s:\n", setup->service.text);
    print_change("retries", before, setup->retries);
    if (strcmp(before, setup->retries) == 0)
        return COMMAND_OK;
    printf("  To undo: twilio-autojoin setup --retries %s\n", before);
    buffer_init(&change.form, FORM_LIMIT);
    percent_encode_pair(&change.form, "PostWebhookRetryCount", setup->retries);
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
    static const char path[] = "/v1/Configuration";
    struct change change = {.path = path};
    struct ask_answer answer;
    struct buffer undo;
    int status = COMMAND_OK;

    if (!ask_get(&setup->workplace, &answer, "%s", path)) {
        status = failed(path, &answer);
        ask_forget(&answer);
        return status;
    }
    buffer_init(&change.form, FORM_LIMIT);
    buffer_init(&undo, FORM_LIMIT);
    puts("Timers of the account's new conversations:");
    change_timer(&change, "--inactive-timer", "inactive", "DefaultInactiveTimer",
                 ask_text(&answer, "default_inactive_timer"), timer_value(setup->inactive_timer),
                 &undo);
    change_timer(&change, "--closed-timer", "closed", "DefaultClosedTimer",
                 ask_text(&answer, "default_closed_timer"), timer_value(setup->closed_timer),
                 &undo);
    if (undo.length == 0) {
        puts("  nothing to change");
    } else {
        printf("  To undo: twilio-autojoin setup%s\n", buffer_string(&undo));
        status = apply(setup, &change, "timers");
    }
    buffer_free(&undo);
    buffer_free(&change.form);
    ask_forget(&answer);
    return status;
}

static int run(struct setup *setup)
{
    char message[256];
    struct origin origin;
    int status = COMMAND_OK;

    if (!setup->url && !setup->retries && !setup->closed_timer && !setup->inactive_timer)
        setup->url = setup->workplace.config.public_url;
    if (setup->url && *setup->url && !origin_parse(&origin, setup->url, strlen(setup->url))) {
        fputs("twilio-autojoin: --url must be http:// or https:// with a host\n", stderr);
        return EX_USAGE;
    }
    if (!setup->url && !setup->retries && !setup->closed_timer && !setup->inactive_timer) {
        fputs("twilio-autojoin: which URL? Give --url or set AUTOJOIN_PUBLIC_URL\n", stderr);
        return EX_USAGE;
    }
    if (!account_service(&setup->workplace, &setup->service, message)) {
        fprintf(stderr, "twilio-autojoin: %s\n", message);
        return COMMAND_LEFT;
    }
    if (setup->url)
        status = change_webhook(setup);
    if (status == COMMAND_OK && setup->retries)
        status = change_retries(setup);
    if (status == COMMAND_OK && (setup->closed_timer || setup->inactive_timer))
        status = change_timers(setup);
    return status;
}

static bool take_option(struct setup *setup, int option)
{
    uint64_t number;

    switch (option) {
    case 'u':
        setup->url = optarg;
        return true;
    case 'l':
        setup->level = optarg;
        return strcmp(optarg, "service") == 0 || strcmp(optarg, "account") == 0;
    case 'r':
        setup->retries = optarg;
        return quantity_parse_number(optarg, 100, &number);
    case 'c':
        setup->closed_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0;
    case 'i':
        setup->inactive_timer = optarg;
        return optarg[0] == 'P' || strcmp(optarg, "none") == 0;
    case 'm':
        setup->method = optarg;
        return strcmp(optarg, "POST") == 0 || strcmp(optarg, "GET") == 0;
    case 'e':
        setup->events = optarg;
        return true;
    case 'R':
        setup->replace = true;
        return true;
    case 'n':
        setup->dry_run = true;
        return true;
    case 'y':
        setup->yes = true;
        return true;
    default:
        return false;
    }
}

int setup_command(int argc, char **argv)
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
    struct setup setup = {.level = "service", .method = "POST"};
    int option, status;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return EX_OK;
        }
        if (!take_option(&setup, option)) {
            fputs(usage, stderr);
            return EX_USAGE;
        }
    }
    if (optind < argc) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    status = workplace_open(&setup.workplace, WORKPLACE_TWILIO);
    if (status == EX_OK)
        status = run(&setup);
    workplace_close(&setup.workplace);
    return status;
}
