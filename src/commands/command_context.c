#include "build.h"

#include "commands/command_context.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command_line.h"
#include "support/clock.h"
#include "support/harden.h"
#include "support/owner.h"

extern char **environ;

enum { FAULTS_LIMIT = 16 * 1024 };

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", what, why);
    return EX_OSERR;
}

static int open_spool(struct command_context *context, bool tolerant)
{
    const struct config *config = &context->config;
    enum owner_status owner;

    if (!config->spool_dir)
        return EX_OK;
    owner = owner_become(config->spool_dir, OWNER_NO_GROUP);
    if (owner == OWNER_FAILED)
        return complain("cannot become the owner of the spool directory", owner_describe(owner));
    if (owner != OWNER_OK && !tolerant) {
        complain(config->spool_dir, owner_describe(owner));
        return owner == OWNER_ABSENT ? EX_OSERR : EX_IOERR;
    }
    context->spool = spool_new(config->spool_dir, config->spool_sync, config->spool_max);
    return context->spool ? EX_OK : complain("cannot start", "out of memory");
}

static bool open_parts(struct command_context *context)
{
    const struct config *config = &context->config;

    context->base = event_base_new();
    if (context->base)
        context->rest = rest_new(config, context->base);
    context->asker = (struct asker){
        .base = context->base,
        .rest = context->rest,
        .api_url = config->api_url,
        .interrupted = &context->signalled,
    };
    if (context->rest)
        context->joins =
            joins_new(config, &context->log, context->rest, context->base, NULL);
    return context->joins != NULL;
}

int command_context_refuse(const struct command_context *context)
{
    fprintf(stderr, "twilio-autojoin: the settings are faulty:\n%s",
            buffer_string(&context->faults));
    return EX_CONFIG;
}

int command_context_open(struct command_context *context, unsigned needs)
{
    int status = EX_OK;
    bool sound;

    *context = (struct command_context){0};
    buffer_init(&context->faults, FAULTS_LIMIT);
    sound = config_load(&context->config, environ, &context->faults) == CONFIG_OK;
    config_scrub_environment(environ);
    context->log = (struct log){.format = context->config.log_format,
                                  .level = context->config.log_level,
                                  .descriptor = STDERR_FILENO,
                                  .priorities =
                                      log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"))};
    if (needs & COMMAND_CONTEXT_SPOOL)
        status = open_spool(context, needs & COMMAND_CONTEXT_TOLERANT);
    harden_process();
    if (status != EX_OK || !(needs & COMMAND_CONTEXT_TWILIO))
        return status;
    if (!sound && (needs & COMMAND_CONTEXT_TOLERANT))
        return EX_OK;
    if (!sound)
        return command_context_refuse(context);
    harden_forget_environment();
    return open_parts(context) ? EX_OK
                                 : complain("cannot start", "out of memory, or libcurl fails");
}

/* Who wraps a command passes on what the terminal has sent to all: that is still the first. */
enum { ECHO_MS = 300 };

static void on_signal(evutil_socket_t signal_number, short what, void *argument)
{
    struct command_context *context = argument;
    int64_t now = clock_monotonic_ms();

    (void)signal_number;
    (void)what;
    if (!context->signalled)
        context->signalled_ms = now;
    context->signalled = true;
    context->insisted = context->insisted || now - context->signalled_ms >= ECHO_MS;
    event_base_loopbreak(context->base);
}

static bool is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
           action.sa_handler == SIG_IGN;
}

static bool take_signal(struct command_context *context, struct event **event, int signal_number)
{
    *event = evsignal_new(context->base, signal_number, on_signal, context);
    return *event && event_add(*event, NULL) == 0;
}

bool command_context_end_on_signals(struct command_context *context)
{
    return take_signal(context, &context->terminate, SIGTERM) && take_signal(context, &context->interrupt, SIGINT) &&
           (is_ignored(SIGHUP) || take_signal(context, &context->hang_up, SIGHUP));
}

bool command_context_ask(struct command_context *context, const char *question)
{
    struct event *const events[] = {context->terminate, context->interrupt, context->hang_up};
    bool answer;
    size_t i;

    for (i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_del(events[i]);
    answer = command_line_ask(question);
    for (i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            answer = event_add(events[i], NULL) == 0 && answer;
    return answer;
}

void command_context_close(struct command_context *context)
{
    joins_free(context->joins);
    rest_free(context->rest);
    spool_free(context->spool);
    if (context->terminate)
        event_free(context->terminate);
    if (context->interrupt)
        event_free(context->interrupt);
    if (context->hang_up)
        event_free(context->hang_up);
    if (context->base)
        event_base_free(context->base);
    libevent_global_shutdown();
    buffer_free(&context->faults);
    config_free(&context->config);
}
