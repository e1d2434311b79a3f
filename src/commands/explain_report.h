/* What `explain` prints: one diagnosis, of one request or of several that are alike. */
#ifndef AUTOJOIN_COMMANDS_EXPLAIN_REPORT_H
#define AUTOJOIN_COMMANDS_EXPLAIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnosis/diagnosis.h"
#include "support/buffer.h"

/* Exit statuses of explain. */
enum explain_status { EXPLAIN_HOLDS = 0, EXPLAIN_FOUND = 1, EXPLAIN_NOT_FOUND = 2 };

/* A diagnosis in words, which outlive it. */
struct explain_report {
    enum diagnosis_status status;
    bool out_of_time;
    struct buffer cause, fix, seen, url;
    const char *steps[16]; /* static texts */
    size_t steps_count;
    uint64_t tried;
    int64_t took_us;
};

/* Puts a diagnosis into words. It must be given to explain_report_free(). */
void explain_report_make(struct explain_report *report, const struct diagnosis *diagnosis,
                         const struct diagnosis_input *input);

/* Prints it. `name`: of its file, NULL for none; `others`: how many more are like it. */
void explain_report_print(const struct explain_report *report, const char *name, size_t others, bool json);

/* Whether both say the same. */
bool explain_report_is_like(const struct explain_report *report, const struct explain_report *other);

/* The exit status that it stands for, EX_OSERR if memory ran out. */
int explain_report_status(const struct explain_report *report);

void explain_report_free(struct explain_report *report);

#endif
