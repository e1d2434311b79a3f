/* commands/responder_process: processes as /proc shows them; this one, and a child under the responder's name. */
#include "build.h"

#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands/responder_process.h"
#include "support/clock.h"

#define NAME "twilio-autojoin.fcgi"
#define SETTINGS "AUTOJOIN_CONFIG=/no/such/place/test_responder_process.conf"

static pid_t start(const char *setting)
{
    pid_t child = fork();
    int tries;

    if (child == 0) {
        char *const arguments[] = {(char[]){NAME}, (char[]){"-c"}, (char[]){"read line"}, NULL};
        char environment[128];
        char *const variables[] = {environment, NULL};

        snprintf(environment, sizeof environment, "%s", setting);
        execve("/bin/sh", arguments, variables);
        _exit(127);
    }
    for (tries = 0; tries < 500; tries++) { /* until it is that program: its command line is another one then */
        char path[64], text[64] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)child);
        file = fopen(path, "re");
        if (file) {
            if (!fgets(text, sizeof text, file))
                text[0] = '\0';
            fclose(file);
        }
        if (strcmp(text, NAME) == 0)
            break;
        usleep(10000);
    }
    return child;
}

static void finish(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void ours_is_found_with_user_and_begin(void **state)
{
    struct responder_process found[64];
    int input[2];
    pid_t child;
    size_t count;
    char path[64];

    (void)state;
    assert_int_equal(pipe(input), 0);
    dup2(input[0], STDIN_FILENO); /* on which it waits */
    child = start(SETTINGS);
    count = responder_process_find(found, 1, "/no/such/place/test_responder_process.conf");
    assert_int_equal(count, 1);
    assert_int_equal(found[0].pid, child);
    assert_true(found[0].ours);
    assert_int_equal(found[0].uid, geteuid());
    assert_int_equal(found[0].gid, getegid());
    assert_true(clock_wall_ms() - found[0].started_ms < 60 * 1000);
    assert_true(clock_wall_ms() - found[0].started_ms > -2000);
    snprintf(path, sizeof path, "%ld", (long)child);
    assert_non_null(strstr(found[0].restart, found[0].by_itself ? path : "restart"));
    finish(child);
    close(input[0]);
    close(input[1]);
}

static void one_with_other_settings_is_nobody(void **state)
{
    struct responder_process found[64];
    int input[2];
    size_t count, i;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(input), 0);
    dup2(input[0], STDIN_FILENO);
    child = start("AUTOJOIN_CONFIG=/no/such/other.conf");
    count = responder_process_find(found, 64, "/no/such/place/test_responder_process.conf");
    for (i = 0; i < count; i++)
        assert_true(found[i].pid != child);
    finish(child);
    close(input[0]);
    close(input[1]);
}

static bool take(void *argument, pid_t pid, uid_t user)
{
    pid_t *wanted = argument;

    if (pid != *wanted)
        return true;
    assert_int_equal(user, geteuid());
    *wanted = 0;
    return false;
}

static void each_of_a_name_is_visited_and_its_options_are_read(void **state)
{
    char value[32];
    int input[2];
    pid_t child, wanted;

    (void)state;
    assert_int_equal(pipe(input), 0);
    dup2(input[0], STDIN_FILENO);
    child = wanted = start(SETTINGS);
    responder_process_each(NAME, take, &wanted);
    assert_int_equal(wanted, 0);
    assert_true(responder_process_option(value, sizeof value, child, 'c'));
    assert_string_equal(value, "read line");
    assert_false(responder_process_option(value, sizeof value, child, 'f'));
    assert_false(responder_process_option(value, 4, child, 'c'));
    finish(child);
    close(input[0]);
    close(input[1]);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, ours_is_found_with_user_and_begin);
    CASES_ADD(&cases, one_with_other_settings_is_nobody);
    CASES_ADD(&cases, each_of_a_name_is_visited_and_its_options_are_read);
    return cases_run(&cases, "responder_process");
}
