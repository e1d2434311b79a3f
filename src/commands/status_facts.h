/* What `status` knows: settings, responders, the last webhooks, spool, and what others say. */
#ifndef AUTOJOIN_COMMANDS_STATUS_FACTS_H
#define AUTOJOIN_COMMANDS_STATUS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "commands/command_context.h"
#include "commands/responder_process.h"
#include "commands/stats_report.h"
#include "commands/status_look.h"

enum { STATUS_RESPONDERS_LIMIT = STATS_NOW_PROCESSES, STATUS_REASON_SIZE = 160 };

enum status_settings {
    STATUS_SETTINGS_CURRENT,
    STATUS_SETTINGS_OLDER,  /* other ones than the file has */
    STATUS_SETTINGS_FAULTY, /* it answers 500 to everything */
    STATUS_SETTINGS_UNKNOWN
};

struct status_responder {
    pid_t pid;
    int64_t started_ms;
    int64_t breaker_ms; /* since when it is open; 0: closed, or not known */
    enum status_settings settings;
    char version[STATS_NOW_VERSION_SIZE]; /* "" if it is not known */
    char restart[RESPONDER_PROCESS_RESTART_SIZE]; /* what starts it anew; "" if it is not known */
};

struct status_facts {
    int64_t now_ms;
    const char *settings_path; /* NULL: none */
    size_t fault_count;        /* of the settings that this command reads */
    bool enabled;              /* TWILIO_ENABLED */
    bool counted;              /* the statistics can be read: what follows from `report.counted` is known */
    char uncounted[STATUS_REASON_SIZE]; /* why they cannot ... */
    char uncounted_fix[STATUS_REASON_SIZE]; /* ... and what helps */
    struct stats_report report;
    struct status_responder responders[STATUS_RESPONDERS_LIMIT];
    size_t responder_count;
    struct status_look look;
};

/* Gathers all but `look`. `settings` is AUTOJOIN_CONFIG's value, NULL for the standard file. */
void status_facts_gather(struct status_facts *facts, const struct command_context *context, const char *settings);

#endif
