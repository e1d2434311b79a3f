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
#include "commands/stats_prometheus.h"
#include "commands/stats_report.h"
#include "commands/stats_watch.h"
#include "commands/terminal_text.h"
#include "support/clock.h"

enum { PLAIN_COLUMNS = 80, PLAIN_LINES = 24, MANY_TICKETS = 1000, COUNT_EVERY_MS = 10000 };

enum stats_form { STATS_FORM_TABLE, STATS_FORM_JSON, STATS_FORM_PROMETHEUS };

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
    for (i = 0; i < STATS_COUNTER_COUNT; i++) {
        if (strcmp(family, stats_report_counters[i].family) != 0)
            printf("\n%s\n", stats_report_counters[i].family);
        family = stats_report_counters[i].family;
        printf("  %-20s %12" PRIu64 "\n", stats_report_counters[i].value,
               report->counted.counters[stats_report_counters[i].counter]);
    }
    puts("\ntimes (upper bounds)");
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        const struct stats_times *times = &report->counted.times[i];

        printf("  %-10s", stats_report_time_names[i]);
        print_time("p50", stats_quantile_us(times, 0.5));
        print_time("p90", stats_quantile_us(times, 0.9));
        print_time("p99", stats_quantile_us(times, 0.99));
        putchar('\n');
    }
    if (report->has_spool)
        print_spool(report);
    printf("breaker: %s\n", stats_report_breaker_is_open(report) ? "open" : "closed");
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

    for (i = 0; i < STATS_COUNTER_COUNT; i++) {
        json_t *family = json_object_get(object, stats_report_counters[i].family);

        if (!family) {
            family = json_object();
            json_object_set_new(object, stats_report_counters[i].family, family);
        }
        json_object_set_new(
            family, stats_report_counters[i].value,
            json_integer((json_int_t)report->counted.counters[stats_report_counters[i].counter]));
    }
    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        char name[32];

        snprintf(name, sizeof name, "%s_time", stats_report_time_names[i]);
        json_object_set_new(object, name, times_json(&report->counted.times[i]));
    }
    if (report->has_spool)
        add_spool_json(object, report);
    json_object_set_new(object, "breaker_open", json_boolean(stats_report_breaker_is_open(report)));
    command_line_print_json(object);
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
        stats_prometheus_print(report);
        break;
    }
}

static const char usage[] =
    "Usage: twilio-autojoin stats [--watch | --prometheus | --json]\n"
    "\n"
    "Shows what all responders counted (AUTOJOIN_STATS_FILE), and the spool.\n"
    "\n"
    "  --watch        every second what is not zero and how fast it grows, until interrupted\n"
    "  --prometheus   in Prometheus' text format, for node_exporter's textfile collector\n"
    "  --json         as one JSON object\n"
    "\n"
    "Examples:\n"
    "\n"
    "    twilio-autojoin stats --watch\n"
    "    twilio-autojoin stats --prometheus >/var/lib/node_exporter/autojoin.prom\n"
    "\n"
    "Exit status: 0 shown, 66 there is no such file, 78 no AUTOJOIN_STATS_FILE.\n";

static int show(const struct command_context *context, struct stats *stats, enum stats_form form)
{
    struct stats_report report;

    if (!stats_read(stats, &report.counted)) {
        fprintf(stderr, "twilio-autojoin: %s: was shortened just now\n", context->config.stats_file);
        return EX_NOINPUT;
    }
    stats_report_look_at_spool(&report, context->spool);
    print_report(&report, form);
    return EX_OK;
}

static void on_second(evutil_socket_t descriptor, short what, void *argument)
{
    (void)descriptor;
    (void)what;
    event_base_loopbreak(argument);
}

/* Where there is no terminal, a page after the other. */
static void show_watched(const struct stats_watch *watch, const struct stats_report *report)
{
    unsigned columns = terminal_text_width(stdout), lines = terminal_text_height(stdout);
    bool terminal = isatty(STDOUT_FILENO);
    struct buffer page;

    buffer_init(&page, STATS_WATCH_LIMIT);
    stats_watch_page(&page, watch, report, clock_wall_ms(), columns > 0 ? columns : PLAIN_COLUMNS,
                     terminal && lines == 0 ? PLAIN_LINES : lines);
    if (terminal)
        terminal_text_redraw(stdout, buffer_string(&page));
    else
        printf("%s\n", buffer_string(&page));
    fflush(stdout);
    buffer_free(&page);
}

/* Reads all. A spool of many tickets takes a while to count: less often than the rest. */
static int read_all(const struct command_context *context, struct stats *stats, struct stats_report *report,
                    int64_t *counted_ms)
{
    int64_t now_ms = clock_monotonic_ms();

    if (!stats_read(stats, &report->counted)) {
        fprintf(stderr, "twilio-autojoin: %s: was shortened just now\n", context->config.stats_file);
        return EX_NOINPUT;
    }
    if (*counted_ms != 0 && report->spool.tickets > MANY_TICKETS && now_ms - *counted_ms < COUNT_EVERY_MS)
        return EX_OK;
    stats_report_look_at_spool(report, context->spool);
    *counted_ms = now_ms;
    return EX_OK;
}

/* A signal ends it. */
static int watch(struct command_context *context, struct stats *stats)
{
    const struct timeval second = {.tv_sec = 1};
    struct stats_watch watched = {.count = 0};
    struct stats_report report = {.has_spool = false};
    int64_t counted_ms = 0;
    int status;

    context->base = event_base_new();
    if (!context->base || !command_context_end_on_signals(context))
        return EX_OSERR;
    if (isatty(STDOUT_FILENO))
        fputs("\033[2J", stdout);
    do {
        status = read_all(context, stats, &report, &counted_ms);
        if (status != EX_OK)
            return status;
        stats_watch_take(&watched, &report, clock_monotonic_ms());
        show_watched(&watched, &report);
        event_base_once(context->base, -1, EV_TIMEOUT, on_second, context->base, &second);
        event_base_dispatch(context->base);
    } while (!context->signalled && !ferror(stdout));
    if (isatty(STDOUT_FILENO))
        putchar('\n');
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
