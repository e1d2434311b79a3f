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

#include "gateway/cgi.h"
#include "gateway/fastcgi.h"
#include "gateway/listener.h"
#include "responder_options.h"
#include "responder_reload.h"
#include "responder_service.h"
#include "support/harden.h"
#include "support/landlock.h"
#include "support/log.h"
#include "support/notify.h"
#include "support/owner.h"

extern char **environ;

enum { STOP_SIGNALS = 2 };

/* SIGINT is Ctrl-C, and what lighttpd with several workers sends to its whole process group to reload. */
static const int stop_signals[STOP_SIGNALS] = {SIGTERM, SIGINT};

struct responder {
    struct service *service; /* until the loop runs; then it is reload's */
    struct service_place place;
    struct reload reload;
    struct notify notify;
    struct fastcgi *fastcgi;
    struct event *terminate[STOP_SIGNALS];
    struct event *hang_up;
    struct listener listener; /* our own; descriptor -1 if it is somebody else's */
    bool was_root;            /* ... and became the owner of the spool */
    bool terminal;            /* standard error is one */
};

static void release(struct responder *responder)
{
    size_t i;

    fastcgi_close(responder->fastcgi);
    listener_close(&responder->listener);
    reload_close(&responder->reload);
    service_free(responder->reload.current ? responder->reload.current : responder->service);
    for (i = 0; i < STOP_SIGNALS; i++)
        if (responder->terminate[i])
            event_free(responder->terminate[i]);
    if (responder->hang_up)
        event_free(responder->hang_up);
    if (responder->place.base)
        event_base_free(responder->place.base);
    libevent_global_shutdown();
    notify_close(&responder->notify);
}

static int fail(const struct responder *responder, const char *what)
{
    const struct log log = {.descriptor = STDERR_FILENO};

    log_event(responder->service ? &responder->service->log : &log, LOG_LEVEL_ERROR, "cannot start", "reason", what,
              NULL);
    return EX_OSERR;
}

static int serve_cgi(struct responder *responder, char *const *variables)
{
    struct service *service = responder->service;
    struct cgi_options options = {
        .base = responder->place.base,
        .variables = variables,
        .body_limit = HANDLER_BODY_LIMIT,
        .input = STDIN_FILENO,
        .output = STDOUT_FILENO,
        .errors = STDERR_FILENO,
        .serve = handler_serve,
        .application = &service->handler,
    };
    enum cgi_status status;

    harden_memory_limit(1, 0);
    landlock_confine(&service->config, &service->log, NULL, false);
    status = cgi_run(&options);
    if (status == CGI_NO_MEMORY)
        log_event(&service->log, LOG_LEVEL_ERROR, "cannot answer", "reason", "out of memory", NULL);
    return status == CGI_OK ? EX_OK : EX_OSERR;
}

static void on_terminate(evutil_socket_t signal_number, short what, void *argument)
{
    (void)signal_number;
    (void)what;
    struct responder *responder = argument;

    notify_stopping(&responder->notify);
    event_del(responder->hang_up);
    reload_stop(&responder->reload);
    /* Nobody is to wait in a queue that is not served any more. Another's is the next one's, or nobody's:
     * lighttpd makes a socket for each responder, and its workers do not know yet that we stop. */
    fastcgi_stop(responder->fastcgi, responder->listener.descriptor < 0);
    listener_close(&responder->listener);
}

/* The same signal tells that the terminal from which we were started by hand has gone. */
static void on_hang_up(evutil_socket_t signal_number, short what, void *argument)
{
    struct responder *responder = argument;

    if (responder->terminal && !isatty(STDERR_FILENO))
        on_terminate(signal_number, what, argument);
    else
        reload_now(&responder->reload);
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
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(how, &signals, NULL);
}

static struct event *watch_signal(struct responder *responder, int signal_number, event_callback_fn act)
{
    struct event *event = evsignal_new(responder->place.base, signal_number, act, responder);

    if (event && event_add(event, NULL) != 0) {
        event_free(event);
        return NULL;
    }
    return event;
}

static bool watch_signals(struct responder *responder)
{
    size_t i;

    for (i = 0; i < STOP_SIGNALS; i++) {
        responder->terminate[i] = watch_signal(responder, stop_signals[i], on_terminate);
        if (!responder->terminate[i])
            return false;
    }
    responder->hang_up = watch_signal(responder, SIGHUP, on_hang_up);
    return responder->hang_up != NULL;
}

static int serve_fastcgi(struct responder *responder, int listener)
{
    bool own = responder->listener.descriptor >= 0;
    struct fastcgi_options options;

    responder->place.listener = listener;
    responder->place.socket = responder->listener.path;
    responder->reload.place = &responder->place;
    responder->reload.notify = &responder->notify;
    responder->reload.current = responder->service;
    service_describe(responder->service, &responder->place, &options);
    /* Before libfcgi, which puts a handler of its own where there is none. */
    if (!watch_signals(responder) || !reload_open(&responder->reload))
        return fail(responder, "out of memory");
    if (fastcgi_open(&responder->fastcgi, &options) != FASTCGI_OK)
        return fail(responder, "libfcgi or libevent does not start");
    responder->reload.fastcgi = responder->fastcgi;
    service_begin(responder->service, &responder->place, NULL);
    notify_ready(&responder->notify, responder->service->faults.length > 0
                                         ? "The settings are faulty: every request is answered 500, the log says why"
                                         : "Serving");
    stats_count(responder->service->stats, STATS_RESPONDER_STARTED);
    hold_signals(SIG_UNBLOCK);
    event_base_dispatch(responder->place.base);
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
                responder->was_root ? responder->service->config.spool_dir : "");
    buffer_free(&wrong);
    return opened;
}

/* By hand: a web server's responders are nobody's root. Where there is no spool yet, root goes on, and
 * uses none that is not root's. The group for the socket can be given only if we keep it. */
static bool leave_root(struct responder *responder, const char *group_name)
{
    const char *spool = responder->service->config.spool_dir;
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
static int check_config(const struct service *service)
{
    const char *path = service->config.path;

    if (service->faults.length == 0) {
        printf("The settings are well-formed (%s%s).\n", path ? "from " : "no settings file",
               path ? path : "");
        return EX_OK;
    }
    fputs(buffer_string(&service->faults), stderr);
    return EX_CONFIG;
}

static bool prepare(struct responder *responder, const struct responder_options *options)
{
    responder->place.cgi = options->mode == RESPONDER_CGI;
    responder->place.independent = options->mode == RESPONDER_LISTEN || options->descriptor != STDIN_FILENO;
    responder->place.base = event_base_new();
    return responder->place.base && service_prepare(responder->service, &responder->place, NULL);
}

static int run(struct responder *responder, const struct responder_options *options,
               char *const *variables)
{
    if (options->mode == RESPONDER_CHECK_CONFIG)
        return check_config(responder->service);
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
        return serve_fastcgi(responder, options->descriptor);
    default:
        return serve_fastcgi(responder, responder->listener.descriptor);
    }
}

/* What reads the environment, which is scrubbed and forgotten then. False if memory ran out. */
static bool read_environment(struct responder *responder, const struct responder_options *options,
                             char *const *variables)
{
    bool again = options->mode == RESPONDER_FASTCGI || options->mode == RESPONDER_LISTEN;

    responder->place.journal = log_is_journal(STDERR_FILENO, getenv("JOURNAL_STREAM"));
    if (again) {
        notify_open(&responder->notify, getenv("NOTIFY_SOCKET"));
        responder->reload.environment = kept_environment_new(variables);
    }
    responder->service = service_new(variables);
    config_scrub_environment(variables);
    harden_forget_environment();
    return responder->service && (!again || responder->reload.environment);
}

int main(int argc, char **argv)
{
    struct responder responder = {.listener = {.descriptor = -1}, .notify = {.descriptor = -1}};
    struct responder_options options;
    char **variables = environ;
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
    responder.terminal = isatty(STDERR_FILENO);
    if (read_environment(&responder, &options, variables))
        status = run(&responder, &options, variables);
    else
        status = fail(&responder, "out of memory");
    release(&responder);
    return status;
}
