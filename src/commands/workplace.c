#include "build.h"

#include "commands/workplace.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "support/harden.h"
#include "support/owner.h"

extern char **environ;

enum { FAULTS_LIMIT = 16 * 1024 };

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", what, why);
    return EX_OSERR;
}

static int open_spool(struct workplace *workplace, bool tolerant)
{
    const struct config *config = &workplace->config;
    enum owner_status owner;

    if (!config->spool_dir)
        return EX_OK;
    owner = owner_become(config->spool_dir, OWNER_NO_GROUP);
    if (owner == OWNER_FAILED)
        return complain("cannot become the owner of the spool directory", owner_describe(owner));
    if (owner != OWNER_OK && !tolerant) {
        complain(config->spool_dir, owner_describe(owner));
        return owner == OWNER_OPEN ? EX_IOERR : EX_OSERR;
    }
    workplace->spool = spool_new(config->spool_dir, config->spool_sync, config->spool_max);
    return workplace->spool ? EX_OK : complain("cannot start", "out of memory");
}

static bool open_parts(struct workplace *workplace)
{
    const struct config *config = &workplace->config;

    workplace->base = event_base_new();
    if (workplace->base)
        workplace->rest = rest_new(config, workplace->base);
    workplace->asker = (struct asker){
        .base = workplace->base,
        .rest = workplace->rest,
        .api_url = config->api_url,
        .interrupted = &workplace->signalled,
    };
    if (workplace->rest)
        workplace->joins =
            joins_new(config, &workplace->log, workplace->rest, workplace->base, NULL);
    return workplace->joins != NULL;
}

int workplace_refuse(const struct workplace *workplace)
{
    fprintf(stderr, "twilio-autojoin: the settings are faulty:\n%s",
            buffer_string(&workplace->faults));
    return EX_CONFIG;
}

int workplace_open(struct workplace *workplace, unsigned needs)
{
    int status = EX_OK;
    bool sound;

    *workplace = (struct workplace){0};
    buffer_init(&workplace->faults, FAULTS_LIMIT);
    sound = config_load(&workplace->config, environ, &workplace->faults) == CONFIG_OK;
    config_scrub_environment(environ);
    workplace->log = (struct log){.format = workplace->config.log_format,
                                  .level = workplace->config.log_level,
                                  .descriptor = STDERR_FILENO,
                                  .priorities =
                                      log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"))};
    if (needs & WORKPLACE_SPOOL)
        status = open_spool(workplace, needs & WORKPLACE_TOLERANT);
    harden_process();
    if (status != EX_OK || !(needs & WORKPLACE_TWILIO))
        return status;
    if (!sound && (needs & WORKPLACE_TOLERANT))
        return EX_OK;
    if (!sound)
        return workplace_refuse(workplace);
    harden_forget_environment();
    return open_parts(workplace) ? EX_OK
                                 : complain("cannot start", "out of memory, or libcurl fails");
}

static void on_signal(evutil_socket_t signal_number, short what, void *argument)
{
    struct workplace *workplace = argument;

    (void)signal_number;
    (void)what;
    workplace->signalled = true;
    event_base_loopbreak(workplace->base);
}

bool workplace_end_on_signals(struct workplace *workplace)
{
    workplace->terminate = evsignal_new(workplace->base, SIGTERM, on_signal, workplace);
    workplace->interrupt = evsignal_new(workplace->base, SIGINT, on_signal, workplace);
    return workplace->terminate && workplace->interrupt &&
           event_add(workplace->terminate, NULL) == 0 && event_add(workplace->interrupt, NULL) == 0;
}

void workplace_close(struct workplace *workplace)
{
    joins_free(workplace->joins);
    rest_free(workplace->rest);
    spool_free(workplace->spool);
    if (workplace->terminate)
        event_free(workplace->terminate);
    if (workplace->interrupt)
        event_free(workplace->interrupt);
    if (workplace->base)
        event_base_free(workplace->base);
    libevent_global_shutdown();
    buffer_free(&workplace->faults);
    config_free(&workplace->config);
}
