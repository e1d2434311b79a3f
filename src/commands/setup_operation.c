#include "build.h"

#include "commands/setup_operation.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"
#include "support/log.h"
#include "twilio/webhooks_api.h"

/* 30 to 60 s are usual (twilio.com/docs/usage/webhooks/webhook-operations). */
enum { LONGEST_MS = 120 * 1000, BREAK_MIN_S = 2, BREAK_MAX_S = 15 };

static void on_time(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    *(bool *)argument = true;
}

bool setup_operation_pause(struct setup *setup, int64_t milliseconds)
{
    struct command_context *context = &setup->context;
    struct timeval delay = clock_delay(milliseconds);
    bool over = false;
    struct event *timer = evtimer_new(context->base, on_time, &over);

    if (!timer || event_add(timer, &delay) != 0)
        over = true;
    while (!over && !context->signalled)
        event_base_loop(context->base, EVLOOP_ONCE);
    if (timer)
        event_free(timer);
    return !context->signalled;
}

/* What is seen of it. */
struct watch {
    const char *what;
    int64_t begun_ms;
    char status[24];
    bool terminal;
};

static void show(struct watch *watch, const char *status)
{
    long long seconds = (long long)(clock_monotonic_ms() - watch->begun_ms) / 1000;
    char printable[sizeof watch->status];

    log_copy_printable(printable, sizeof printable, status);
    if (watch->terminal)
        printf("\r%s: %s, %lld s\033[K", watch->what, printable, seconds);
    else if (strcmp(watch->status, printable) != 0)
        printf("%s: %s, %lld s\n", watch->what, printable, seconds);
    snprintf(watch->status, sizeof watch->status, "%s", printable);
    fflush(stdout);
}

static void end_line(const struct watch *watch)
{
    if (watch->terminal)
        putchar('\n');
    fflush(stdout);
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? text : "";
}

/* What has ended, told; SETUP_OPERATION_UNFINISHED while it has not. */
static enum setup_operation_end judge(const struct watch *watch, const json_t *operation)
{
    const json_t *error = json_object_get(operation, "error");
    const char *status = text_of(operation, "status");
    char printable[256];

    if (strcmp(status, "COMPLETED") == 0) {
        end_line(watch);
        return SETUP_OPERATION_DONE;
    }
    if (strcmp(status, "FAILED") != 0 && strcmp(status, "CANCELLED") != 0)
        return SETUP_OPERATION_UNFINISHED;
    end_line(watch);
    log_copy_printable(printable, sizeof printable, *text_of(error, "detail") ? text_of(error, "detail") : text_of(error, "title"));
    fprintf(stderr, "twilio-autojoin: %s: Twilio did not do it: %s%s%s\n", watch->what,
            strcmp(status, "FAILED") == 0 ? "it failed" : "it was cancelled", *printable ? ": " : "", printable);
    return SETUP_OPERATION_FAILED;
}

static bool may_pass(const struct ask_answer *answer)
{
    return answer->status == ASK_LIMITED || answer->status == ASK_FAILING || answer->status == ASK_TIMEOUT ||
           answer->status == ASK_UNREACHABLE || answer->status == ASK_BAD_REPLY;
}

static int64_t break_ms(int64_t retry_after_s)
{
    int64_t seconds = retry_after_s < BREAK_MIN_S ? BREAK_MIN_S : retry_after_s;

    return (seconds > BREAK_MAX_S ? BREAK_MAX_S : seconds) * 1000;
}

/* One look; `retry_after_s` is when the next one may be. */
static enum setup_operation_end look(struct watch *watch, const struct asker *api, const char *id,
                                     int64_t *retry_after_s)
{
    enum setup_operation_end end = SETUP_OPERATION_UNFINISHED;
    struct ask_answer answer;
    bool seen = webhooks_api_get(api, "Operations", id, &answer);

    if (seen) {
        show(watch, text_of(answer.json, "status"));
        end = judge(watch, answer.json);
    } else if (!may_pass(&answer)) {
        end_line(watch);
        if (answer.status == ASK_INTERRUPTED)
            end = SETUP_OPERATION_INTERRUPTED;
        else
            fprintf(stderr, "twilio-autojoin: how far %s is cannot be told: %s\n", watch->what, answer.message);
    }
    *retry_after_s = seen || may_pass(&answer) ? answer.retry_after_s : -2; /* -2: no further look */
    ask_forget(&answer);
    return end;
}

enum setup_operation_end setup_operation_wait(struct setup *setup, const struct asker *api, const char *what,
                                              const struct ask_answer *answer)
{
    const json_t *operation = json_object_get(answer->json, "operation");
    struct watch watch = {.what = what, .begun_ms = clock_monotonic_ms(), .terminal = isatty(STDOUT_FILENO)};
    enum setup_operation_end end;
    int64_t retry_after_s = answer->retry_after_s;
    char id[128];

    if (snprintf(id, sizeof id, "%s", text_of(operation, "id")) >= (int)sizeof id || !*id) {
        fprintf(stderr, "twilio-autojoin: %s: Twilio's answer names no Operation to wait for\n", what);
        return SETUP_OPERATION_UNFINISHED;
    }
    show(&watch, text_of(operation, "status"));
    end = judge(&watch, operation);
    while (end == SETUP_OPERATION_UNFINISHED && retry_after_s != -2) {
        if (clock_monotonic_ms() - watch.begun_ms > LONGEST_MS) {
            end_line(&watch);
            fprintf(stderr, "twilio-autojoin: %s: Twilio is not done after two minutes (Operation %.100s)\n", what,
                    id);
            break;
        }
        if (!setup_operation_pause(setup, break_ms(retry_after_s))) {
            end_line(&watch);
            return SETUP_OPERATION_INTERRUPTED;
        }
        end = look(&watch, api, id, &retry_after_s);
    }
    return end;
}
