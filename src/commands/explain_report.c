#include "build.h"

#include "commands/explain_report.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command_line.h"
#include "commands/terminal_text.h"
#include "diagnosis/diagnosis_words.h"

_Static_assert((int)DIAGNOSIS_WORDS_STEPS <= 16, "steps have their place");

enum { LABEL_WIDTH = 8 };

void explain_report_make(struct explain_report *report, const struct diagnosis *diagnosis,
                         const struct diagnosis_input *input)
{
    struct buffer *const all[] = {&report->cause, &report->fix, &report->seen, &report->url};
    size_t i;

    *report = (struct explain_report){
        .status = diagnosis->status,
        .out_of_time = diagnosis->out_of_time,
        .tried = diagnosis->tried,
        .took_us = diagnosis->took_us,
    };
    for (i = 0; i < sizeof all / sizeof all[0]; i++)
        buffer_init(all[i], DIAGNOSIS_WORDS_LIMIT);
    if (report->status == DIAGNOSIS_NO_MEMORY)
        return;
    diagnosis_words_cause(&report->cause, diagnosis);
    diagnosis_words_fix(&report->fix, diagnosis, input);
    diagnosis_words_plain(&report->seen, buffer_string(&diagnosis->base));
    diagnosis_words_plain(&report->url, buffer_string(&diagnosis->url));
    report->steps_count = diagnosis_words_steps(report->steps, diagnosis);
}

void explain_report_free(struct explain_report *report)
{
    buffer_free(&report->cause);
    buffer_free(&report->fix);
    buffer_free(&report->seen);
    buffer_free(&report->url);
}

static json_t *steps_of(const struct explain_report *report)
{
    json_t *array = json_array();
    size_t i;

    for (i = 0; i < report->steps_count; i++)
        json_array_append_new(array, json_string(report->steps[i]));
    return array;
}

static void print_json(const struct explain_report *report, const char *name, size_t others)
{
    command_line_print_json(json_pack(
        "{s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:b, s:I}", "file", name, "matches",
        report->status == DIAGNOSIS_HOLDS, "proved", report->status == DIAGNOSIS_PROVED, "cause",
        buffer_string(&report->cause), "fix", buffer_string(&report->fix), "seen_url",
        buffer_string(&report->seen), "url", buffer_string(&report->url), "steps", steps_of(report),
        "tried", (json_int_t)report->tried, "ms", (json_int_t)(report->took_us / 1000), "out_of_time",
        report->out_of_time, "others", (json_int_t)others));
}

static void print_line(const char *label, const struct buffer *text)
{
    printf("%-*s", LABEL_WIDTH, label);
    terminal_text_print(stdout, buffer_string(text), LABEL_WIDTH, LABEL_WIDTH);
}

static void print_text(const struct explain_report *report, const char *name, size_t others)
{
    if (*name && others > 0)
        printf("%s, and %zu more like it:\n", name, others);
    else if (*name)
        printf("%s:\n", name);
    if (report->status == DIAGNOSIS_HOLDS) {
        printf("%s\n", buffer_string(&report->cause));
        return;
    }
    if (report->status != DIAGNOSIS_PROVED && report->seen.length > 0)
        printf("url:   %s\n", buffer_string(&report->seen));
    printf("%s ", report->status == DIAGNOSIS_LIKELY ? "likely:" : "cause:");
    terminal_text_print(stdout, buffer_string(&report->cause), LABEL_WIDTH, LABEL_WIDTH);
    print_line("fix:", &report->fix);
}

void explain_report_print(const struct explain_report *report, const char *name, size_t others, bool json)
{
    struct buffer plain;

    if (report->status == DIAGNOSIS_NO_MEMORY) {
        fputs("twilio-autojoin: out of memory, or OpenSSL fails\n", stderr);
        return;
    }
    buffer_init(&plain, DIAGNOSIS_WORDS_LIMIT);
    diagnosis_words_plain(&plain, name ? name : "");
    if (json)
        print_json(report, buffer_string(&plain), others);
    else
        print_text(report, buffer_string(&plain), others);
    buffer_free(&plain);
}

bool explain_report_is_like(const struct explain_report *report, const struct explain_report *other)
{
    return report->status == other->status &&
           strcmp(buffer_string(&report->cause), buffer_string(&other->cause)) == 0 &&
           strcmp(buffer_string(&report->fix), buffer_string(&other->fix)) == 0;
}

int explain_report_status(const struct explain_report *report)
{
    switch (report->status) {
    case DIAGNOSIS_HOLDS:
        return EXPLAIN_HOLDS;
    case DIAGNOSIS_PROVED:
    case DIAGNOSIS_LIKELY:
        return EXPLAIN_FOUND;
    case DIAGNOSIS_UNKNOWN:
        return EXPLAIN_NOT_FOUND;
    case DIAGNOSIS_NO_MEMORY:
        break;
    }
    return EX_OSERR;
}
