#include "build.h"

#include "responder_reload.h"

#include <stdio.h>

#include "support/clock.h"
#include "support/landlock.h"

enum {
    TIDY_MS = 100,
    RETIRED_LIMIT = 3, /* each holds statistics, connections to Twilio and a spool for a few seconds */
    STATUS_LIMIT = 400,
};

static void tidy_later(struct reload *reload)
{
    struct timeval delay = clock_delay(TIDY_MS);

    event_add(reload->tidy, &delay);
}

/* One after the other, because the next one may have what this one still uses. */
static void on_tidy(evutil_socket_t descriptor, short what, void *argument)
{
    struct reload *reload = argument;

    (void)descriptor;
    (void)what;
    while (reload->retired && service_is_idle(reload->retired)) {
        struct service *oldest = reload->retired;

        reload->retired = oldest->next;
        service_free(oldest);
    }
    if (reload->wanted)
        reload_now(reload);
    if (reload->retired)
        tidy_later(reload);
}

static void retire(struct reload *reload, struct service *service)
{
    struct service **end = &reload->retired;

    while (*end)
        end = &(*end)->next;
    *end = service;
    tidy_later(reload);
}

static bool is_crowded(const struct reload *reload)
{
    const struct service *service;
    unsigned count = 0;

    for (service = reload->retired; service; service = service->next)
        count++;
    return count >= RETIRED_LIMIT;
}

bool reload_open(struct reload *reload)
{
    reload->tidy = evtimer_new(reload->place->base, on_tidy, reload);
    return reload->tidy != NULL;
}

static void refuse(struct reload *reload, struct service *next, const char *reason, const char *setting)
{
    const struct log *log = &reload->current->log;
    char status[STATUS_LIMIT];

    if (next)
        service_log_faults(next, log);
    log_event(log, LOG_LEVEL_ERROR, "the settings are not taken over: the old ones stay in force", "reason", reason,
              "setting", setting, "fix",
              setting ? "restart the responder" : "mend them, and reload or restart the responder", NULL);
    snprintf(status, sizeof status, "The settings were not taken over, the old ones stay in force: %s%s%s", reason,
             setting ? ": " : "", setting ? setting : "");
    notify_ready(reload->notify, status);
    service_free(next);
}

static void take_over(struct reload *reload, struct service *next)
{
    struct service *before = reload->current;
    struct fastcgi_options options;

    service_describe(next, reload->place, &options);
    fastcgi_change(reload->fastcgi, &options);
    service_begin(next, reload->place, before);
    reload->current = next;
    retire(reload, before);
    log_event(&next->log, LOG_LEVEL_INFO, "settings read again", "path", next->config.path, NULL);
    notify_ready(reload->notify, "Serving; the settings were read again");
}

void reload_now(struct reload *reload)
{
    struct service *next = NULL;
    const char *hindered;
    char *const *environment;

    reload->wanted = is_crowded(reload);
    if (reload->wanted)
        return;
    notify_reloading(reload->notify);
    environment = kept_environment_variables(reload->environment, &reload->current->config);
    if (environment)
        next = service_new(environment);
    kept_environment_forget(reload->environment);
    if (!next) {
        refuse(reload, NULL, "out of memory", NULL);
    } else if (next->faults.length > 0) {
        refuse(reload, next, "they are faulty", NULL);
    } else if ((hindered = landlock_hindered(&reload->current->config, &next->config))) {
        refuse(reload, next, "AUTOJOIN_LANDLOCK keeps this process from following a change", hindered);
    } else if (!service_prepare(next, reload->place, reload->current)) {
        reload->current->stats_given = false;
        next->stats_given = next->stats == reload->current->stats;
        refuse(reload, next, "out of memory, or OpenSSL does not start", NULL);
    } else {
        take_over(reload, next);
    }
}

void reload_stop(struct reload *reload)
{
    reload->wanted = false;
    event_del(reload->tidy);
}

void reload_close(struct reload *reload)
{
    while (reload->retired) {
        struct service *oldest = reload->retired;

        reload->retired = oldest->next;
        service_free(oldest);
    }
    if (reload->tidy)
        event_free(reload->tidy);
    kept_environment_free(reload->environment);
}
