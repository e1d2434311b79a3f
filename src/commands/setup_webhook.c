#include "build.h"

#include "commands/setup_webhook.h"

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/url_difference.h"
#include "support/origin.h"
#include "support/percent.h"
#include "twilio/resources.h"
#include "twilio/webhook_config.h"

enum { EVENTS_SIZE = 4096, EVENT_SIZE = 64 };

/* One level's settings, as they were read. */
struct level {
    const char *name;    /* "account" or "service" */
    const char *service; /* its SID; "" for the account's */
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    struct webhook_config config;
};

const char *setup_webhook_judge_url(const char *url, bool restore)
{
    struct origin origin;

    if (*url == '\0')
        return NULL;
    if (!restore && url[strcspn(url, " \t\r\n")] != '\0')
        return "--url: there is a blank in it";
    if (!restore && strchr(url, '#'))
        return "--url: there is a fragment (#...) in it, which Conversations does not heed";
    if (!origin_parse(&origin, url, strlen(url)))
        return "--url must be http:// or https:// with a host";
    return NULL;
}

/* The next name of a list, cut to fit; false at its end. */
static bool next_event(const char **at, char *event, size_t size)
{
    size_t length;

    *at += strspn(*at, ", ");
    length = strcspn(*at, ", ");
    if (length == 0)
        return false;
    snprintf(event, size, "%.*s", (int)(length < size ? length : size - 1), *at);
    *at += length;
    return true;
}

void setup_webhook_judge_events(const char *events, char *wrong, size_t size)
{
    char event[EVENT_SIZE];
    const char *at = events;

    wrong[0] = '\0';
    if (strcmp(events, "none") == 0)
        return;
    while (next_event(&at, event, sizeof event) && *wrong == '\0')
        if (!webhook_config_is_event(event))
            snprintf(wrong, size, "--events: %s is no event of Conversations (such as onConversationAdded)",
                     event);
}

static bool read_level(struct setup *setup, struct level *level, const char *name)
{
    level->name = name;
    level->service = strcmp(name, "account") == 0 ? "" : setup->service.text;
    resources_webhooks(level->path, sizeof level->path, level->service);
    if (ask_get(&setup->context.asker, level->path, &level->answer) &&
        webhook_config_read(&level->config, level->answer.json))
        return true;
    if (level->answer.status == ASK_OK)
        ask_fail(&level->answer, ASK_OTHER_SHAPE);
    webhook_config_read(&level->config, NULL);
    return false;
}

/* The list as text, "none" for an empty one. */
static void join_events(char *text, size_t size, const struct webhook_config *config)
{
    size_t at = 0, i;

    snprintf(text, size, "%s", config->filter_count ? "" : "none");
    for (i = 0; i < config->filter_count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "," : "", config->filters[i]);
}

/* A command line that makes it what it was. */
static void print_undo(const struct level *level)
{
    const struct webhook_config *now = &level->config;
    char events[EVENTS_SIZE];
    struct buffer line;

    buffer_init(&line, SETUP_FORM_LIMIT);
    join_events(events, sizeof events, now);
    buffer_append_format(&line, "setup --level %s --restore", level->name);
    setup_append_option(&line, "--url", now->url);
    setup_append_option(&line, "--method", *now->method ? now->method : "POST");
    setup_append_option(&line, "--events", events);
    setup_print_undo(&line, now->url);
    buffer_free(&line);
}

static void add_event(struct webhook_config *wanted, const char *event)
{
    if (!webhook_config_has_filter(wanted, event) && wanted->filter_count < WEBHOOK_CONFIG_FILTERS_LIMIT)
        wanted->filters[wanted->filter_count++] = event;
}

/* What the settings are to be: by default everybody else's events stay. */
static void want(const struct setup *setup, const struct webhook_config *now, struct webhook_config *wanted)
{
    const char *names[WEBHOOK_CONFIG_WANTED_LIMIT];
    size_t count = webhook_config_wanted(names, setup->context.config.events), i;
    char *at;

    *wanted = *now;
    wanted->url = setup->options.url;
    wanted->method = setup->options.method ? setup->options.method : "POST";
    if (!setup->options.events) {
        for (i = 0; i < count; i++)
            add_event(wanted, names[i]);
        return;
    }
    wanted->filter_count = 0;
    if (strcmp(setup->options.events, "none") == 0)
        return;
    for (at = setup->options.events; *at;) {
        char *end;

        at += strspn(at, ", ");
        end = at + strcspn(at, ", ");
        if (end > at)
            add_event(wanted, at);
        at = *end ? end + 1 : end;
        *end = '\0';
    }
}

static void print_difference(const struct webhook_config *now, const struct webhook_config *wanted)
{
    char before[EVENTS_SIZE], after[EVENTS_SIZE];

    setup_print_url_change("URL", now->url, wanted->url);
    setup_print_change("method", now->method, wanted->method);
    join_events(before, sizeof before, now);
    join_events(after, sizeof after, wanted);
    setup_print_change("events", before, after);
}

/* Whether Twilio did not take the empty entry by which a form says that a list is to be empty. */
static bool refuses_no_events(const struct ask_answer *answer, const struct webhook_config *wanted)
{
    return answer->status == ASK_REFUSED && answer->http_status == 400 && wanted->filter_count == 0;
}

/* Posts what is wanted. Nobody documents how a list of events is emptied: where an empty entry is refused, the
 * events stay; without a URL none of them is sent. */
static int send_wanted(struct setup *setup, struct setup_change *change, const struct webhook_config *wanted)
{
    struct ask_answer answer;
    bool yes = setup->options.yes;
    int status;

    webhook_config_form(&change->form, wanted);
    status = setup_apply(setup, change, "webhooks", &answer);
    if (refuses_no_events(&answer, wanted) && *wanted->url == '\0') {
        buffer_clear(&change->form);
        webhook_config_form_to(&change->form, wanted);
        setup->options.yes = true; /* this was asked already */
        status = setup_apply(setup, change, "webhooks", &answer);
        setup->options.yes = yes;
        if (status == COMMAND_OK)
            puts("  (Twilio takes no empty list of events: it stays, and without a URL none is sent)");
    }
    if (status != COMMAND_OK && answer.status != ASK_OK)
        setup_failed("webhooks", &answer);
    return status;
}

/* What keeps us from changing it, said on standard error. */
static bool is_refused(const struct setup *setup, const struct level *level, const struct webhook_config *wanted)
{
    const struct webhook_config *now = &level->config;
    char shown[256];

    if (*now->url && strcmp(now->url, wanted->url) != 0 && !setup->options.replace) {
        fflush(stdout);
        fprintf(stderr, "twilio-autojoin: the URL there is not %s, but another: %s: --replace overwrites it\n",
                setup->options.url ? "--url's" : "AUTOJOIN_PUBLIC_URL", url_difference(wanted->url, now->url));
        return true;
    }
    if (*now->pre_url && strcmp(now->pre_url, wanted->url) != 0 && strcmp(now->method, wanted->method) != 0 &&
        !setup->options.method) {
        fflush(stdout);
        setup_show_url(shown, sizeof shown, now->pre_url);
        fprintf(stderr,
                "twilio-autojoin: the pre-event webhook there, %s, is called by %s, and the method is one for "
                "both: --level %s leaves it, --method %s changes it\n",
                shown, *now->method ? now->method : "no method", *level->service ? "account" : "service",
                wanted->method);
        return true;
    }
    return false;
}

static int change_level(struct setup *setup, struct level *level)
{
    struct setup_change change = {.path = level->path};
    struct webhook_config wanted;
    int status = COMMAND_OK;

    want(setup, &level->config, &wanted);
    printf("Webhooks of the %s%s%s:\n", level->name, *level->service ? " " : "", level->service);
    print_difference(&level->config, &wanted);
    buffer_init(&change.form, SETUP_FORM_LIMIT);
    if (webhook_config_same(&level->config, &wanted)) {
        puts("  nothing to change");
    } else if (is_refused(setup, level, &wanted)) {
        status = COMMAND_LEFT;
    } else {
        print_undo(level);
        status = send_wanted(setup, &change, &wanted);
    }
    buffer_free(&change.form);
    return status;
}

/* Takes our URL out of the level where it is one too many. What else is set there stays. */
static int clear_level(struct setup *setup, struct level *level)
{
    struct setup_change change = {.path = level->path};
    int status;

    printf("Webhooks of the %s%s%s, which sends to the same URL, so that every event comes twice:\n",
           level->name, *level->service ? " " : "", level->service);
    setup_print_url_change("URL", level->config.url, "");
    if (!*level->service && !setup->context.config.chat_service_sid)
        puts("  (then only conversations of that service reach us; --level account has those of all)");
    print_undo(level);
    buffer_init(&change.form, SETUP_FORM_LIMIT);
    percent_encode_pair(&change.form, "PostWebhookUrl", "");
    status = setup_apply(setup, &change, "webhooks", NULL);
    buffer_free(&change.form);
    return status;
}

static bool is_ours(const struct setup *setup, const struct level *level)
{
    return *setup->options.url && strcmp(level->config.url, setup->options.url) == 0;
}

/* Without --level it is the service's, unless the account's sends to us already, and no service is set. */
static bool is_account(const struct setup *setup, const struct level *account, const struct level *service)
{
    if (setup->options.level)
        return strcmp(setup->options.level, "account") == 0;
    return !setup->context.config.chat_service_sid && is_ours(setup, account) && !is_ours(setup, service);
}

int setup_webhook(struct setup *setup)
{
    struct level account, service, *level, *other;
    bool account_read = read_level(setup, &account, "account");
    bool service_read = read_level(setup, &service, "service");
    bool chosen = account_read && is_account(setup, &account, &service), other_read;
    int status;

    if (setup->options.level)
        chosen = strcmp(setup->options.level, "account") == 0;
    level = chosen ? &account : &service;
    other = chosen ? &service : &account;
    other_read = chosen ? service_read : account_read;
    if (chosen ? !account_read : !service_read) {
        status = setup_failed(level->path, &level->answer);
        goto out;
    }
    status = change_level(setup, level);
    if (status != COMMAND_OK || setup->options.restore)
        goto out;
    if (!other_read)
        printf("Whether the %s sends to us too cannot be told: %s\n", other->name, other->answer.message);
    else if (is_ours(setup, other))
        status = clear_level(setup, other);
out:
    ask_forget(&account.answer);
    ask_forget(&service.answer);
    return status;
}
