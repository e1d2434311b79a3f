/* diagnosis/capture: private, bounded in number and in a second, and silent towards the answer. */
#include "build.h"

#include "cases.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diagnosis/capture.h"
#include "tempfolder.h"
#include "variables.h"

#define OLD "refused-2020-01-01T00:00:00."

static const char *const variables[] = {"HTTP_HOST=h", "HTTP_X_TWILIO_SIGNATURE=s", NULL};

static int set_up(void **state)
{
    (void)state;
    tempfolder_make();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tempfolder_remove();
    return 0;
}

static const char *folder(void)
{
    return tempfolder_path(".");
}

/* How many captures are there; each must be closed to others. */
static unsigned count_captures(void)
{
    DIR *stream = opendir(folder());
    struct dirent *entry;
    unsigned count = 0;

    assert_non_null(stream);
    while ((entry = readdir(stream))) {
        struct stat status;

        if (entry->d_name[0] == '.') {
            assert_null(strstr(entry->d_name, "draft"));
            continue;
        }
        if (strncmp(entry->d_name, "refused-", 8) != 0)
            continue;
        assert_int_equal(stat(tempfolder_path(entry->d_name), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        count++;
    }
    closedir(stream);
    return count;
}

/* Captures `times` requests, logging into `log`; gives the log's text. */
static const char *capture(unsigned times, const char *directory)
{
    static char text[8192];
    int descriptor = open(tempfolder_path("log"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct log log = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO};
    struct capture *captures;
    struct request request;
    ssize_t length;

    assert_true(descriptor >= 0);
    log.descriptor = descriptor;
    captures = capture_new(directory, &log);
    assert_non_null(captures);
    variables_read(&request, variables);
    while (times-- > 0)
        capture_request(captures, &request, "a=b", 3);
    capture_free(captures);
    length = pread(descriptor, text, sizeof text - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    close(descriptor);
    return text;
}

static void a_flood_leaves_ten_a_second(void **state)
{
    unsigned count;

    (void)state;
    assert_string_equal(capture(100, folder()), "");
    count = count_captures();
    /* a second may have ended in between */
    assert_true(count >= CAPTURE_A_SECOND && count <= 2 * CAPTURE_A_SECOND);
}

static void the_newest_hundred_stay(void **state)
{
    struct capture_names names;
    unsigned i;

    (void)state;
    for (i = 0; i < 130; i++) {
        char name[64];

        snprintf(name, sizeof name, OLD "%03uZ-1-000000", i);
        tempfolder_write(name, "x", 1, 0600);
    }
    tempfolder_write("someone-elses", "x", 1, 0600);
    assert_string_equal(capture(1, folder()), "");
    assert_int_equal(count_captures(), CAPTURE_FILES_LIMIT);
    assert_int_equal(access(tempfolder_path(OLD "030Z-1-000000"), F_OK), -1);
    assert_int_equal(access(tempfolder_path(OLD "031Z-1-000000"), F_OK), 0);
    assert_int_equal(access(tempfolder_path("someone-elses"), F_OK), 0);
    assert_true(capture_look(&names, folder()));
    assert_int_equal(names.count, CAPTURE_FILES_LIMIT);
    assert_int_equal(names.left_out, 0);
    assert_null(strstr(names.names[0], "refused-2020"));
    assert_string_equal(names.names[1], OLD "129Z-1-000000");
    assert_string_equal(names.names[CAPTURE_FILES_LIMIT - 1], OLD "031Z-1-000000");
}

static void more_than_a_hundred_are_counted_and_the_newest_seen(void **state)
{
    struct capture_names names;
    unsigned i;

    (void)state;
    for (i = 0; i < 120; i++) {
        char name[64];

        snprintf(name, sizeof name, OLD "%03uZ-1-000000", i * 7 % 120);
        tempfolder_write(name, "x", 1, 0600);
    }
    assert_true(capture_look(&names, folder()));
    assert_int_equal(names.count, CAPTURE_FILES_LIMIT);
    assert_int_equal(names.left_out, 20);
    for (i = 0; i < CAPTURE_FILES_LIMIT; i++) {
        char name[64];

        snprintf(name, sizeof name, OLD "%03uZ-1-000000", 119 - i);
        assert_string_equal(names.names[i], name);
    }
}

static void what_somebody_else_put_there_is_passed_over(void **state)
{
    struct capture_names names;

    (void)state;
    tempfolder_write(OLD "000Z-1-000000", "x", 1, 0600);
    tempfolder_write("refused-\x1b[2J", "x", 1, 0600);
    tempfolder_write("refused-a b", "x", 1, 0600);
    tempfolder_write("refused-1\n2", "x", 1, 0600);
    assert_int_equal(mkfifo(tempfolder_path(OLD "001Z-1-000000"), 0600), 0);
    assert_int_equal(symlink("/etc/passwd", tempfolder_path(OLD "002Z-1-000000")), 0);
    assert_int_equal(mkdir(tempfolder_path(OLD "003Z-1-000000"), 0700), 0);
    assert_true(capture_look(&names, folder()));
    assert_int_equal(names.count, 1);
    assert_string_equal(names.names[0], OLD "000Z-1-000000");
    rmdir(tempfolder_path(OLD "003Z-1-000000"));
}

/* What a killed process left behind; a young one may be another process's, at work. */
static void stale_drafts_are_removed_and_young_ones_left(void **state)
{
    const struct timespec hours_ago[] = {{.tv_sec = time(NULL) - 7200}, {.tv_sec = time(NULL) - 7200}};

    (void)state;
    tempfolder_write(".draft-1-0", "x", 1, 0600);
    tempfolder_write(".draft-2-0", "x", 1, 0600);
    assert_int_equal(utimensat(AT_FDCWD, tempfolder_path(".draft-1-0"), hours_ago, 0), 0);
    assert_string_equal(capture(1, folder()), "");
    assert_int_equal(access(tempfolder_path(".draft-1-0"), F_OK), -1);
    assert_int_equal(access(tempfolder_path(".draft-2-0"), F_OK), 0);
    assert_int_equal(unlink(tempfolder_path(".draft-2-0")), 0);
}

/* A draft is not published where a name cannot be written: it must not stay either. */
static void what_cannot_be_written_leaves_nothing_behind(void **state)
{
    const struct rlimit none = {0, RLIM_INFINITY};
    int status;
    pid_t child;

    (void)state;
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* In a process of its own: its log cannot be written either. */
        struct log log = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO, .descriptor = -1};
        struct capture *captures = capture_new(folder(), &log);
        struct request request;

        signal(SIGXFSZ, SIG_IGN);
        variables_read(&request, variables);
        if (!captures || setrlimit(RLIMIT_FSIZE, &none) != 0)
            _exit(1);
        capture_request(captures, &request, "a=b", 3);
        capture_free(captures);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_captures(), 0); /* which looks for drafts too */
}

static void nothing_is_written_where_others_may_enter(void **state)
{
    static const mode_t open_modes[] = {0710, 0701, 0750, 0770, 0777};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        assert_int_equal(chmod(folder(), open_modes[i]), 0);
        assert_non_null(strstr(capture(3, folder()), "open to others"));
        assert_int_equal(count_captures(), 0);
    }
}

static void what_goes_wrong_is_said_once_a_second(void **state)
{
    const char *said, *first;

    (void)state;
    said = capture(9, tempfolder_path("nowhere"));
    first = strstr(said, "was not kept");
    assert_non_null(first);
    assert_non_null(strstr(said, "No such file or directory"));
    assert_null(strstr(first + 1, "was not kept"));
}

static void an_empty_directory_has_none_and_a_missing_one_cannot_be_read(void **state)
{
    struct capture_names names;

    (void)state;
    assert_true(capture_look(&names, folder()));
    assert_int_equal(names.count, 0);
    assert_false(capture_look(&names, tempfolder_path("nowhere")));
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_flood_leaves_ten_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_hundred_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_a_hundred_are_counted_and_the_newest_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_somebody_else_put_there_is_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stale_drafts_are_removed_and_young_ones_left, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_leaves_nothing_behind, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_written_where_others_may_enter, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_goes_wrong_is_said_once_a_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_directory_has_none_and_a_missing_one_cannot_be_read, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
