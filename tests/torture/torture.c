/*
 * Makes every call that can fail fail in turn, for a request of each kind and for the commands that
 * finish joins: always one well-formed answer or a clean error, no leak, no lost ticket, never 200
 * for a join that was not done.
 *
 *   torture [--every N] [--share PART/PARTS] [--libraries] [SCENARIO [WAY POINT]]
 *
 * Each point is a process of its own, from the program's start to its end. --every takes every Nth
 * point only, --share a part of the scenarios; --libraries lets the libraries' own allocations fail
 * too. SCENARIO, WAY and POINT are numbers as a finding tells them: just that point, and what it wrote.
 */
#include "build.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "failing.h"
#include "judgement.h"
#include "quicktime.h"
#include "scenario.h"
#include "scriptedtwilio.h"

enum {
    POINTS_LIMIT = 20000,
    PATIENCE_S = 20, /* of the machine's own time; a run takes some milliseconds */
    FOUND_BY_SANITIZER = 99,
    SHOWN_LIMIT = 2000
};

/* Weak: a build that wants all findings in files says so itself. */
__attribute__((weak)) const char *__asan_default_options(void);
__attribute__((weak)) const char *__asan_default_options(void)
{
    return "exitcode=99:detect_leaks=1:allocator_may_return_null=1";
}

__attribute__((weak)) const char *__ubsan_default_options(void);
__attribute__((weak)) const char *__ubsan_default_options(void)
{
    return "exitcode=99:print_stacktrace=1";
}

static struct shared {
    struct failing_report report;
    struct scriptedtwilio twilio;
} *shared;

static struct {
    bool libraries, loud;
    unsigned step, part, parts;
    unsigned long points, reached[FAILING_WAYS];
    unsigned wrong, libcurls;
    sigset_t signals;
} torture = {.step = 1, .parts = 1};

static _Noreturn void play(const struct scenario *scenario, enum failing_way way, unsigned long point)
{
    int status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_UNBLOCK, &torture.signals, NULL);
    scenario_enter(scenario);
    if (torture.loud)
        failing_trace();
    quicktime_begin(scriptedtwilio_settle);
    failing_arm(way, point, torture.libraries, &shared->report);
    status = scenario_run(scenario);
    failing_disarm();
    quicktime_end();
    exit(status);
}

/* How a child ended; ends it when it takes too long. */
static int await_end(pid_t child)
{
    const struct timespec patience = {.tv_sec = PATIENCE_S};
    int got, end;

    do
        got = sigtimedwait(&torture.signals, NULL, &patience);
    while (got < 0 && errno == EINTR);
    if (got != SIGCHLD)
        kill(child, SIGKILL);
    if (waitpid(child, &end, 0) != child) {
        perror("waitpid");
        exit(99);
    }
    if (got >= 0 && got != SIGCHLD) { /* somebody ends us */
        scenario_remove_folder();
        exit(128 + got);
    }
    return end;
}

/*
 * libcurl 7.88 does not survive it when the one allocation fails by which singlesocket() notes a
 * transfer: it destroys the hash but keeps it, and divides by its zero slots when the socket is used
 * next. AddressSanitizer tells of that too.
 */
static bool is_libcurls(int end)
{
    if (!torture.libraries)
        return false;
    if (WIFSIGNALED(end))
        return WTERMSIG(end) == SIGFPE;
    return WEXITSTATUS(end) == FOUND_BY_SANITIZER &&
           strstr(scenario_errors(), "AddressSanitizer: FPE on unknown address") &&
           strstr(scenario_errors(), "libcurl");
}

static const char *judge_end(int end)
{
    if (WIFSIGNALED(end))
        return WTERMSIG(end) == SIGKILL ? "it does not end" : "killed by a signal";
    switch (WEXITSTATUS(end)) {
    case QUICKTIME_WAITS_FOR_NOTHING:
        return "it does not end: it waits for what will never come";
    case QUICKTIME_NO_END:
        return "it does not end: it tries again and again";
    case FOUND_BY_SANITIZER:
        return "a sanitizer found something";
    default:
        return NULL;
    }
}

/* Interrupted or cut short calls are everyday: nothing may be different. */
static enum disturbance disturbance_of(enum failing_way way, unsigned long point)
{
    if (point == 0 || !shared->report.reached || way == FAILING_INTERRUPTED || way == FAILING_SHORT)
        return DISTURBANCE_NONE;
    return way == FAILING_ONCE ? DISTURBANCE_ONE : DISTURBANCE_MANY;
}

static void show_output(void)
{
    printf("---- output\n%s\n---- errors\n%.6000s\n----\n", scenario_output(), scenario_errors());
}

static void tell(size_t number, enum failing_way way, unsigned long point, int end, const char *wrong)
{
    if (torture.wrong++ >= SHOWN_LIMIT && !torture.loud)
        return;
    printf("WRONG: %s: %s\n    %s, call %lu (%s), end %#x: torture%s %zu %d %lu\n",
           scenarios[number].name, wrong, failing_name(way), point, shared->report.what,
           (unsigned)end, torture.libraries ? " --libraries" : "", number, (int)way, point);
    if (torture.wrong <= 3 && !torture.loud)
        show_output();
}

/* One point. False if the program makes fewer calls than that. */
static bool try_point(size_t number, enum failing_way way, unsigned long point)
{
    const struct scenario *scenario = &scenarios[number];
    const char *wrong;
    int end;
    pid_t child;

    scriptedtwilio_forget();
    scenario_set_up(scenario, shared->twilio.port);
    fflush(stdout);
    child = fork();
    if (child == 0)
        play(scenario, way, point);
    if (child < 0) {
        perror("fork");
        exit(99);
    }
    end = await_end(child);
    if (is_libcurls(end)) {
        torture.libcurls++;
        return true;
    }
    wrong = judge_end(end);
    if (!wrong)
        wrong = judgement(scenario, WEXITSTATUS(end), disturbance_of(way, point), &shared->twilio);
    if (wrong)
        tell(number, way, point, end, wrong);
    if (torture.loud)
        show_output();
    return shared->report.reached;
}

static void try_way(size_t number, enum failing_way way)
{
    unsigned long point;

    for (point = 1 + number % torture.step; point < POINTS_LIMIT; point += torture.step) {
        if (!try_point(number, way, point))
            break;
        torture.points++;
        torture.reached[way]++;
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void try_scenario(size_t number)
{
    unsigned long before = torture.points;
    double begun = seconds();
    int way;

    try_point(number, FAILING_ONCE, 0);
    for (way = 0; way < FAILING_WAYS; way++)
        try_way(number, (enum failing_way)way);
    printf("%-50s %5lu points %6.1f s\n", scenarios[number].name, torture.points - before,
           seconds() - begun);
    fflush(stdout);
}

static void summarise(void)
{
    int way;

    for (way = 0; way < FAILING_WAYS; way++)
        printf("  %-28s %6lu\n", failing_name((enum failing_way)way), torture.reached[way]);
    if (torture.libcurls > 0)
        printf("  %-28s %6u\n", "crashes of libcurl's own", torture.libcurls);
    printf("torture: %lu points tried%s, %u wrong\n", torture.points,
           torture.libraries ? ", the libraries' allocations too" : "", torture.wrong);
}

static int read_options(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--every") == 0 && i + 1 < argc)
            torture.step = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--share") == 0 && i + 1 < argc &&
                 sscanf(argv[++i], "%u/%u", &torture.part, &torture.parts) == 2)
            torture.part--;
        else if (strcmp(argv[i], "--libraries") == 0)
            torture.libraries = true;
        else
            exit(64);
    }
    if (torture.step == 0 || torture.part >= torture.parts)
        exit(64);
    return i;
}

static void start(void)
{
    sigemptyset(&torture.signals);
    sigaddset(&torture.signals, SIGCHLD);
    sigaddset(&torture.signals, SIGINT);
    sigaddset(&torture.signals, SIGTERM);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        exit(99);
    scenario_make_folder();
    scriptedtwilio_start(&shared->twilio);
    sigprocmask(SIG_BLOCK, &torture.signals, NULL);
}

int main(int argc, char **argv)
{
    int rest = read_options(argc, argv);
    size_t number;

    start();
    if (argc - rest >= 3) {
        torture.loud = true;
        try_point((size_t)atoi(argv[rest]) % scenario_count,
                  (enum failing_way)(atoi(argv[rest + 1]) % FAILING_WAYS),
                  strtoul(argv[rest + 2], NULL, 10));
    } else if (argc - rest == 1) {
        try_scenario((size_t)atoi(argv[rest]) % scenario_count);
    } else {
        for (number = torture.part; number < scenario_count; number += torture.parts)
            try_scenario(number);
    }
    scenario_remove_folder();
    summarise();
    return torture.wrong > 0;
}
