/*
 * Makes every call that can fail fail in turn, for a request of each kind and for the commands that
 * finish joins: always one well-formed answer or a clean error, no leak, no lost ticket, never 200
 * for a join that was not done.
 *
 *   torture [--short] [--libraries] [SCENARIO-NUMBER [WAY-NUMBER POINT]]
 *
 * Each point is a process of its own, from the program's start to its end. --short takes every third
 * point; --libraries lets the libraries' own allocations fail too. With numbers: just that one, and
 * what it wrote.
 */
#include "build.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing.h"
#include "scenario.h"
#include "scriptedtwilio.h"

enum { POINTS_LIMIT = 20000, PATIENCE_S = 30, FOUND_BY_SANITIZER = 99, SHOWN_LIMIT = 20 };

#if defined(__SANITIZE_ADDRESS__)
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "exitcode=99:detect_leaks=1:allocator_may_return_null=1";
}
#endif

static struct shared {
    struct failing_report report;
    struct scriptedtwilio twilio;
} *shared;

static struct {
    bool libraries, loud;
    unsigned step;
    unsigned long points, reached[FAILING_WAYS];
    unsigned wrong;
} torture = {.step = 1};

static _Noreturn void play(const struct scenario *scenario, enum failing_way way, unsigned long point)
{
    int status;

    alarm(PATIENCE_S);
    scenario_enter(scenario);
    failing_arm(way, point, torture.libraries, &shared->report);
    status = scenario_run(scenario);
    failing_disarm();
    exit(status);
}

static const char *judge_end(int end)
{
    if (WIFSIGNALED(end))
        return WTERMSIG(end) == SIGALRM ? "it hangs" : "killed by a signal";
    return WEXITSTATUS(end) == FOUND_BY_SANITIZER ? "a sanitizer found something" : NULL;
}

static void tell(size_t number, enum failing_way way, unsigned long point, int end, const char *wrong)
{
    if (torture.wrong++ >= SHOWN_LIMIT && !torture.loud)
        return;
    printf("WRONG: %s: %s\n    scenario %zu, way %d (%s), point %lu (%s), end %#x\n",
           scenarios[number].name, wrong, number, (int)way, failing_name(way), point,
           shared->report.what, (unsigned)end);
    if (torture.loud || torture.wrong <= 3)
        printf("---- output\n%s\n---- errors\n%.6000s\n----\n", scenario_output(), scenario_errors());
}

/* One point. False if the program makes fewer calls than that. */
static bool try_point(size_t number, enum failing_way way, unsigned long point)
{
    const struct scenario *scenario = &scenarios[number];
    bool mild = way == FAILING_INTERRUPTED || way == FAILING_SHORT;
    const char *wrong;
    int end;
    pid_t child;

    memset(shared->twilio.settled, 0, sizeof shared->twilio.settled);
    scenario_set_up(scenario, shared->twilio.port);
    fflush(stdout);
    child = fork();
    if (child == 0)
        play(scenario, way, point);
    if (child < 0 || waitpid(child, &end, 0) != child) {
        perror("fork");
        exit(99);
    }
    wrong = judge_end(end);
    /* Interrupted or cut short calls are everyday: nothing may be different. */
    if (!wrong)
        wrong = scenario_judge(scenario, WEXITSTATUS(end),
                               point > 0 && shared->report.reached && !mild, &shared->twilio);
    if (wrong)
        tell(number, way, point, end, wrong);
    else if (torture.loud)
        printf("---- output\n%s\n---- errors\n%s\n----\n", scenario_output(), scenario_errors());
    return shared->report.reached;
}

static void try_way(size_t number, enum failing_way way)
{
    unsigned long point, from = torture.step > 1 ? 1 + number % torture.step : 1;

    for (point = from; point < POINTS_LIMIT; point += torture.step) {
        if (!try_point(number, way, point))
            break;
        torture.points++;
        torture.reached[way]++;
    }
}

static void try_scenario(size_t number)
{
    unsigned long before = torture.points;
    int way;

    try_point(number, FAILING_ONCE, 0);
    for (way = 0; way < FAILING_WAYS; way++)
        try_way(number, (enum failing_way)way);
    printf("%-50s %5lu points\n", scenarios[number].name, torture.points - before);
    fflush(stdout);
}

static void summarise(void)
{
    int way;

    for (way = 0; way < FAILING_WAYS; way++)
        printf("  %-28s %6lu\n", failing_name((enum failing_way)way), torture.reached[way]);
    printf("torture: %lu points tried in %zu scenarios, %u wrong\n", torture.points, scenario_count,
           torture.wrong);
}

static int read_options(int argc, char **argv)
{
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--short") == 0)
            torture.step = 3;
        else if (strcmp(argv[i], "--libraries") == 0)
            torture.libraries = true;
        else
            exit(64);
    }
    return i;
}

int main(int argc, char **argv)
{
    int rest = read_options(argc, argv);
    size_t number;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 99;
    scenario_make_folder();
    scriptedtwilio_start(&shared->twilio);
    if (argc - rest >= 3) {
        torture.loud = true;
        try_point((size_t)atoi(argv[rest]) % scenario_count,
                  (enum failing_way)(atoi(argv[rest + 1]) % FAILING_WAYS),
                  strtoul(argv[rest + 2], NULL, 10));
    } else if (argc - rest == 1) {
        try_scenario((size_t)atoi(argv[rest]) % scenario_count);
    } else {
        for (number = 0; number < scenario_count; number++)
            try_scenario(number);
    }
    scenario_remove_folder();
    summarise();
    return torture.wrong > 0;
}
