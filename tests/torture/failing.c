#include "build.h"

#include "failing.h"

#include <errno.h>
#include <execinfo.h>
#include <stdio.h>
#include <unistd.h>

static struct {
    bool armed, traced;
    enum failing_way way;
    unsigned long point;
    struct failing_report *report;
} order;

static bool counts(enum failing_kind kind)
{
    switch (order.way) {
    case FAILING_MEMORY_ONWARD:
        return kind == FAILING_MEMORY;
    case FAILING_FILES_ONWARD:
        return kind == FAILING_FILE || kind == FAILING_TRANSFER;
    case FAILING_INTERRUPTED:
    case FAILING_SHORT:
        return kind == FAILING_TRANSFER;
    default:
        return true;
    }
}

/* For a person, who asks addr2line. */
static void trace(void)
{
    void *callers[16];

    order.armed = false;
    backtrace_symbols_fd(callers, backtrace(callers, 16), STDERR_FILENO);
    order.armed = true;
}

bool failing_now(enum failing_kind kind, const char *what, int number)
{
    bool onward = order.way == FAILING_MEMORY_ONWARD || order.way == FAILING_FILES_ONWARD;

    if (!order.armed || !counts(kind))
        return false;
    order.report->calls++;
    if (order.point == 0 || order.report->calls < order.point ||
        (order.report->calls > order.point && !onward))
        return false;
    if (!order.report->reached) {
        snprintf(order.report->what, sizeof order.report->what, "%s", what);
        if (order.traced)
            trace();
    }
    order.report->reached = true;
    errno = number;
    return true;
}

enum failing_way failing_ordered(void)
{
    return order.way;
}

void failing_arm(enum failing_way way, unsigned long point, bool libraries,
                 struct failing_report *report)
{
    *report = (struct failing_report){0};
    order.way = way;
    order.point = point;
    order.report = report;
    if (libraries)
        failinglibraries_arm();
    order.armed = true;
}

void failing_trace(void)
{
    order.traced = true;
}

void failing_disarm(void)
{
    order.armed = false;
}

const char *failing_name(enum failing_way way)
{
    static const char *const names[FAILING_WAYS] = {"once", "no memory from there on",
                                                    "no file works from there on", "interrupted",
                                                    "one byte only"};

    return names[way];
}
