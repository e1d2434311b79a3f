/*
 * twilio-autojoin.fcgi: the responder. CGI or FastCGI, decided by how it is started.
 */
#include "build.h"

#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diagnosis/capture.h"
#include "gateway/cgi.h"
#include "gateway/fastcgi.h"
#include "gateway/listener.h"
#include "responder_options.h"
#include "spool/spool.h"
#include "spool/spool_draft.h"
#include "support/config.h"
#include "support/harden.h"
#include "support/jitter.h"
#include "support/landlock.h"
#include "support/log.h"
#include "support/owner.h"
#include "support/stats.h"
#include "twilio/join.h"
#include "spool/spool_joins.h"
#include "twilio/rest.h"
#include "webhook/handler.h"

extern char **environ;

enum {
    FAULTS_LIMIT = 16 * 1024,
    SPARE_CONNECTIONS = 512, /* of fronts, besides those whose join is under way */
    OWN_DESCRIPTORS = 64 + SPOOL_DRAFTS_KEPT,
    STOP_SIGNALS = 2,
};

/* SIGINT is Ctrl-C, and what lighttpd with several workers sends to its whole process group to reload. */
static const int stop_signals[STOP_SIGNALS] = {SIGTERM, SIGINT};

struct responder {
    struct config config;
    struct buffer faults;
    struct log log;
    struct log webhooks; /* the log of requests, wherever that goes */
    struct event_base *base;
    struct rest *rest;
    struct joins *joins;
    struct spool *spool;
    struct spool_joins *spooled;
    struct stats *stats;
    struct capture *capture; /* NULL without AUTOJOIN_CAPTURE_DIR */
    struct handler handler;
    struct fastcgi *fastcgi;
    struct event *terminate[STOP_SIGNALS];
    struct listener listener; /* our own; descriptor -1 if it is somebody else's */
    bool journal;             /* standard error is systemd's journal */
    bool was_root;            /* ... and became the owner of the spool */
};

static void log_faults(const struct responder *responder)
{
    const char *at = buffer_string(&responder->faults);

    while (*at) {
        struct log_line line;
        size_t length = strcspn(at, "\n");

        log_line_begin(&line, &responder->log, LOG_LEVEL_ERROR, "faulty setting");
        log_line_bytes(&line, "fault", at, length);
        log_line_end(&line);
        log_write(&responder->log, &line);
        log_line_free(&line);
        at += length + (at[length] == '\n');
    }
}

/* Without statistics everything else still works. */
static void open_stats(struct responder *responder)
{
    const char *path = responder->config.stats_file;
    enum stats_status status;

    if (!path)
        return;
    status = stats_open(&responder->stats, path);
    if (status != STATS_OK)
        log_event(&responder->log, LOG_LEVEL_ERROR, "AUTOJOIN_STATS_FILE cannot be used", "path",
                  path, "reason", stats_describe(status), NULL);
    responder->handler.stats = responder->stats;
}

/* Whether a webhook's line goes to our own standard error: a web server that started us has a log for
 * it, and where we run by ourselves most fronts drop what comes by FCGI_STDERR. Of CGI both are one. */
static bool logs_requests(const struct responder *responder, const struct responder_options *options)
{
    if (options->mode == RESPONDER_CGI || responder->config.log_to == LOG_TO_STDERR)
        return true;
    return responder->config.log_to == LOG_TO_AUTO &&
           (options->mode == RESPONDER_LISTEN || options->descriptor != STDIN_FILENO);
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

/* With faulty settings there is nobody to talk to: the handler, without keys, answers 500, and
 * the process stays, because the front would only start it again and again. */
static bool prepare_joins(struct responder *responder)
{
    responder->handler.keys = make_keys(&responder->config);
    responder->rest = rest_new(&responder->config, responder->base);
    if (responder->rest)
        responder->joins = joins_new(&responder->config, &responder->log,
                                                   responder->rest, responder->base,
                                                   responder->stats);
    if (responder->config.spool_dir)
        responder->spool = spool_new(responder->config.spool_dir, responder->config.spool_sync,
                                     responder->config.spool_max);
    if (responder->joins && (responder->spool || !responder->config.spool_dir))
        responder->spooled = spool_joins_new(&responder->config, &responder->log,
                                       responder->joins, responder->spool,
                                       responder->stats);
    responder->handler.spooled = responder->spooled;
    if (responder->config.capture_dir)
        responder->capture = capture_new(responder->config.capture_dir, &responder->log);
    if (responder->capture)
        responder->handler.capture = capture_request;
    responder->handler.captures = responder->capture;
    return responder->handler.keys && responder->spooled;
}

static bool prepare(struct responder *responder, const struct responder_options *options)
{
    struct jitter jitter;

    responder->log = (struct log){.format = responder->config.log_format,
                                  .level = responder->config.log_level,
                                  .descriptor = STDERR_FILENO,
                                  .priorities = responder->journal};
    responder->webhooks = responder->log;
    responder->webhooks.priorities = responder->journal && logs_requests(responder, options);
    responder->base = event_base_new();
    jitter_init(&jitter);
    responder->handler = (struct handler){.config = &responder->config,
                                          .log = &responder->webhooks,
                                          .join = spool_joins_start,
                                          .tell = spool_joins_tell,
                                          .id_next = jitter_next(&jitter)};
    open_stats(responder);
    if (responder->faults.length > 0)
        log_faults(responder);
    else if (responder->base && !prepare_joins(responder))
        return false;
    return responder->base != NULL;
}

static void release(struct responder *responder)
{
    size_t i;

    fastcgi_close(responder->fastcgi);
    listener_close(&responder->listener);
    joins_free(responder->joins);
    spool_joins_free(responder->spooled);
    spool_free(responder->spool);
    capture_free(responder->capture);
    stats_close(responder->stats);
    rest_free(responder->rest);
    signature_keys_free(responder->handler.keys);
    for (i = 0; i < STOP_SIGNALS; i++)
        if (responder->terminate[i])
            event_free(responder->terminate[i]);
    if (responder->base)
        event_base_free(responder->base);
    libevent_global_shutdown();
    buffer_free(&responder->faults);
    config_free(&responder->config);
}

static int fail(const struct responder *responder, const char *what)
{
    log_event(&responder->log, LOG_LEVEL_ERROR, "cannot start", "reason", what, NULL);
    return EX_OSERR;
}

static int serve_cgi(struct responder *responder, char *const *variables)
{
    struct cgi_options options = {
        .base = responder->base,
        .variables = variables,
        .body_limit = HANDLER_BODY_LIMIT,
        .input = STDIN_FILENO,
        .output = STDOUT_FILENO,
        .errors = STDERR_FILENO,
        .serve = handler_serve,
        .application = &responder->handler,
    };
    enum cgi_status status;

    harden_memory_limit(1);
    landlock_confine(&responder->config, &responder->log, NULL);
    status = cgi_run(&options);
    if (status == CGI_NO_MEMORY)
        log_event(&responder->log, LOG_LEVEL_ERROR, "cannot answer", "reason", "out of memory", NULL);
    return status == CGI_OK ? EX_OK : EX_OSERR;
}

static void on_terminate(evutil_socket_t signal_number, short what, void *argument)
{
    (void)signal_number;
    (void)what;
    struct responder *responder = argument;

    /* Nobody is to wait in a queue that is not served any more. Another's is the next one's, or nobody's:
     * lighttpd makes a socket for each responder, and its workers do not know yet that we stop. */
    fastcgi_stop(responder->fastcgi, responder->listener.descriptor < 0);
    listener_close(&responder->listener);
}

/* Who has a socket answers whom it let in: a signal that comes before the loop runs waits for it, and one
 * that comes once more while we tidy up changes nothing. SIG_BLOCK or SIG_UNBLOCK. */
static void hold_signals(int how)
{
    sigset_t signals;

    size_t i;

    sigemptyset(&signals);
    for (i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&signals, stop_signals[i]);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(how, &signals, NULL);
}

static bool watch_stop_signals(struct responder *responder)
{
    size_t i;

    for (i = 0; i < STOP_SIGNALS; i++) {
        responder->terminate[i] =
            evsignal_new(responder->base, stop_signals[i], on_terminate, responder);
        if (!responder->terminate[i] || event_add(responder->terminate[i], NULL) != 0)
            return false;
    }
    return true;
}

/* A descriptor for each front connection and each connection to Twilio. */
static size_t connections_limit(const struct responder *responder)
{
    size_t pending = (size_t)responder->config.max_pending;
    uint64_t wanted = 2 * pending + SPARE_CONNECTIONS + OWN_DESCRIPTORS;
    uint64_t got = harden_descriptor_limit(wanted);

    if (got >= wanted || got == 0) /* 0: not told; accept() will say */
        return pending + SPARE_CONNECTIONS;
    log_event(&responder->log, LOG_LEVEL_WARN, "too few file descriptors", "fix",
              "raise the hard limit (LimitNOFILE=, ulimit -Hn) or lower AUTOJOIN_MAX_PENDING",
              NULL);
    return got > OWN_DESCRIPTORS + 2 ? (size_t)(got - OWN_DESCRIPTORS) / 2 : 1;
}

static int serve_fastcgi(struct responder *responder, const struct responder_options *given,
                         int listener)
{
    bool own = responder->listener.descriptor >= 0;
    struct fastcgi_options options = {
        .base = responder->base,
        .listener = listener,
        .body_limit = HANDLER_BODY_LIMIT,
        .requests_limit = responder->config.max_pending,
        .connections_limit = connections_limit(responder),
        .serve = handler_serve,
        .application = &responder->handler,
        .log = &responder->log,
        .log_requests = logs_requests(responder, given),
    };

    /* Before libfcgi, which puts a handler of its own where there is none. */
    if (!watch_stop_signals(responder))
        return fail(responder, "out of memory");
    if (fastcgi_open(&responder->fastcgi, &options) != FASTCGI_OK)
        return fail(responder, "libfcgi or libevent does not start");
    if (responder->spool)
        spool_keep_drafts(responder->spool);
    harden_memory_limit(responder->config.max_pending);
    landlock_confine(&responder->config, &responder->log, responder->listener.path);
    if (responder->rest && responder->config.preconnect)
        rest_preconnect(responder->rest);
    stats_count(responder->stats, STATS_RESPONDER_STARTED);
    hold_signals(SIG_UNBLOCK);
    event_base_dispatch(responder->base);
    hold_signals(SIG_BLOCK);
    if (!own)
        close(listener); /* who comes while we tidy up is refused, not left without an answer */
    return EX_OK;
}

static bool open_listener(struct responder *responder, const struct listener_options *options)
{
    struct buffer wrong;
    bool opened;

    buffer_init(&wrong, 1024);
    opened = listener_open(&responder->listener, options, &wrong);
    if (!opened)
        fprintf(stderr, "twilio-autojoin.fcgi: %s%s%s\n", buffer_string(&wrong),
                responder->was_root ? ", tried as the owner of " : "",
                responder->was_root ? responder->config.spool_dir : "");
    buffer_free(&wrong);
    return opened;
}

/* By hand: a web server's responders are nobody's root. Where there is no spool yet, root goes on, and
 * uses none that is not root's. The group for the socket can be given only if we keep it. */
static bool leave_root(struct responder *responder, const char *group_name)
{
    const char *spool = responder->config.spool_dir;
    bool root = geteuid() == 0, left;
    enum owner_status status = OWNER_OK;
    struct buffer wrong;
    gid_t group;

    buffer_init(&wrong, 1024);
    left = listener_find_group(group_name, &group, &wrong);
    if (left && spool)
        status = owner_become(spool, group);
    if (status != OWNER_OK && status != OWNER_ABSENT) {
        buffer_append_format(&wrong, "cannot become the owner of %s: %s", spool, owner_describe(status));
        left = false;
    }
    if (!left)
        fprintf(stderr, "twilio-autojoin.fcgi: %s\n", buffer_string(&wrong));
    buffer_free(&wrong);
    responder->was_root = root && geteuid() != 0;
    harden_process(); /* a process that changes its user may be dumped again */
    return left;
}

/* For a person: the verdict on the settings. */
static int check_config(const struct responder *responder)
{
    const char *path = responder->config.path;

    if (responder->faults.length == 0) {
        printf("The settings are well-formed (%s%s).\n", path ? "from " : "no settings file",
               path ? path : "");
        return EX_OK;
    }
    fputs(buffer_string(&responder->faults), stderr);
    return EX_CONFIG;
}

static int run(struct responder *responder, const struct responder_options *options,
               char *const *variables)
{
    if (options->mode == RESPONDER_CHECK_CONFIG)
        return check_config(responder);
    if (options->mode == RESPONDER_CGI)
        signal(SIGINT, SIG_IGN); /* lighttpd with several workers reloads; one request ends by itself */
    else
        hold_signals(SIG_BLOCK);
    if (!leave_root(responder, options->listener.group))
        return EX_OSERR;
    if (options->mode == RESPONDER_LISTEN && !open_listener(responder, &options->listener))
        return EX_UNAVAILABLE;
    if (!prepare(responder, options))
        return fail(responder, "out of memory, or OpenSSL or libcurl does not start");
    switch (options->mode) {
    case RESPONDER_CGI:
        return serve_cgi(responder, variables);
    case RESPONDER_FASTCGI:
        listener_lengthen_queue(options->descriptor);
        return serve_fastcgi(responder, options, options->descriptor);
    default:
        return serve_fastcgi(responder, options, responder->listener.descriptor);
    }
}

int main(int argc, char **argv)
{
    struct responder responder = {.listener = {.descriptor = -1}, .log = {.descriptor = STDERR_FILENO}};
    struct responder_options options;
    char **variables = environ;
    enum config_status loaded;
    int status;

    /* libfcgi's 8 KiB streams come and go with every request: without fastbins to consolidate and a
     * heap to trim each time, they cost next to nothing. */
    mallopt(M_MXFAST, 0);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    mallopt(M_TOP_PAD, 256 * 1024);
    harden_standard_descriptors();
    harden_process();
    responder_options_read(&options, argc, argv);
    if (options.mode == RESPONDER_DONE)
        return options.status;
    responder.journal = log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"));
    buffer_init(&responder.faults, FAULTS_LIMIT);
    loaded = config_load(&responder.config, variables, &responder.faults);
    config_scrub_environment(variables);
    harden_forget_environment();
    if (loaded == CONFIG_NO_MEMORY)
        status = fail(&responder, "out of memory");
    else
        status = run(&responder, &options, variables);
    release(&responder);
    return status;
}
