#include "build.h"

#include "commands/status_show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands/command_line.h"
#include "support/clock.h"
#include "support/log.h"

enum { RESPONDER_LINES = 3, WEBHOOK_LINES = 10, TIME_SIZE = 24, LINE_SIZE = 1024 };

static const char *const settings_words[] = {
    [STATUS_SETTINGS_CURRENT] = "current settings",
    [STATUS_SETTINGS_OLDER] = "OLDER settings: reload",
    [STATUS_SETTINGS_FAULTY] = "FAULTY settings",
    [STATUS_SETTINGS_UNKNOWN] = "settings: cannot tell",
};

static const char *const state_words[] = {
    [STATUS_WORKING] = "working",     [STATUS_READY] = "ready",
    [STATUS_NOT_WORKING] = "NOT WORKING", [STATUS_OFF] = "switched off",
    [STATUS_NOT_KNOWN] = "cannot tell",
};

/* A line is cut, and nothing in it moves the terminal's cursor. */
__attribute__((format(printf, 2, 3))) static void add_line(struct buffer *page, const char *format, ...)
{
    char text[LINE_SIZE], line[STATUS_SHOW_COLUMNS + 1];
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    length = strlen(text);
    log_copy_printable(line, sizeof line, text);
    if (length > STATUS_SHOW_COLUMNS)
        memcpy(line + STATUS_SHOW_COLUMNS - 3, "...", 3);
    for (length = strlen(line); length > 0 && line[length - 1] == ' ';)
        line[--length] = '\0';
    buffer_append_string(page, line);
    buffer_append_char(page, '\n');
}

/* The time of day, with the day's date if it was another one. */
static const char *show_time(char text[TIME_SIZE], int64_t at_ms, int64_t now_ms)
{
    char at[CLOCK_TEXT_SIZE], now[CLOCK_TEXT_SIZE];

    clock_format(at_ms, at);
    clock_format(now_ms, now);
    if (at_ms <= 0)
        snprintf(text, TIME_SIZE, "?");
    else if (strncmp(at, now, 10) == 0)
        snprintf(text, TIME_SIZE, "%.8s", at + 11);
    else
        snprintf(text, TIME_SIZE, "%.10s %.5s", at, at + 11);
    return text;
}

static const char *show_age(char text[TIME_SIZE], int64_t age_ms)
{
    static const long long minute = 60, hour = 3600, day = 86400;
    long long seconds = age_ms > 0 ? age_ms / 1000 : 0;

    if (seconds < 2 * minute)
        snprintf(text, TIME_SIZE, "%lld s", seconds);
    else if (seconds < 2 * hour)
        snprintf(text, TIME_SIZE, "%lld min", seconds / minute);
    else if (seconds < 2 * day)
        snprintf(text, TIME_SIZE, "%lld h", seconds / hour);
    else
        snprintf(text, TIME_SIZE, "%lld d", seconds / day);
    return text;
}

static void add_head(struct buffer *page, const struct status_facts *facts, const struct status_verdict *verdict)
{
    char since[TIME_SIZE], age[TIME_SIZE], now[CLOCK_TEXT_SIZE], head[LINE_SIZE];

    clock_format(facts->now_ms, now);
    if (verdict->since_ms != 0)
        snprintf(head, sizeof head, "%s since %s (%s)", state_words[verdict->state],
                 show_time(since, verdict->since_ms, facts->now_ms), show_age(age, facts->now_ms - verdict->since_ms));
    else
        snprintf(head, sizeof head, "%s%s", state_words[verdict->state],
                 verdict->state == STATUS_READY ? ": no join was called for yet" : "");
    add_line(page, "%-56s %.10s %.8s UTC", head, now, now + 11);
    add_line(page, "%s", verdict->why);
}

/* Those that want something stand first. */
static size_t order(const struct status_facts *facts, const struct status_responder *ordered[STATUS_RESPONDERS_LIMIT])
{
    static const enum status_settings turns[] = {STATUS_SETTINGS_FAULTY, STATUS_SETTINGS_OLDER, STATUS_SETTINGS_UNKNOWN,
                                                 STATUS_SETTINGS_CURRENT};
    size_t turn, i, count = 0;

    for (turn = 0; turn < sizeof turns / sizeof turns[0]; turn++)
        for (i = 0; i < facts->responder_count; i++)
            if (facts->responders[i].settings == turns[turn])
                ordered[count++] = &facts->responders[i];
    return count;
}

static void add_responders(struct buffer *page, const struct status_facts *facts)
{
    const struct status_responder *ordered[STATUS_RESPONDERS_LIMIT];
    size_t count = order(facts, ordered), shown = count, i;

    if (count == 0)
        add_line(page, "responders  none runs here%s", facts->look.health == STATUS_HEALTH_CURRENT
                                                            ? ", but one answers: CGI, a container, or another host"
                                                            : "");
    if (count > RESPONDER_LINES)
        shown = RESPONDER_LINES - 1;
    for (i = 0; i < shown; i++) {
        char since[TIME_SIZE];

        add_line(page, "%-11s %-8ld %-8s since %-16s  %s", i == 0 ? "responders" : "", (long)ordered[i]->pid,
                 ordered[i]->version, show_time(since, ordered[i]->started_ms, facts->now_ms),
                 settings_words[ordered[i]->settings]);
    }
    if (shown < count)
        add_line(page, "%-11s and %zu more", "", count - shown);
}

static void add_answers(struct buffer *page, const struct status_look *look)
{
    static const char *const words[] = {
        [STATUS_HEALTH_UNKNOWN] = "cannot tell",
        [STATUS_HEALTH_CURRENT] = "current settings",
        [STATUS_HEALTH_OTHER] = "OTHER settings than the file's",
        [STATUS_HEALTH_FAULTY] = "FAULTY settings",
        [STATUS_HEALTH_SILENT] = "the web server, and NO responder",
        [STATUS_HEALTH_FOREIGN] = "SOMETHING ELSE",
    };

    if (look->health == STATUS_HEALTH_UNKNOWN)
        add_line(page, "answers     cannot tell: %s", look->health_text);
    else
        add_line(page, "answers     %s at %s", words[look->health], look->health_text);
}

static void add_breaker(struct buffer *page, const struct status_facts *facts)
{
    char age[TIME_SIZE];
    size_t i, open = 0;
    int64_t since_ms = 0;

    for (i = 0; i < facts->responder_count; i++) {
        if (facts->responders[i].breaker_ms == 0)
            continue;
        open++;
        if (since_ms == 0 || facts->responders[i].breaker_ms < since_ms)
            since_ms = facts->responders[i].breaker_ms;
    }
    if (!facts->counted)
        add_line(page, "breaker     cannot tell");
    else if (open == 0)
        add_line(page, "breaker     closed");
    else
        add_line(page, "breaker     OPEN in %zu of %zu, for %s: Twilio does not answer", open, facts->responder_count,
                 show_age(age, facts->now_ms - since_ms));
}

static void add_spool(struct buffer *page, const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;
    char age[TIME_SIZE];

    if (!report->has_spool)
        add_line(page, "spool       none: AUTOJOIN_SPOOL_DIR is not set");
    else if (report->spool_wrong)
        add_line(page, "spool       cannot tell: %s", report->spool_wrong);
    else if (spool->tickets == 0)
        add_line(page, "spool       0 wait; %" PRIu64 " given up", spool->failed);
    else
        add_line(page, "spool       %" PRIu64 " wait%s, the oldest for %s; %" PRIu64 " given up", spool->tickets,
                 spool->tickets == 1 ? "s" : "", show_age(age, spool->oldest_ms), spool->failed);
}

static void add_twilio(struct buffer *page, const struct status_look *look)
{
    static const char *const words[] = {
        [STATUS_TWILIO_UNKNOWN] = "cannot tell: ",
        [STATUS_TWILIO_SENDS] = "sends to us: ",
        [STATUS_TWILIO_UNCOMPARED] = "sends to ",
        [STATUS_TWILIO_FILTERED] = "sends, but not what calls for a join: ",
        [STATUS_TWILIO_ELSEWHERE] = "sends elsewhere: ",
        [STATUS_TWILIO_NOWHERE] = "sends nowhere",
    };

    add_line(page, "Twilio      %s%s", words[look->twilio], look->twilio == STATUS_TWILIO_NOWHERE ? "" : look->twilio_text);
    if (look->events[0])
        add_line(page, "            %s", look->events);
}

/* The result word of a counter; an event's of Event Streams is the same. */
static const char *result_word(unsigned counter, bool *stream)
{
    size_t i;

    for (i = 0; i < STATS_COUNTER_COUNT; i++) {
        if (stats_report_counters[i].counter != (enum stats_counter)counter)
            continue;
        *stream = strcmp(stats_report_counters[i].family, "stream_events") == 0;
        return stats_report_counters[i].value;
    }
    *stream = false;
    return "?";
}

static void add_webhook(struct buffer *page, const char *label, const struct stats_now_webhook *webhook, int64_t now_ms)
{
    char at[TIME_SIZE], times[32] = "", code[40] = "";
    bool stream;
    const char *result = result_word(webhook->counter, &stream);

    if (webhook->times > 1)
        snprintf(times, sizeof times, " x%" PRIu64, webhook->times);
    if (webhook->code != 0 && webhook->status != 200)
        snprintf(code, sizeof code, "Twilio %u ", webhook->code);
    add_line(page, "%-11s %s  %s%s%s  %s%s", label, show_time(at, webhook->last_ms, now_ms), result,
             stream ? " (stream)" : "", times, code, webhook->reason);
}

static void add_webhooks(struct buffer *page, const struct status_facts *facts, size_t lines)
{
    const struct stats_now_picture *now = &facts->report.counted.now;
    size_t i;

    if (!facts->counted)
        add_line(page, "webhooks    cannot tell: %s", facts->uncounted);
    else if (now->webhook_count == 0)
        add_line(page, "webhooks    none yet");
    for (i = 0; facts->counted && i < now->webhook_count && i < lines; i++)
        add_webhook(page, i == 0 ? "webhooks" : "", &now->webhooks[i], facts->now_ms);
}

static void add_todo(struct buffer *page, const struct status_verdict *verdict)
{
    enum { HANG = 12, ROOM = STATUS_SHOW_COLUMNS - HANG };
    const char *todo = verdict->todo[0] ? verdict->todo : "nothing";
    size_t length = strlen(todo), cut = length;

    if (length > ROOM) {
        for (cut = ROOM; cut > 0 && todo[cut] != ' ';)
            cut--;
        if (cut == 0)
            cut = ROOM;
    }
    add_line(page, "to do       %.*s", (int)cut, todo);
    if (cut < length)
        add_line(page, "            %s", todo + cut + (todo[cut] == ' '));
}

void status_show_page(struct buffer *page, const struct status_facts *facts, const struct status_verdict *verdict)
{
    add_head(page, facts, verdict);
    add_responders(page, facts);
    add_answers(page, &facts->look);
    add_breaker(page, facts);
    add_spool(page, &facts->report);
    add_twilio(page, &facts->look);
    add_line(page, "%s", "");
    add_webhooks(page, facts, WEBHOOK_LINES);
    add_line(page, "%s", "");
    add_todo(page, verdict);
}

static json_t *time_json(int64_t at_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (at_ms <= 0)
        return json_null();
    clock_format(at_ms, text);
    return json_string(text);
}

static json_t *responders_json(const struct status_facts *facts)
{
    static const char *const words[] = {"current", "older", "faulty", "unknown"};
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < facts->responder_count; i++) {
        const struct status_responder *responder = &facts->responders[i];

        json_array_append_new(list, json_pack("{s:I, s:s*, s:o, s:s, s:o}", "pid", (json_int_t)responder->pid, "version",
                                              responder->version[0] ? responder->version : NULL, "started",
                                              time_json(responder->started_ms), "settings",
                                              words[responder->settings], "breaker_open_since",
                                              time_json(responder->breaker_ms)));
    }
    return list;
}

static json_t *webhooks_json(const struct status_facts *facts)
{
    const struct stats_now_picture *now = &facts->report.counted.now;
    json_t *list = json_array();
    size_t i;

    if (!facts->counted) {
        json_decref(list);
        return json_null();
    }
    for (i = 0; i < now->webhook_count && i < WEBHOOK_LINES; i++) {
        const struct stats_now_webhook *webhook = &now->webhooks[i];
        bool stream;
        const char *result = result_word(webhook->counter, &stream);

        json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:i, s:I, s:s*, s:I}", "time", time_json(webhook->last_ms),
                                              "way", stream ? "event-stream" : "webhook", "result", result, "status",
                                              (int)webhook->status, "code", (json_int_t)webhook->code, "reason",
                                              webhook->reason[0] ? webhook->reason : NULL, "times",
                                              (json_int_t)webhook->times));
    }
    return list;
}

static json_t *spool_json(const struct stats_report *report)
{
    const struct spool_counts *spool = &report->spool;

    if (!report->has_spool)
        return json_null();
    if (report->spool_wrong)
        return json_pack("{s:s}", "wrong", report->spool_wrong);
    return json_pack("{s:I, s:I, s:I}", "waiting", (json_int_t)spool->tickets, "oldest_s",
                     (json_int_t)(spool->oldest_ms / 1000), "failed", (json_int_t)spool->failed);
}

void status_show_json(const struct status_facts *facts, const struct status_verdict *verdict)
{
    static const char *const states[] = {"working", "ready", "not-working", "off", "unknown"};
    static const char *const twilio[] = {"unknown", "sends", "uncompared", "filtered", "elsewhere", "nowhere"};
    static const char *const health[] = {"unknown", "current", "other", "faulty", "silent", "foreign"};
    const struct status_look *look = &facts->look;
    json_t *object = json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "state", states[verdict->state], "since",
                               time_json(verdict->since_ms), "why", verdict->why, "todo", verdict->todo, "time",
                               time_json(facts->now_ms), "responders", responders_json(facts), "spool",
                               spool_json(&facts->report), "webhooks", webhooks_json(facts));

    json_object_set_new(object, "answers", json_pack("{s:s, s:s}", "state", health[look->health], "text", look->health_text));
    json_object_set_new(object, "twilio", json_pack("{s:s, s:s, s:s}", "state", twilio[look->twilio], "text",
                                                    look->twilio_text, "events", look->events));
    json_object_set_new(object, "counted", json_boolean(facts->counted));
    command_line_print_json(object);
}
