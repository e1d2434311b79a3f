#include "build.h"

#include "responder_service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/spool_draft.h"
#include "support/config_fingerprint.h"
#include "support/harden.h"
#include "support/jitter.h"
#include "support/landlock.h"

enum {
    FAULTS_LIMIT = 16 * 1024,
    SPARE_CONNECTIONS = 512, /* of fronts, besides those whose join is under way */
    OWN_DESCRIPTORS = 64 + SPOOL_DRAFTS_KEPT,
};

struct service *service_new(char *const *environment)
{
    struct service *service = calloc(1, sizeof *service);

    if (!service)
        return NULL;
    service->log = (struct log){.descriptor = STDERR_FILENO};
    buffer_init(&service->faults, FAULTS_LIMIT);
    if (config_load(&service->config, environment, &service->faults) != CONFIG_NO_MEMORY)
        return service;
    service_free(service);
    return NULL;
}

void service_log_faults(const struct service *service, const struct log *log)
{
    const char *at = buffer_string(&service->faults);

    while (*at) {
        struct log_line line;
        size_t length = strcspn(at, "\n");

        log_line_begin(&line, log, LOG_LEVEL_ERROR, "faulty setting");
        log_line_bytes(&line, "fault", at, length);
        log_line_end(&line);
        log_write(log, &line);
        log_line_free(&line);
        at += length + (at[length] == '\n');
    }
}

/* Without statistics everything else still works. */
static void open_stats(struct service *service, struct service *before)
{
    const char *path = service->config.stats_file;
    enum stats_status status;

    if (!path)
        return;
    if (before && before->stats && strcmp(path, before->config.stats_file) == 0 && !stats_is_replaced(before->stats)) {
        service->stats = before->stats;
        before->stats_given = true;
        return;
    }
    status = stats_open(&service->stats, path);
    if (status != STATS_OK)
        log_event(&service->log, LOG_LEVEL_ERROR, "AUTOJOIN_STATS_FILE cannot be used", "path",
                  path, "reason", stats_describe(status), NULL);
}

/* Whether a webhook's line goes to our own standard error: a web server that started us has a log for
 * it, and where we run by ourselves most fronts drop what comes by FCGI_STDERR. Of CGI both are one. */
static bool logs_requests(const struct service *service, const struct service_place *place)
{
    if (place->cgi || service->config.log_to == LOG_TO_STDERR)
        return true;
    return service->config.log_to == LOG_TO_AUTO && place->independent;
}

/* All that Twilio may sign with. NULL if memory or OpenSSL fails. */
static struct signature_keys *make_keys(const struct config *config)
{
    const char *const tokens[] = {config->auth_token, config->auth_token_secondary};
    struct signature_keys *keys = signature_keys_new(tokens, sizeof tokens / sizeof tokens[0]);
    size_t i;

    for (i = 0; keys && i < config->shared_keys.count; i++) {
        if (!signature_keys_add_shared(keys, config->shared_keys.ids[i], config->shared_keys.secrets[i])) {
            signature_keys_free(keys);
            return NULL;
        }
    }
    return keys;
}

static bool prepare_joins(struct service *service, struct event_base *base)
{
    const struct config *config = &service->config;

    service->handler.keys = make_keys(config);
    service->rest = rest_new(config, base);
    if (service->rest)
        service->joins = joins_new(config, &service->log, service->rest, base, service->stats);
    if (config->spool_dir)
        service->spool = spool_new(config->spool_dir, config->spool_sync, config->spool_max);
    if (service->joins && (service->spool || !config->spool_dir))
        service->spooled = spool_joins_new(config, &service->log, service->joins, service->spool, service->stats);
    service->handler.spooled = service->spooled;
    if (config->capture_dir)
        service->capture = capture_new(config->capture_dir, &service->log);
    if (service->capture)
        service->handler.capture = capture_request;
    service->handler.captures = service->capture;
    return service->handler.keys && service->spooled;
}

/* What is to be done after others were served. */
struct postponed {
    void (*go)(void *argument);
    void *argument;
};

static void on_turn(evutil_socket_t descriptor, short what, void *argument)
{
    struct postponed postponed = *(struct postponed *)argument;

    (void)descriptor;
    (void)what;
    free(argument);
    postponed.go(postponed.argument);
}

/* A handler_later_fn of the event loop. Not at once: libevent would call it before it looks for what others sent. */
static bool later(void *base, void (*go)(void *), void *argument)
{
    static const struct timeval soon = {.tv_usec = 1000};
    struct postponed *postponed = malloc(sizeof *postponed);

    if (postponed)
        *postponed = (struct postponed){go, argument};
    if (postponed && event_base_once(base, -1, EV_TIMEOUT, on_turn, postponed, &soon) == 0)
        return true;
    free(postponed);
    return false;
}

bool service_prepare(struct service *service, const struct service_place *place, struct service *before)
{
    struct jitter jitter;

    service->log = (struct log){.format = service->config.log_format,
                                .level = service->config.log_level,
                                .descriptor = STDERR_FILENO,
                                .priorities = place->journal};
    service->webhooks = service->log;
    service->webhooks.priorities = place->journal && logs_requests(service, place);
    jitter_init(&jitter);
    service->handler = (struct handler){.config = &service->config,
                                        .log = &service->webhooks,
                                        .join = spool_joins_start,
                                        .tell = spool_joins_tell,
                                        .later = later,
                                        .loop = place->base,
                                        .id_next = jitter_next(&jitter)};
    open_stats(service, before);
    service->handler.stats = service->stats;
    if (service->faults.length == 0)
        return prepare_joins(service, place->base);
    service_log_faults(service, &service->log);
    return true;
}

/* A descriptor for each front connection and each connection to Twilio. */
static size_t connections_limit(const struct service *service)
{
    size_t pending = (size_t)service->config.max_pending;
    uint64_t wanted = 2 * pending + SPARE_CONNECTIONS + OWN_DESCRIPTORS;
    uint64_t got = harden_descriptor_limit(wanted);

    if (got >= wanted || got == 0) /* 0: not told; accept() will say */
        return pending + SPARE_CONNECTIONS;
    log_event(&service->log, LOG_LEVEL_WARN, "too few file descriptors", "fix",
              "raise the hard limit (LimitNOFILE=, ulimit -Hn) or lower AUTOJOIN_MAX_PENDING",
              NULL);
    return got > OWN_DESCRIPTORS + 2 ? (size_t)(got - OWN_DESCRIPTORS) / 2 : 1;
}

void service_describe(struct service *service, const struct service_place *place,
                      struct fastcgi_options *options)
{
    *options = (struct fastcgi_options){
        .base = place->base,
        .listener = place->listener,
        .body_limit = HANDLER_BODY_LIMIT,
        .requests_limit = service->config.max_pending,
        .connections_limit = connections_limit(service),
        .serve = handler_serve,
        .application = &service->handler,
        .log = &service->log,
        .log_requests = logs_requests(service, place),
    };
}

static void tell_settings(struct service *service)
{
    char settings[CONFIG_FINGERPRINT_SIZE] = "";

    if (service->faults.length == 0)
        config_fingerprint(&service->config, settings);
    stats_serve(service->stats, settings);
}

void service_begin(struct service *service, const struct service_place *place, const struct service *before)
{
    if (service->spool) {
        spool_keep_drafts(service->spool);
        service->counter = spool_counter_new(service->spool, place->base);
    }
    harden_memory_limit(service->config.max_pending, before ? before->config.max_pending : 0);
    tell_settings(service); /* while /proc can be read */
    if (!before || !before->config.landlock)
        landlock_confine(&service->config, &service->log, place->socket, true);
    if (service->rest && service->config.preconnect)
        rest_preconnect(service->rest);
}

bool service_is_idle(const struct service *service)
{
    return service->handler.batches == 0 && (!service->joins || joins_idle(service->joins));
}

void service_free(struct service *service)
{
    if (!service)
        return;
    joins_free(service->joins);
    spool_joins_free(service->spooled);
    spool_counter_free(service->counter);
    spool_free(service->spool);
    capture_free(service->capture);
    if (!service->stats_given)
        stats_close(service->stats);
    rest_free(service->rest);
    signature_keys_free(service->handler.keys);
    buffer_free(&service->faults);
    config_free(&service->config);
    free(service);
}
