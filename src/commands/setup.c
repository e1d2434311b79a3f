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
#include "commands/workplace.h"
#include "support/origin.h"
#include "support/percent.h"
#include "support/quantity.h"
#include "twilio/webhookconfig.h"

static const char usage[] =
    "Usage: twilio-autojoin setup [--url URL] [--level service|account] [--retries N]\n"
    "                             [--closed-timer P7D] [--inactive-timer PT1H]\n"
    "                             [--replace] [--dry-run] [--yes]\n"
    "\n"
    "Makes Twilio send onConversationAdded to our URL, and shows the difference first.\n"
    "\n"
    "  --url URL         the webhook URL (AUTOJOIN_PUBLIC_URL)\n"
    "  --level LEVEL     the service's settings (default), or the account's\n"
    "  --retries N       how often Twilio repeats a webhook that failed\n"
    "  --closed-timer D, --inactive-timer D\n"
    "                    close, or set aside, conversations after that time without a message, so\n"
    "                    that the bot never meets Twilio's limit of 1000; ISO 8601; for the account\n"
    "  --replace         overwrite a URL that is somebody else's\n"
    "  --dry-run         show the difference and stop\n"
    "  --yes             do not ask\n"
    "\n"
    "Exit status: 0 done or nothing to do, 1 not done.\n";

enum { FORM_LIMIT = 16 * 1024 };

struct setup {
    const char *url;
    const char *level;
    const char *retries;
    const char *closed_timer;
    const char *inactive_timer;
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
    if (strcmp(before, after) == 0)
        printf("  %-16s %s\n", name, after);
    else
        printf("  %-16s %s\n  %-16s   -> %s\n", name, *before ? before : "(none)", "", after);
}

/* What it was before, in a form that undoes it. */
static void print_undo(const struct setup *setup, const struct webhookconfig *now)
{
    size_t i;

    printf("  Before it was: url=%s method=%s events=", *now->url ? now->url : "(none)",
           *now->method ? now->method : "(none)");
    for (i = 0; i < now->filter_count; i++)
        printf("%s%s", i ? "," : "", now->filters[i]);
    printf("%s\n", now->filter_count ? "" : "(none)");
    if (*now->url)
        printf("  To undo: twilio-autojoin setup --level %s --replace --url '%s'\n", setup->level,
               now->url);
}

static bool is_foreign(const struct setup *setup, const struct webhookconfig *now)
{
    return *now->url && strcmp(now->url, setup->url) != 0 && !setup->replace;
}

static int change_webhook(struct setup *setup)
{
    bool account = strcmp(setup->level, "account") == 0;
    char path[REST_PATH_LIMIT];
    struct change change = {.path = path};
    struct webhookconfig now;
    struct ask_answer answer;
    int status;

    webhookconfig_path(path, sizeof path, account ? "" : setup->service.text);
    if (!ask_get(&setup->workplace, &answer, "%s", path)) {
        status = failed(path, &answer);
        ask_forget(&answer);
        return status;
    }
    webhookconfig_read(&now, answer.json);
    buffer_init(&change.form, FORM_LIMIT);
    webhookconfig_form(&change.form, &now, setup->url, "onConversationAdded");
    printf("Webhooks of the %s%s%s:\n", setup->level, account ? "" : " ",
           account ? "" : setup->service.text);
    print_change("URL", now.url, setup->url);
    print_change("method", now.method, "POST");
    print_change("onConversationAdded",
                 webhookconfig_has_filter(&now, "onConversationAdded") ? "sent" : "not sent", "sent");
    if (strcmp(now.url, setup->url) == 0 && strcmp(now.method, "POST") == 0 &&
        webhookconfig_has_filter(&now, "onConversationAdded")) {
        printf("  nothing to change\n");
        status = COMMAND_OK;
    } else if (is_foreign(setup, &now)) {
        fputs("twilio-autojoin: that URL is somebody else's: --replace overwrites it\n", stderr);
        status = COMMAND_LEFT;
    } else {
        print_undo(setup, &now);
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

/* Twilio has these timers for the account only (Conversations API, /v1/Configuration). */
static int change_timers(struct setup *setup)
{
    static const char path[] = "/v1/Configuration";
    struct change change = {.path = path};
    struct ask_answer answer;
    int status;

    if (!ask_get(&setup->workplace, &answer, "%s", path)) {
        status = failed(path, &answer);
        ask_forget(&answer);
        return status;
    }
    buffer_init(&change.form, FORM_LIMIT);
    puts("Timers of the account's new conversations:");
    if (setup->inactive_timer) {
        print_change("inactive", ask_text(&answer, "default_inactive_timer"),
                     setup->inactive_timer);
        percent_encode_pair(&change.form, "DefaultInactiveTimer", setup->inactive_timer);
    }
    if (setup->closed_timer) {
        print_change("closed", ask_text(&answer, "default_closed_timer"), setup->closed_timer);
        percent_encode_pair(&change.form, "DefaultClosedTimer", setup->closed_timer);
    }
    status = apply(setup, &change, "timers");
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
    if (setup->url && !origin_parse(&origin, setup->url, strlen(setup->url))) {
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
        return optarg[0] == 'P';
    case 'i':
        setup->inactive_timer = optarg;
        return optarg[0] == 'P';
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
        {"replace", no_argument, NULL, 'R'},
        {"dry-run", no_argument, NULL, 'n'},
        {"yes", no_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct setup setup = {.level = "service"};
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
