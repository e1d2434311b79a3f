#include "build.h"

#include "commands/stats_prometheus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "support/clock.h"

/* What each family of counters and each histogram is, for people who meet it without these sources. */
static const struct {
    const char *name;
    const char *help;
} helps[] = {
    {"webhooks", "Requests by result: the result word of the log line."},
    {"stream_events", "Events of Event Streams by result, and its requests that were refused as a whole."},
    {"signatures", "Requests whose signature held, by the kind of key and the algorithm that proved it."},
    {"rest", "REST exchanges with Twilio by outcome."},
    {"spool", "What happened to tickets: full and failed are joins that could not be kept."},
    {"breaker", "How often a responder stopped asking a Twilio that does not answer."},
    {"responder", "Responders that began to serve: those after the first are restarts."},
    {"webhook", "From the whole request to its answer, of webhooks that call for a join."},
    {"rest_exchange", "Of one REST exchange with Twilio."},
};

static const char *help_of(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof helps / sizeof helps[0]; i++)
        if (strcmp(helps[i].name, name) == 0)
            return helps[i].help;
    return "Counted by the responders.";
}

static void print_head(const char *name, const char *unit, const char *type, const char *help)
{
    printf("# HELP twilio_autojoin_%s%s %s\n# TYPE twilio_autojoin_%s%s %s\n", name, unit, help, name,
           unit, type);
}

static void print_counters(const struct stats_report *report)
{
    const char *family = "";
    unsigned i;

    for (i = 0; i < STATS_COUNTER_COUNT; i++) {
        const struct stats_report_counter *counter = &stats_report_counters[i];

        if (strcmp(family, counter->family) != 0)
            print_head(counter->family, "_total", "counter", help_of(counter->family));
        family = counter->family;
        printf("twilio_autojoin_%s_total{%s=\"%s\"} %" PRIu64 "\n", family, counter->label, counter->value,
               report->counted.counters[counter->counter]);
    }
}

static void print_histogram(const char *name, const char *help, const struct stats_times *times)
{
    uint64_t total = 0;
    unsigned i;

    print_head(name, "_seconds", "histogram", help);
    for (i = 0; i < STATS_BUCKET_COUNT; i++) {
        total += times->buckets[i];
        if (i < STATS_BUCKET_COUNT - 1)
            printf("twilio_autojoin_%s_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                   (double)stats_bounds_us[i] / 1e6, total);
        else
            printf("twilio_autojoin_%s_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, total);
    }
    printf("twilio_autojoin_%s_seconds_sum %.6f\n", name, (double)times->sum_us / 1e6);
    printf("twilio_autojoin_%s_seconds_count %" PRIu64 "\n", name, total);
}

static void print_gauge(const char *name, const char *help, uint64_t value)
{
    print_head(name, "", "gauge", help);
    printf("twilio_autojoin_%s %" PRIu64 "\n", name, value);
}

static void print_seconds(const char *name, const char *help, int64_t milliseconds)
{
    print_head(name, "_seconds", "gauge", help);
    printf("twilio_autojoin_%s_seconds %.3f\n", name, (double)milliseconds / 1000);
}

static void print_spool(const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;

    print_gauge("spool_readable", "1 if AUTOJOIN_SPOOL_DIR can be read; otherwise the others of it are missing.",
                report->spool_wrong == NULL);
    if (report->spool_wrong)
        return;
    print_gauge("spool_tickets", "Joins that wait to be finished.", spool->tickets);
    print_seconds("spool_oldest", "Age of the oldest ticket that waits; 0 without any.", spool->oldest_ms);
    print_gauge("spool_given_up", "Tickets in failed/: twilio-autojoin drain --failed tries them again.",
                spool->failed);
    print_gauge("spool_broken", "Files in broken/ that are no tickets.", spool->broken);
}

void stats_prometheus_print(const struct stats_report *report)
{
    unsigned i;

    print_counters(report);
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        const char *name = stats_report_time_names[i];

        print_histogram(name, help_of(i == STATS_REST_TIME ? "rest_exchange" : "webhook"),
                        &report->counted.times[i]);
    }
    if (report->has_spool)
        print_spool(report);
    print_gauge("breaker_open", "1 while a responder asks Twilio once a second only, for want of an answer.",
                stats_report_breaker_is_open(report));
    print_seconds("counting_since_timestamp", "When the counters began, as Unix time.",
                  report->counted.started_ms);
    print_seconds("written_timestamp", "When this was printed, as Unix time: how old these figures are.",
                  clock_wall_ms());
}
