#include "build.h"

#include "commands/drain_waiting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/clock.h"

enum { TERMINAL_EVERY_MS = 200, LINE_EVERY_MS = 60 * 60 * 1000 };

void drain_waiting_leave(struct drain_waiting *waiting)
{
    if (waiting->on_line)
        fputs("\r\033[K", stderr);
    waiting->on_line = false;
}

/* "12:34:56Z", or "2026-01-31 12:34Z" when it is another day. */
static void print_time(int64_t wait_ms)
{
    char now[CLOCK_TEXT_SIZE], then[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), now);
    clock_format(clock_wall_ms() + wait_ms, then);
    if (strncmp(now, then, 10) == 0)
        fprintf(stderr, "%.8sZ", then + 11);
    else
        fprintf(stderr, "%.10s %.5sZ", then, then + 11);
}

static void print(uint64_t tickets, const char *why, int64_t wait_ms)
{
    const char *wait = tickets == 1 ? "ticket waits" : "tickets wait";

    if (tickets == 0 && !*why) {
        fputs("waiting for new tickets", stderr);
        return;
    }
    fprintf(stderr, "%" PRIu64 " %s%s%s; ", tickets, wait, *why ? ": " : "", why);
    fputs(*why ? "on again at " : "the first at ", stderr);
    print_time(wait_ms);
}

/* On a terminal it follows what happens; a log has it once. */
static bool is_news(const struct drain_waiting *waiting, const char *why, bool terminal)
{
    int64_t since = clock_monotonic_ms() - waiting->said_ms;

    if (waiting->said_ms == 0 || strcmp(waiting->why, why) != 0 || (terminal && !waiting->on_line))
        return true;
    return since >= (terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS);
}

void drain_waiting_say(struct drain_waiting *waiting, uint64_t tickets, const char *why, int64_t wait_ms)
{
    bool terminal = isatty(STDERR_FILENO);

    if (!is_news(waiting, why, terminal))
        return;
    snprintf(waiting->why, sizeof waiting->why, "%s", why);
    waiting->said_ms = clock_monotonic_ms();
    fputs(terminal ? "\r" : "twilio-autojoin: ", stderr);
    print(tickets, why, wait_ms);
    fputs(terminal ? "\033[K" : "\n", stderr);
    waiting->on_line = terminal;
}
