#include "build.h"

#include "commands/explain_captures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "commands/explain_report.h"
#include "commands/explain_request.h"
#include "diagnosis/capture.h"

enum {
    SHORT_MS = 60,       /* of processor time: most single alterations are found within */
    ALL_MS = 20 * 1000,  /* for all long searches */
};

/* One kept request, and what was found of it. */
struct kept {
    struct explain_report report;
    bool readable;
    bool told; /* with one that is like it */
};

struct captures {
    const char *directory;
    const struct diagnosis_input *common;
    struct capture_names names;
    struct kept kept[CAPTURE_FILES_LIMIT];
    bool terminal; /* who waits sees how far we are */
};

static bool append_path(struct buffer *path, const struct captures *captures, size_t i)
{
    buffer_clear(path);
    buffer_append_format(path, "%s/%s", captures->directory, captures->names.names[i]);
    return buffer_status(path) == BUFFER_OK;
}

/* Searches within so many milliseconds; 0: as long as for one alone. */
static void look_at(struct captures *captures, size_t i, unsigned within_ms)
{
    struct kept *kept = &captures->kept[i];
    struct diagnosis_input input = *captures->common;
    struct explain_request request;
    struct diagnosis diagnosis;
    struct buffer path;

    buffer_init(&path, 8192);
    if (!append_path(&path, captures, i) || !explain_request_read(&request, buffer_string(&path))) {
        buffer_free(&path);
        explain_request_free(&request);
        return;
    }
    input.request = &request.request;
    input.within_ms = within_ms;
    diagnosis_find(&diagnosis, &input);
    if (kept->readable)
        explain_report_free(&kept->report);
    explain_report_make(&kept->report, &diagnosis, &input);
    kept->readable = true;
    diagnosis_free(&diagnosis);
    explain_request_free(&request);
    buffer_free(&path);
}

static void show_progress(const struct captures *captures, const char *what, size_t i)
{
    if (captures->terminal)
        fprintf(stderr, "\r%s: %zu of %zu ", what, i + 1, captures->names.count);
}

static bool is_forged(const struct kept *kept)
{
    return kept->report.steps_count > 0 && strcmp(kept->report.steps[0], "forged") == 0;
}

/* What the short searches left open: what has an account's or an event's name first, then one of the others. */
static void look_longer(struct captures *captures)
{
    clock_t until = clock() + (clock_t)ALL_MS * (CLOCKS_PER_SEC / 1000);
    unsigned forged;
    size_t i;

    for (forged = 0; forged <= 1; forged++) {
        for (i = 0; i < captures->names.count && clock() < until; i++) {
            struct kept *kept = &captures->kept[i];

            if (!kept->readable || !kept->report.out_of_time || is_forged(kept) != (forged == 1))
                continue;
            show_progress(captures, "Looking closer", i);
            look_at(captures, i, 0);
            if (forged)
                return;
        }
    }
}

/* Prints every kind of finding of one status, the most frequent first. */
static void print_status(struct captures *captures, enum diagnosis_status status, bool json)
{
    struct buffer path;

    buffer_init(&path, 8192);
    for (;;) {
        size_t i, j, most = 0, chosen = 0;

        for (i = 0; i < captures->names.count; i++) {
            const struct kept *kept = &captures->kept[i];
            size_t alike = 0;

            if (!kept->readable || kept->told || kept->report.status != status)
                continue;
            for (j = i; j < captures->names.count; j++)
                alike += captures->kept[j].readable && !captures->kept[j].told &&
                         explain_report_is_like(&captures->kept[j].report, &kept->report);
            if (alike > most) {
                most = alike;
                chosen = i;
            }
        }
        if (most == 0)
            break;
        for (j = 0; j < captures->names.count; j++)
            if (j != chosen && captures->kept[j].readable && !captures->kept[j].told &&
                explain_report_is_like(&captures->kept[j].report, &captures->kept[chosen].report))
                captures->kept[j].told = true;
        captures->kept[chosen].told = true;
        if (append_path(&path, captures, chosen))
            explain_report_print(&captures->kept[chosen].report, buffer_string(&path), most - 1, json);
    }
    buffer_free(&path);
}

/* What a program is to know: something was found; otherwise that something was not; otherwise all holds. */
static int exit_status(const struct captures *captures)
{
    bool seen[EXPLAIN_NOT_FOUND + 1] = {false};
    int status = EX_NOINPUT;
    size_t i;

    for (i = 0; i < captures->names.count; i++) {
        if (!captures->kept[i].readable)
            continue;
        status = explain_report_status(&captures->kept[i].report);
        if (status > EXPLAIN_NOT_FOUND)
            return status;
        seen[status] = true;
    }
    if (seen[EXPLAIN_FOUND])
        return EXPLAIN_FOUND;
    return seen[EXPLAIN_NOT_FOUND] ? EXPLAIN_NOT_FOUND : status;
}

static int explain_all(struct captures *captures, bool json)
{
    static const enum diagnosis_status order[] = {DIAGNOSIS_PROVED, DIAGNOSIS_LIKELY, DIAGNOSIS_UNKNOWN,
                                                  DIAGNOSIS_HOLDS, DIAGNOSIS_NO_MEMORY};
    size_t i;
    int status;

    for (i = 0; i < captures->names.count; i++) {
        show_progress(captures, "Looking", i);
        look_at(captures, i, captures->names.count == 1 ? 0 : SHORT_MS);
    }
    look_longer(captures);
    if (captures->terminal)
        fputs("\r\033[K", stderr);
    for (i = 0; i < sizeof order / sizeof order[0]; i++)
        print_status(captures, order[i], json);
    if (captures->names.left_out > 0)
        fprintf(stderr, "twilio-autojoin: %zu older ones were left out\n", captures->names.left_out);
    status = exit_status(captures);
    for (i = 0; i < captures->names.count; i++)
        if (captures->kept[i].readable)
            explain_report_free(&captures->kept[i].report);
    return status;
}

int explain_captures(const char *directory, const struct diagnosis_input *common, bool json)
{
    struct captures *captures = calloc(1, sizeof *captures);
    int status = EX_NOINPUT;

    if (!captures) {
        fputs("twilio-autojoin: out of memory\n", stderr);
        return EX_OSERR;
    }
    captures->directory = directory;
    captures->common = common;
    captures->terminal = isatty(STDERR_FILENO);
    if (!capture_look(&captures->names, directory))
        explain_request_complain(directory, strerror(errno));
    else if (captures->names.count == 0)
        fprintf(stderr, "twilio-autojoin: no refused request is kept in %s yet: let Twilio send one\n",
                directory);
    else
        status = explain_all(captures, json);
    free(captures);
    return status;
}
