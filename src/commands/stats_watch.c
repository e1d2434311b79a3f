#include "build.h"

#include "commands/stats_watch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "support/log.h"

enum { CELL_WIDTH = 39, LINE_SIZE = 256, NUMBER_SIZE = 16, FIXED_LINES = 3 };

void stats_watch_take(struct stats_watch *watch, const struct stats_report *report, int64_t at_ms)
{
    size_t slot = watch->count % STATS_WATCH_SAMPLES;

    memcpy(watch->samples[slot], report->counted.counters, sizeof watch->samples[slot]);
    watch->sampled_ms[slot] = at_ms;
    watch->count++;
}

/* A line is cut to the terminal's width. */
__attribute__((format(printf, 3, 4))) static void add_line(struct buffer *page, unsigned columns, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    length = strnlen(text, columns);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    buffer_append(page, text, length);
    buffer_append_char(page, '\n');
}

static const char *show_total(char text[NUMBER_SIZE], uint64_t number)
{
    if (number < 100000000)
        snprintf(text, NUMBER_SIZE, "%" PRIu64, number);
    else
        snprintf(text, NUMBER_SIZE, "%.4gM", (double)number / 1000000);
    return text;
}

/* Per second, or per minute where that would be less than one; nothing for what rests. */
static const char *show_rate(char text[NUMBER_SIZE], uint64_t counted, int64_t elapsed_ms)
{
    double second = elapsed_ms > 0 ? (double)counted * 1000 / (double)elapsed_ms : 0;

    if (counted == 0 || elapsed_ms <= 0)
        text[0] = '\0';
    else if (second >= 10)
        snprintf(text, NUMBER_SIZE, "%.0f/s", second);
    else if (second >= 1)
        snprintf(text, NUMBER_SIZE, "%.1f/s", second);
    else
        snprintf(text, NUMBER_SIZE, "%.0f/min", second * 60);
    return text;
}

static const char *prefix_of(const char *family)
{
    static const struct {
        const char *family, *prefix;
    } prefixes[] = {{"webhooks", "webhook"}, {"stream_events", "event"}, {"signatures", "key"}};
    size_t i;

    for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strcmp(prefixes[i].family, family) == 0)
            return prefixes[i].prefix;
    return family;
}

static void make_cell(char cell[LINE_SIZE], const struct stats_watch *watch, const struct stats_report_counter *row)
{
    char total[NUMBER_SIZE], rate[NUMBER_SIZE], name[64];
    size_t newest = (watch->count - 1) % STATS_WATCH_SAMPLES;
    size_t oldest = watch->count <= STATS_WATCH_SAMPLES ? 0 : watch->count % STATS_WATCH_SAMPLES;
    uint64_t now = watch->samples[newest][row->counter], before = watch->samples[oldest][row->counter];

    snprintf(name, sizeof name, "%s %s", prefix_of(row->family), row->value);
    snprintf(cell, LINE_SIZE, "%-22s %8s %7s", name, show_total(total, now),
             show_rate(rate, now > before ? now - before : 0, watch->sampled_ms[newest] - watch->sampled_ms[oldest]));
}

/* In as many columns as it takes, one below the other. */
static void add_cells(struct buffer *page, char cells[][LINE_SIZE], size_t count, unsigned columns, unsigned room)
{
    size_t across = columns >= 2 * CELL_WIDTH + 1 && room > 0 && count > room ? 2 : 1;
    size_t down = (count + across - 1) / across, shown = down, i;

    if (room > 0 && shown > room)
        shown = room - 1;
    for (i = 0; i < shown; i++)
        add_line(page, columns, "%-*s %s", CELL_WIDTH, cells[i], i + down < count && across == 2 ? cells[i + down] : "");
    if (shown < down)
        add_line(page, columns, "and %zu more: the terminal is too small", count - across * shown);
}

static const char *show_bound(char text[NUMBER_SIZE], int64_t microseconds)
{
    if (microseconds == INT64_MAX)
        snprintf(text, NUMBER_SIZE, "> 5 s");
    else
        snprintf(text, NUMBER_SIZE, "%g ms", (double)microseconds / 1000);
    return text;
}

static size_t count_times(const struct stats_report *report)
{
    size_t i, count = 0;

    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++)
        count += stats_quantile_us(&report->counted.times[i], 0.5) >= 0;
    return count;
}

static void add_times(struct buffer *page, const struct stats_report *report, unsigned columns)
{
    size_t i;

    for (i = 0; i < STATS_HISTOGRAM_COUNT; i++) {
        const struct stats_times *times = &report->counted.times[i];
        char p50[NUMBER_SIZE], p90[NUMBER_SIZE], p99[NUMBER_SIZE];

        if (stats_quantile_us(times, 0.5) >= 0)
            add_line(page, columns, "%-8s takes at most: p50 %s, p90 %s, p99 %s", stats_report_time_names[i],
                     show_bound(p50, stats_quantile_us(times, 0.5)), show_bound(p90, stats_quantile_us(times, 0.9)),
                     show_bound(p99, stats_quantile_us(times, 0.99)));
    }
}

/* One line: what of it is not zero. */
static void add_rest(struct buffer *page, const struct stats_report *report, unsigned columns)
{
    const struct spool_counts *spool = &report->spool;
    char line[LINE_SIZE];
    int length = snprintf(line, sizeof line, "breaker %s", stats_report_breaker_is_open(report) ? "OPEN" : "closed");

    if (report->has_spool && report->spool_wrong)
        length += snprintf(line + length, sizeof line - (size_t)length, "; spool cannot be read: %.100s", report->spool_wrong);
    else if (report->has_spool)
        length += snprintf(line + length, sizeof line - (size_t)length, "; spool %" PRIu64 " tickets", spool->tickets);
    if (report->has_spool && !report->spool_wrong && spool->tickets > 0)
        length += snprintf(line + length, sizeof line - (size_t)length, ", the oldest %" PRId64 " s old",
                           spool->oldest_ms / 1000);
    if (report->has_spool && !report->spool_wrong && spool->failed + spool->broken > 0)
        snprintf(line + length, sizeof line - (size_t)length, ", %" PRIu64 " given up, %" PRIu64 " broken",
                 spool->failed, spool->broken);
    add_line(page, columns, "%s", line);
}

void stats_watch_page(struct buffer *page, const struct stats_watch *watch, const struct stats_report *report,
                      int64_t now_ms, unsigned columns, unsigned lines)
{
    char cells[STATS_COUNTER_COUNT][LINE_SIZE];
    char since[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];
    unsigned fixed = FIXED_LINES + (unsigned)count_times(report);
    size_t i, count = 0;

    clock_format(report->counted.started_ms, since);
    clock_format(now_ms, now);
    add_line(page, columns, "Since %.10s %.8s, in all and lately; now %.8s UTC", since, since + 11, now + 11);
    for (i = 0; i < STATS_COUNTER_COUNT; i++)
        if (report->counted.counters[stats_report_counters[i].counter] > 0)
            make_cell(cells[count++], watch, &stats_report_counters[i]);
    if (count == 0)
        add_line(page, columns, "Nothing was counted yet.");
    else
        add_cells(page, cells, count, columns, lines == 0 ? 0 : lines > fixed + 1 ? lines - fixed : 1);
    add_line(page, columns, "%s", "");
    add_times(page, report, columns);
    add_rest(page, report, columns);
}
