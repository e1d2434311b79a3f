/*
 * What one reading of the settings makes: it judges webhooks and joins with them. When the settings are read
 * again (SIGHUP) another one takes its place, and this one answers what it has in hand.
 */
#ifndef AUTOJOIN_RESPONDER_SERVICE_H
#define AUTOJOIN_RESPONDER_SERVICE_H

#include <stdbool.h>

#include <event2/event.h>

#include "diagnosis/capture.h"
#include "gateway/fastcgi.h"
#include "spool/spool.h"
#include "spool/spool_counter.h"
#include "spool/spool_joins.h"
#include "support/config.h"
#include "support/log.h"
#include "support/stats.h"
#include "twilio/join.h"
#include "twilio/rest.h"
#include "webhook/handler.h"

/* What stays the same from one to the next. */
struct service_place {
    struct event_base *base;
    int listener;       /* descriptor */
    const char *socket; /* the path that we made for it; NULL: none */
    bool journal;       /* standard error is systemd's journal */
    bool cgi;
    bool independent;   /* no web server started us: its log is not ours */
};

struct service {
    struct config config;
    struct buffer faults; /* a line each; empty: the settings are sound */
    struct log log;
    struct log webhooks;  /* the log of requests, wherever that goes */
    struct rest *rest;
    struct joins *joins;
    struct spool *spool;
    struct spool_counter *counter; /* NULL under CGI */
    struct spool_joins *spooled;
    struct stats *stats;
    bool stats_given;        /* the next one has it */
    struct capture *capture; /* NULL without AUTOJOIN_CAPTURE_DIR */
    struct handler handler;
    struct service *next; /* of those that only answer what they have */
};

/* Reads the settings. NULL if memory ran out; otherwise, whatever they are, to be freed. `environment` is a
 * NULL-ended array. */
struct service *service_new(char *const *environment);

/* Makes what serves. With faulty settings, which are logged, that is a handler that answers 500 to everything:
 * the process stays, because the front would only start it again and again. `before` is the one whose place
 * it takes, or NULL: a statistics file of the same path is taken over. False if memory ran out, or OpenSSL or
 * libcurl does not start. */
bool service_prepare(struct service *service, const struct service_place *place, struct service *before);

/* Logs each fault of the settings, by name. */
void service_log_faults(const struct service *service, const struct log *log);

/* How a FastCGI gateway is to serve with it. Sees to the descriptors that this takes. */
void service_describe(struct service *service, const struct service_place *place,
                      struct fastcgi_options *options);

/* Before it serves under FastCGI: keeps drafts, bounds memory, shuts the process out of the file system, opens the
 * first connection to Twilio. `before` as above. */
void service_begin(struct service *service, const struct service_place *place, const struct service *before);

/* Whether everything that it had in hand is answered. */
bool service_is_idle(const struct service *service);

/* Drops what is under way and frees; NULL is nothing. */
void service_free(struct service *service);

#endif
