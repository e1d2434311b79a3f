#include "build.h"

/* twilio-autojoin stats: the counters of all processes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "commands/command_context.h"
#include "spool/spool.h"
#include "support/clock.h"
#include "support/stats.h"

enum stats_form { STATS_FORM_TABLE, STATS_FORM_JSON, STATS_FORM_PROMETHEUS };

/* What is shown. */
struct stats_report {
    struct stats_snapshot counted;
    bool has_spool;          /* AUTOJOIN_SPOOL_DIR is set */
    const char *spool_wrong; /* why it cannot be read, so that `spool` says nothing; NULL if it can */
    struct spool_counts spool;
};

enum { BREAKER_FRESH_MS = 2500 }; /* an open breaker says so at least once a second under load */

/* The families of counters, as Prometheus has them: one name, a label for each member. */
static const struct {
    enum stats_counter counter;
    const char *family;
    const char *label;
    const char *value;
} counters[] = {
    {STATS_JOINED, "webhooks", "result", "joined"},
    {STATS_ALREADY_JOINED, "webhooks", "result", "already-joined"},
    {STATS_GONE, "webhooks", "result", "gone"},
    {STATS_IGNORED, "webhooks", "result", "ignored"},
    {STATS_RETRY_LATER, "webhooks", "result", "retry-later"},
    {STATS_REFUSED, "webhooks", "result", "refused"},
    {STATS_FORBIDDEN, "webhooks", "result", "forbidden"},
    {STATS_METHOD_NOT_ALLOWED, "webhooks", "result", "method-not-allowed"},
    {STATS_UNSUPPORTED_TYPE, "webhooks", "result", "unsupported-type"},
    {STATS_TOO_LARGE, "webhooks", "result", "too-large"},
    {STATS_BAD_REQUEST, "webhooks", "result", "bad-request"},
    {STATS_TOKEN_SHA1, "signatures", "key", "auth-token-sha1"},
    {STATS_TOKEN_SHA256, "signatures", "key", "auth-token-sha256"},
    {STATS_SECONDARY_SHA1, "signatures", "key", "secondary-sha1"},
    {STATS_SECONDARY_SHA256, "signatures", "key", "secondary-sha256"},
    {STATS_SHARED_KEY_SHA1, "signatures", "key", "shared-key-sha1"},
    {STATS_SHARED_KEY_SHA256, "signatures", "key", "shared-key-sha256"},
    {STATS_REST_OK, "rest", "outcome", "ok"},
    {STATS_REST_CONFLICT, "rest", "outcome", "conflict"},
    {STATS_REST_LIMITED, "rest", "outcome", "limited"},
    {STATS_REST_CLIENT_ERROR, "rest", "outcome", "client-error"},
    {STATS_REST_SERVER_ERROR, "rest", "outcome", "server-error"},
    {STATS_REST_TIMEOUT, "rest", "outcome", "timeout"},
    {STATS_REST_UNREACHABLE, "rest", "outcome", "unreachable"},
    {STATS_SPOOL_WRITTEN, "spool", "event", "written"},
    {STATS_SPOOL_STRUCK, "spool", "event", "struck"},
    {STATS_SPOOL_FULL, "spool", "event", "full"},
    {STATS_SPOOL_FAILED, "spool", "event", "failed"},
    {STATS_SPOOL_SLOW, "spool", "event", "slow"},
    {STATS_BREAKER_OPENED, "breaker", "event", "opened"},
};

#define COUNTERS (sizeof counters / sizeof counters[0])
_Static_assert(COUNTERS == (size_t)STATS_COUNTER_COUNT, "every counter is shown");

static const char *const time_names[STATS_HISTOGRAM_COUNT] = {"webhook", "rest"};

static void look_at_spool(struct stats_report *report, struct spool *spool)
{
    enum spool_status status;

    report->has_spool = spool != NULL;
    report->spool_wrong = NULL;
    if (!spool)
        return;
    status = spool_count(spool, &report->spool);
    if (status != SPOOL_OK)
        report->spool_wrong = spool_describe(spool, status);
}

static bool is_breaker_open(const struct stats_report *report)
{
    return clock_wall_ms() - report->counted.breaker_open_ms < BREAKER_FRESH_MS;
}

static void print_time(const char *name, int64_t microseconds)
{
    if (microseconds < 0)
        printf("  %s %8s", name, "-");
    else if (microseconds == INT64_MAX)
        printf("  %s %8s", name, "> 5 s");
    else
        printf("  %s %5g ms", name, (double)microseconds / 1000);
}

static void print_spool(const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;

    if (report->spool_wrong) {
        printf("\nspool: cannot be read: %s\n", report->spool_wrong);
        return;
    }
    printf("\nspool: %" PRIu64 " tickets, the oldest %" PRId64 " s old\n", spool->tickets,
           spool->oldest_ms / 1000);
    if (spool->failed > 0 || spool->broken > 0)
        printf("given up: %" PRIu64 " (failed/), no tickets: %" PRIu64 " (broken/)\n", spool->failed,
               spool->broken);
}

static void print_table(const struct stats_report *report)
{
    char since[CLOCK_TEXT_SIZE];
    const char *family = "";
    unsigned i;

    clock_format(report->counted.started_ms, since);
    printf("Since %s\n", since);
    for (i = 0; i < COUNTERS; i++) {
        if (strcmp(family, counters[i].family) != 0)
            printf("\n%s\n", counters[i].family);
        family = counters[i].family;
        printf("  %-20s %12" PRIu64 "\n", counters[i].value,
               report->counted.counters[counters[i].counter]);
    }
    puts("\ntimes (upper bounds)");
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        const struct stats_times *times = &report->counted.times[i];

        printf("  %-10s", time_names[i]);
        print_time("p50", stats_quantile_us(times, 0.5));
        print_time("p90", stats_quantile_us(times, 0.9));
        print_time("p99", stats_quantile_us(times, 0.99));
        putchar('\n');
    }
    if (report->has_spool)
        print_spool(report);
    printf("breaker: %s\n", is_breaker_open(report) ? "open" : "closed");
}

static json_t *times_json(const struct stats_times *times)
{
    static const double quantiles[] = {0.5, 0.9, 0.99};
    static const char *const names[] = {"p50_us", "p90_us", "p99_us"};
    json_t *object = json_object(), *buckets = json_array();
    unsigned i;

    for (i = 0; i < STATS_BUCKET_COUNT; i++)
        json_array_append_new(buckets, json_integer((json_int_t)times->buckets[i]));
    for (i = 0; i < 3; i++) {
        int64_t bound = stats_quantile_us(times, quantiles[i]);

        json_object_set_new(object, names[i],
                            bound < 0 || bound == INT64_MAX ? json_null() : json_integer(bound));
    }
    json_object_set_new(object, "buckets", buckets);
    return object;
}

/* What cannot be told is not zero: it is left out, and "spool_wrong" says why. */
static void add_spool_json(json_t *object, const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;

    if (report->spool_wrong) {
        json_object_set_new(object, "spool_wrong", json_string(report->spool_wrong));
        return;
    }
    json_object_set_new(object, "spool_depth", json_integer((json_int_t)spool->tickets));
    json_object_set_new(object, "spool_oldest_s", json_integer(spool->oldest_ms / 1000));
    json_object_set_new(object, "spool_given_up", json_integer((json_int_t)spool->failed));
    json_object_set_new(object, "spool_broken", json_integer((json_int_t)spool->broken));
}

static void print_json(const struct stats_report *report)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < COUNTERS; i++) {
        json_t *family = json_object_get(object, counters[i].family);

        if (!family) {
            family = json_object();
            json_object_set_new(object, counters[i].family, family);
        }
        json_object_set_new(
            family, counters[i].value,
            json_integer((json_int_t)report->counted.counters[counters[i].counter]));
    }
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        char name[32];

        snprintf(name, sizeof name, "%s_time", time_names[i]);
        json_object_set_new(object, name, times_json(&report->counted.times[i]));
    }
    if (report->has_spool)
        add_spool_json(object, report);
    json_object_set_new(object, "breaker_open", json_boolean(is_breaker_open(report)));
    command_line_print_json(object);
}

static void print_histogram(const char *name, const struct stats_times *times)
{
    uint64_t total = 0;
    unsigned i;

    printf("# TYPE twilio_autojoin_%s_seconds histogram\n", name);
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

static void print_gauge(const char *name, uint64_t value)
{
    printf("# TYPE twilio_autojoin_%s gauge\ntwilio_autojoin_%s %" PRIu64 "\n", name, name, value);
}

static void print_prometheus_spool(const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;

    print_gauge("spool_readable", report->spool_wrong == NULL);
    if (report->spool_wrong)
        return;
    print_gauge("spool_tickets", spool->tickets);
    printf("# TYPE twilio_autojoin_spool_oldest_seconds gauge\n"
           "twilio_autojoin_spool_oldest_seconds %g\n",
           (double)spool->oldest_ms / 1000);
    print_gauge("spool_given_up", spool->failed);
    print_gauge("spool_broken", spool->broken);
}

static void print_prometheus(const struct stats_report *report)
{
    const char *family = "";
    unsigned i;

    for (i = 0; i < COUNTERS; i++) {
        if (strcmp(family, counters[i].family) != 0)
            printf("# TYPE twilio_autojoin_%s_total counter\n", counters[i].family);
        family = counters[i].family;
        printf("twilio_autojoin_%s_total{%s=\"%s\"} %" PRIu64 "\n", counters[i].family,
               counters[i].label, counters[i].value,
               report->counted.counters[counters[i].counter]);
    }
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++)
        print_histogram(time_names[i], &report->counted.times[i]);
    if (report->has_spool)
        print_prometheus_spool(report);
    printf("# TYPE twilio_autojoin_breaker_open gauge\ntwilio_autojoin_breaker_open %d\n",
           is_breaker_open(report));
}

static void print_report(const struct stats_report *report, enum stats_form form)
{
    switch (form) {
    case STATS_FORM_TABLE:
        print_table(report);
        break;
    case STATS_FORM_JSON:
        print_json(report);
        break;
    case STATS_FORM_PROMETHEUS:
        print_prometheus(report);
        break;
    }
}

static const char usage[] =
    "Usage: twilio-autojoin stats [--watch | --prometheus | --json]\n"
    "\n"
    "Shows what all responders counted (AUTOJOIN_STATS_FILE), and the spool.\n"
    "\n"
    "  --watch        show it again every second, until interrupted\n"
    "  --prometheus   in Prometheus' text format, for node_exporter's textfile collector\n"
    "  --json         as one JSON object\n"
    "\n"
    "Exit status: 0 shown, 66 there is no such file, 78 no AUTOJOIN_STATS_FILE.\n";

static int show(const struct command_context *context, struct stats *stats, enum stats_form form)
{
    struct stats_report report;

    if (!stats_read(stats, &report.counted)) {
        fprintf(stderr, "twilio-autojoin: %s: was shortened just now\n", context->config.stats_file);
        return EX_NOINPUT;
    }
    look_at_spool(&report, context->spool);
    print_report(&report, form);
    return EX_OK;
}

static void on_second(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

/* Redraws in place; a signal ends it. */
static int watch(struct command_context *context, struct stats *stats)
{
    const struct timeval second = {.tv_sec = 1};
    bool terminal = isatty(STDOUT_FILENO);
    int status;

    context->base = event_base_new();
    if (!context->base || !command_context_end_on_signals(context))
        return EX_OSERR;
    do {
        if (terminal)
            fputs("\033[H\033[2J", stdout);
        status = show(context, stats, STATS_FORM_TABLE);
        fflush(stdout);
        if (status != EX_OK)
            return status;
        event_base_once(context->base, -1, EV_TIMEOUT, on_second, context->base, &second);
        event_base_dispatch(context->base);
    } while (!context->signalled);
    return EX_OK;
}

static int run(struct command_context *context, bool watching, enum stats_form form)
{
    const char *path = context->config.stats_file;
    struct stats *stats;
    enum stats_status opened;
    int status;

    if (!path) {
        fputs("twilio-autojoin: AUTOJOIN_STATS_FILE is not set: nothing is counted\n", stderr);
        return EX_CONFIG;
    }
    opened = stats_open_for_reading(&stats, path);
    if (opened != STATS_OK) {
        fprintf(stderr, "twilio-autojoin: %s: %s\n", path, stats_describe(opened));
        return EX_NOINPUT;
    }
    status = watching ? watch(context, stats) : show(context, stats, form);
    stats_close(stats);
    return status;
}

struct stats_options {
    enum stats_form form;
    bool watching;
};

static const char *take_option(void *argument, int option)
{
    struct stats_options *options = argument;

    if (option == 'w')
        options->watching = true;
    else
        options->form = option == 'p' ? STATS_FORM_PROMETHEUS : STATS_FORM_JSON;
    return NULL;
}

int stats_command(int argc, char **argv)
{
    static const struct option known[] = {
        {"watch", no_argument, NULL, 'w'}, {"prometheus", no_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},  {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct command_line line = {usage, known, take_option, .arguments = false};
    struct stats_options options = {STATS_FORM_TABLE, false};
    struct command_context context;
    int status;

    if (!command_line_read(&line, argc, argv, &options, &status))
        return status;
    status = command_context_open(&context, COMMAND_CONTEXT_SPOOL | COMMAND_CONTEXT_TOLERANT);
    if (status == EX_OK)
        status = run(&context, options.watching, options.form);
    command_context_close(&context);
    return status;
}
